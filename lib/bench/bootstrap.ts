import { randomNumbers } from '../random.js';

/** A statistic of a series of measurements. */
export interface Statistic {
  readonly name: string;
  /** Of the values in rising order, of which each was drawn so many times, `total` in all. */
  readonly read: (sorted: Float64Array, drawn: Uint32Array, total: number) => number;
  /** What decides the statistic: how far its neighbours in time are alike says how long blocks are. */
  readonly influence: (samples: readonly number[]) => Float64Array;
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

/** By the nearest rank. What it depends on is which samples lie above it (Bahadur 1966). */
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
    influence: (samples) => {
      const sorted = samples.toSorted((a, b) => a - b);
      const at = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
      return Float64Array.from(samples, (sample) => (sample > at ? 1 : 0));
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
  influence: (samples) => Float64Array.from(samples),
  fewest: 2 * fewestBeyond,
};

/**
 * The interval in which the ratio of a statistic, after by before, lies: Efron's percentile interval
 * (1979) over a moving block bootstrap. Successive latencies are not independent, since a clock that
 * drops or a neighbour that wakes slows many in a row; so blocks of neighbours are drawn, not single
 * samples (Künsch 1989; in a circle, Politis and Romano 1992).
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

/** Makes a function that draws as many samples as there are, in blocks, and reads the statistic. */
function resampler(
  samples: readonly number[],
  statistic: Statistic,
): (random: () => number) => number {
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
  const length = blockLength(statistic.influence(samples));
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

/**
 * How many neighbours a block has to keep together: Politis and White 2004, with the correction of
 * Patton, Politis and White 2009, for the circular block bootstrap.
 */
export function blockLength(series: Float64Array): number {
  const count = series.length;
  const covariances = autocovariances(series, Math.ceil(Math.sqrt(count)) + 5);
  const [variance = 0] = covariances;
  if (variance === 0) return 1;
  const correlation = (lag: number) => Math.abs((covariances[lag] ?? 0) / variance);
  // The first lag after which a few in a row are as small as chance makes them.
  const negligible = 2 * Math.sqrt(Math.log10(count) / count);
  const inARow = Math.max(5, Math.ceil(Math.sqrt(Math.log10(count))));
  let last = 0;
  while (
    last + inARow < covariances.length &&
    Array.from({ length: inARow }, (_, step) => correlation(last + 1 + step)).some(
      (value) => value > negligible,
    )
  ) {
    last++;
  }
  const bandwidth = Math.min(2 * Math.max(1, last), covariances.length - 1);
  let [weighted, spectrum] = [0, variance];
  for (let lag = 1; lag <= bandwidth; lag++) {
    const weight = flatTop(lag / bandwidth) * 2 * (covariances[lag] as number);
    weighted += lag * weight;
    spectrum += weight;
  }
  const length = ((1.5 * weighted ** 2) / spectrum ** 2) ** (1 / 3) * count ** (1 / 3);
  const longest = Math.ceil(Math.min(3 * Math.sqrt(count), count / 3));
  return Math.min(Math.max(1, Math.round(length || 1)), longest);
}

/** 1 up to the middle, then falling to 0. */
function flatTop(share: number): number {
  return share <= 0.5 ? 1 : 2 * (1 - share);
}

function autocovariances(series: Float64Array, lags: number): Float64Array {
  const average = series.reduce((sum, value) => sum + value, 0) / series.length;
  const centred = series.map((value) => value - average);
  return Float64Array.from({ length: Math.min(lags, series.length - 1) + 1 }, (_, lag) => {
    let sum = 0;
    for (let index = lag; index < centred.length; index++) {
      sum += (centred[index] as number) * (centred[index - lag] as number);
    }
    return sum / series.length;
  });
}
