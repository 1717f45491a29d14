import type { Distribution } from './bench-report.js';

/**
 * Describes numbers by their exact percentiles, with linear interpolation between neighbours (the
 * default of NumPy; method 7 of Hyndman and Fan, 1996), and by the standard deviation of all of them.
 *
 * @returns undefined for no numbers.
 */
export function distributionOf(values: Float64Array): Distribution | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const sorted = values.slice().sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return {
    count,
    min: sorted[0] as number,
    mean,
    median: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    p999: percentile(sorted, 99.9),
    max: sorted[count - 1] as number,
    variation: mean === 0 ? 0 : Math.sqrt(variance) / mean,
  };
}

/** @param sorted - at least one number, in rising order. */
export function percentile(sorted: Float64Array, percent: number): number {
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** At most so many of some numbers, evenly spread over all of them, in their order. */
export function thinned(values: Float64Array, most: number): number[] {
  if (values.length <= most) return [...values];
  return Array.from(
    { length: most },
    (_, index) => values[Math.floor((index * values.length) / most)] as number,
  );
}
