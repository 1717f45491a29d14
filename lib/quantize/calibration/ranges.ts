import { checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import { nameMatcher } from '../../name-patterns.js';
import { loadAddon } from '../../native.js';
import type { HistogramSnapshot } from './native-calibration.js';
import type { TensorRange } from './table.js';

/** The ways to find a range in a histogram. */
export const rangeMethods = ['absmax', 'percentile', 'entropy', 'mse'] as const;

/**
 * How the range of a tensor is found in its histogram.
 *
 * - `'absmax'`: the largest finite |x|; nothing is clipped.
 * - `'percentile'`: the value that a percentage of the |x| do not exceed.
 * - `'entropy'`: the range whose INT8 values diverge least from the values, by Kullback and Leibler.
 * - `'mse'`: the range with the least mean squared error of what INT8 makes of the values.
 */
export type RangeMethod = (typeof rangeMethods)[number];

/** How ranges are to be found. */
export interface RangeOptions {
  /** Default: `'percentile'`. */
  method?: RangeMethod | undefined;
  /** For the method `'percentile'`, in percent: above 0, at most 100. Default: 99.99. */
  percentile?: number | undefined;
  /**
   * What is other for some tensors, by name; `*` stands for any characters. Where several patterns
   * cover a tensor the last one decides.
   */
  overrides?: Readonly<Record<string, RangeOverride>> | undefined;
}

/** Another method for some tensors, or their range itself. */
export type RangeOverride =
  | { method: RangeMethod; percentile?: number | undefined }
  | { percentile: number }
  | { amax: number };

const defaultPercentile = 99.99;

/** What is to be done with one tensor. */
type Choice = { method: RangeMethod; percentile: number } | { amax: number };

/**
 * Chooses a range for each histogram.
 *
 * @throws TypeError for options that are none, and for a pattern that covers no tensor.
 */
export function chooseRanges(
  histograms: ReadonlyMap<string, HistogramSnapshot>,
  options: RangeOptions,
): Map<string, TensorRange> {
  checkRangeOptions('options', options);
  const { method = 'percentile', percentile = defaultPercentile, overrides = {} } = options;
  const names = [...histograms.keys()];
  const special = Object.entries(overrides).map(([pattern, override]) => ({
    covers: nameMatcher('options.overrides', [pattern], names, 'calibrated tensors'),
    choice: toChoice(override, percentile),
  }));
  return new Map(
    Array.from(histograms, ([name, histogram]) => {
      const choice = special.findLast(({ covers }) => covers(name))?.choice;
      return [name, rangeOf(histogram, choice ?? { method, percentile })];
    }),
  );
}

function toChoice(override: RangeOverride, percentile: number): Choice {
  if ('amax' in override) return override;
  return { method: 'percentile', percentile, ...override } as Choice;
}

function rangeOf(histogram: HistogramSnapshot, choice: Choice): TensorRange {
  const { absmax, finite, nans, infinities } = histogram;
  const seen = { absmax, count: finite, nonFinite: nans + infinities };
  if ('amax' in choice) return { amax: choice.amax, ...seen, method: 'given' };
  const { method, percentile } = choice;
  const amax = amaxOf(histogram, method, percentile);
  return { amax, ...seen, method, ...(method === 'percentile' && { percentile }) };
}

function amaxOf(snapshot: HistogramSnapshot, method: RangeMethod, percentile: number): number {
  if (method === 'absmax') return snapshot.absmax;
  const { Histogram } = loadAddon();
  const histogram = new Histogram(snapshot);
  return method === 'percentile' ? histogram.percentile(percentile) : histogram[method]();
}

/** @throws TypeError */
export function checkRangeOptions(name: string, options: RangeOptions): void {
  checkOptions(name, options, ['method', 'percentile', 'overrides']);
  const { method, percentile, overrides } = options;
  if (method !== undefined) checkOneOf(`${name}.method`, method, rangeMethods);
  checkPercentile(name, percentile, method);
  if (overrides === undefined) return;
  if (typeof overrides !== 'object' || overrides === null || Array.isArray(overrides)) {
    throw invalidArgument(`${name}.overrides`, 'an object of tensor names', overrides);
  }
  for (const [pattern, override] of Object.entries(overrides)) {
    checkOverride(`${name}.overrides['${pattern}']`, override);
  }
}

function checkOverride(name: string, override: RangeOverride): void {
  checkOptions(name, override, ['method', 'percentile', 'amax']);
  const { method, percentile, amax } = override as {
    method?: RangeMethod;
    percentile?: number;
    amax?: number;
  };
  if (Object.keys(override).length === 0 || (amax !== undefined && (method || percentile))) {
    throw invalidArgument(name, 'an amax, or a method or percentile', override);
  }
  if (amax !== undefined && !(Number.isFinite(amax) && amax > 0)) {
    throw invalidArgument(`${name}.amax`, 'a finite number above 0', amax);
  }
  if (method !== undefined) checkOneOf(`${name}.method`, method, rangeMethods);
  checkPercentile(name, percentile, method);
}

/** @throws TypeError also where there is a percentile beside a method that has none. */
export function checkPercentile(
  name: string,
  percentile: number | undefined,
  method: string | undefined,
): void {
  if (percentile === undefined) return;
  if (!isPercentile(percentile)) {
    throw invalidArgument(`${name}.percentile`, 'a number above 0 and at most 100', percentile);
  }
  if (method !== undefined && method !== 'percentile') {
    throw invalidArgument(
      `${name}.percentile`,
      `no value beside the method '${method}'`,
      percentile,
    );
  }
}

export function isPercentile(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= 100;
}
