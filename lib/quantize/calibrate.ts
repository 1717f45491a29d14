import { checkInteger, checkOneOf, checkOptions } from '../arguments.js';
import type { Model } from '../onnx/model.js';
import type { TensorMap } from '../tensor.js';
import {
  type CollectOptions,
  checkCollectArguments,
  collect,
  collectOptionNames,
} from './calibration/collect.js';
import { checkPercentile, type RangeMethod, rangeMethods } from './calibration/ranges.js';
import type { Samples } from './calibration/run-samples.js';
import type { CalibrationTable } from './calibration/table.js';
import { tuneRanges } from './tuning/auto-ranges.js';

export interface CalibrateOptions extends CollectOptions {
  /**
   * How the range of a tensor is found. `'auto'` takes for each tensor the method that leaves the
   * model's outputs nearest to those in float, which it tries out; see {@link tuneRanges}. Default:
   * `'percentile'`.
   */
  method?: RangeMethod | 'auto' | undefined;
  /** For the method `'percentile'`, in percent: above 0, at most 100. Default: 99.99. */
  percentile?: number | undefined;
  /**
   * For the method `'auto'`: with how many of the samples the model is tried out, at least 2. Of a
   * stream, up to twice as many are kept in memory. Default: 32.
   */
  checkSamples?: number | undefined;
}

/**
 * Finds the ranges of the tensors that `quantize` will represent in INT8, by running the model on
 * samples of what it will meet in use. A hundred samples are usually enough.
 *
 * It is {@link collect} with {@link Calibration.table}, or for the method `'auto'` with
 * {@link tuneRanges}; their documentation tells the rest, errors too.
 */
export async function calibrate(
  model: Model,
  samples: Samples,
  options: CalibrateOptions = {},
): Promise<CalibrationTable> {
  checkArguments(model, samples, options);
  const { method, percentile, checkSamples = 32, ...collecting } = options;
  if (method !== 'auto') {
    const calibration = await collect(model, samples, collecting);
    return calibration.table({ method, percentile });
  }
  const kept = new SpreadSamples(checkSamples);
  const calibration = await collect(model, kept.of(samples), collecting);
  const { placement, threads, signal } = options;
  return tuneRanges(model, calibration, kept.samples, { placement, threads, signal });
}

function checkArguments(model: Model, samples: Samples, options: CalibrateOptions): void {
  checkCollectArguments(model, samples, options);
  const own = ['method', 'percentile', 'checkSamples'];
  checkOptions('options', options, [...own, ...collectOptionNames]);
  const { method, percentile, checkSamples } = options;
  if (method !== undefined) checkOneOf('options.method', method, [...rangeMethods, 'auto']);
  checkPercentile('options', percentile, method);
  if (checkSamples !== undefined) checkInteger('options.checkSamples', checkSamples, 2);
}

/**
 * Keeps so many of the samples that pass by, evenly spread over all however many there are: every
 * one at first, and each time there are twice as many as wanted only every second one of them.
 */
class SpreadSamples {
  readonly #wanted: number;
  #kept: TensorMap[] = [];
  #step = 1;
  #seen = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  get samples(): readonly TensorMap[] {
    const { length } = this.#kept;
    const count = Math.min(length, this.#wanted);
    return Array.from(
      { length: count },
      (_, i) => this.#kept[Math.floor((i * length) / count)],
    ).filter((sample) => sample !== undefined);
  }

  /** The same samples; an array stays one, so that it can be run again. */
  of(samples: Samples): Samples {
    if (Array.isArray(samples) || samples instanceof Set) {
      for (const sample of samples) this.#pass(sample);
      return samples;
    }
    return this.#stream(samples);
  }

  async *#stream(samples: Samples): AsyncGenerator<TensorMap> {
    for await (const sample of samples) {
      this.#pass(sample);
      yield sample;
    }
  }

  #pass(sample: TensorMap): void {
    if (this.#seen++ % this.#step > 0) return;
    this.#kept.push(sample);
    if (this.#kept.length < 2 * this.#wanted) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#step *= 2;
  }
}
