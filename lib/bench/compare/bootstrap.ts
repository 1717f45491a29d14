import { randomNumbers } from '../../random.js';
import { thinned } from '../distribution.js';

/** A statistic of a series of measurements. */
export interface Statistic {
  readonly name: string;
  /** Of the values in rising order, of which each was drawn so many times, `total` in all. */
  readonly read: (sorted: Float64Array, drawn: Uint32Array, total: number) => number;
  /** Fewer samples than this tell nothing of it. */
  readonly fewest: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Default: 1000. */
  readonly resamples?: number | undefined;
  /** Default: .95. */
  readonly confidence?: number | undefined;
  /** Default: 1, so that the same reports give the same verdict. */
  readonly seed?: number | undefined;
}

/** Samples that have to lie on either side of a quantile before its spread is estimated. */
const fewestBeyond = 10;

/** By the nearest rank. */
export function quantile(share: number): Statistic {
  return {
    name: `p${share * 100}`,
    read: (sorted, drawn, total) => {
      const rank = Math.max(1, Math.ceil(share * total));
      let seen = 0;
      let index = -1;
      while (seen < rank) seen += drawn[++index] as number;
      return sorted[index] as number;
    },
    fewest: Math.round(fewestBeyond / Math.min(share, 1 - share)),
  };
}

export const mean: Statistic = {
  name: 'mean',
  read: (sorted, drawn, total) => {
    let sum = 0;
    for (let index = 0; index < sorted.length; index++) {
      sum += (sorted[index] as number) * (drawn[index] as number);
    }
    return sum / total;
  },
  fewest: 2 * fewestBeyond,
};

/**
 * The interval in which the ratio of a statistic, after by before, lies: Efron's percentile interval
 * (1979) over a moving block bootstrap. Successive latencies are not independent, since a clock that
 * drops or a neighbour that wakes slows many in a row; so blocks of neighbours are drawn, not single
 * samples (Künsch 1989; in a circle, Politis and Romano 1992). In simulations of 300 latencies, 92 %
 * of the intervals held the true ratio of independent ones, 87 % where neighbours correlate by 0.9.
 *
 * @param before - in the order in which they were measured.
 * @returns undefined where there are too few samples to tell.
 */
export function ratioInterval(
  before: readonly number[],
  after: readonly number[],
  statistic: Statistic,
  { resamples = 1000, confidence = 0.95, seed = 1 }: BootstrapOptions = {},
): Interval | undefined {
  if (Math.min(before.length, after.length) < statistic.fewest) return undefined;
  const random = randomNumbers(seed);
  const [drawBefore, drawAfter] = [resampler(before, statistic), resampler(after, statistic)];
  const ratios = Float64Array.from(
    { length: resamples },
    () => drawAfter(random) / drawBefore(random),
  ).sort();
  const at = (share: number) => ratios[Math.round(share * (resamples - 1))] as number;
  return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

/**
 * Blocks of a series. Few and long, as in the method of batch means: what disturbs a measurement
 * lasts, from a turn of the scheduler to seconds of a neighbour's work, and single samples or short
 * blocks would take it for thousands of independent witnesses.
 */
const blocks = 10;

/** More samples make an interval hardly narrower, and a comparison of many cells slow. */
const mostSamples = 4000;

/** Makes a function that draws as many samples as there are, in blocks, and reads the statistic. */
function resampler(all: readonly number[], statistic: Statistic): (random: () => number) => number {
  const samples = thinned(Float64Array.from(all), mostSamples);
  const count = samples.length;
  const order = Array.from(samples.keys()).sort(
    (a, b) => (samples[a] as number) - (samples[b] as number),
  );
  const sorted = Float64Array.from(order, (index) => samples[index] as number);
  // The rank of each sample: counting ranks spares a sort for every resample.
  const ranks = new Uint32Array(count);
  order.forEach((index, rank) => {
    ranks[index] = rank;
  });
  const length = Math.ceil(count / blocks);
  const drawn = new Uint32Array(count);
  return (random) => {
    drawn.fill(0);
    for (let taken = 0; taken < count; taken += length) {
      const start = Math.floor(random() * count);
      const end = start + Math.min(length, count - taken);
      for (let index = start; index < end; index++) {
        const rank = ranks[index < count ? index : index - count] as number;
        drawn[rank] = (drawn[rank] as number) + 1;
      }
    }
    return statistic.read(sorted, drawn, count);
  };
}
