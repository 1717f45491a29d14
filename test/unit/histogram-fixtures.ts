import { loadAddon } from '../../dist/native.js';
import type { NativeHistogram } from '../../dist/quantize/calibration/native-calibration.js';
import { randomNumbers } from './quantize-fixtures.js';

const { Histogram } = loadAddon();

/** A histogram of some batches. */
export function histogramOf(...batches: (readonly number[] | Float32Array)[]): NativeHistogram {
  const histogram = new Histogram();
  for (const batch of batches) histogram.collect(Float32Array.from(batch), 'float32');
  return histogram;
}

/** Values over many orders of magnitude, both signs, so that ranges grow often. */
export function spread(count: number, seed: number): number[] {
  const random = randomNumbers(seed);
  return Array.from(
    { length: count },
    () => (random() - 0.5) * 2 ** Math.round(random() * 24 - 12),
  );
}

/** The same values in another order. */
export function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = randomNumbers(seed);
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** The same values in batches of 1 to 400. */
export function cut<T>(values: readonly T[], seed: number): T[][] {
  const random = randomNumbers(seed);
  const parts: T[][] = [];
  for (let begin = 0; begin < values.length; ) {
    const end = begin + Math.ceil(random() * 400);
    parts.push(values.slice(begin, end));
    begin = end;
  }
  return parts;
}

/** A snapshot to compare with another one: 8192 numbers one by one would take a while. */
export function stateOf(histogram: NativeHistogram) {
  const { counts, ...others } = histogram.snapshot();
  return { ...others, counts: Buffer.from(counts.buffer).toString('latin1') };
}

/** Values of the normal distribution. */
export function normal(count: number, seed: number): number[] {
  const random = randomNumbers(seed);
  return Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}
