import { percent } from '../../figures.js';

/** Fewer latencies say nothing about how they change. */
const leastSamples = 60;
/** Smaller changes than this share of the median are no news. */
const leastChange = 0.05;

/**
 * Says whether latencies changed while they were measured: slower at first, where the warm-up was too
 * short, or slower at the end, as clocks go down with heat.
 *
 * @param samples - in the order in which they were measured.
 */
export function driftOf(samples: readonly number[]): string | undefined {
  if (samples.length < leastSamples) return undefined;
  const part = (from: number, to: number) =>
    median(samples.slice(Math.floor(from * samples.length), Math.floor(to * samples.length)));
  const [first, early, late] = [part(0, 0.1), part(0.25, 0.5), part(0.75, 1)];
  if (first > early * (1 + leastChange) && first > late * (1 + leastChange)) {
    return `The first tenth is ${percent(first / late - 1)} slower than the last quarter: the warm-up was not finished. Give it more time.`;
  }
  const change = late / early - 1;
  if (Math.abs(change) <= leastChange) return undefined;
  return change > 0
    ? `It became ${percent(change)} slower while it was measured: clocks that go down with heat, or another process. Measure longer, or with locked clocks.`
    : `It became ${percent(-change)} faster while it was measured. Give the warm-up more time.`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
