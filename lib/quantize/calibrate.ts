import { checkOneOf, checkOptions } from '../arguments.js';
import type { Model } from '../onnx/model.js';
import {
  type CollectOptions,
  checkCollectArguments,
  collect,
  collectOptionNames,
} from './calibration/collect.js';
import { checkPercentile, type RangeMethod, rangeMethods } from './calibration/ranges.js';
import type { Samples } from './calibration/run-samples.js';
import type { CalibrationTable } from './calibration/table.js';

export interface CalibrateOptions extends CollectOptions {
  /** How the range of a tensor is found. Default: `'percentile'`. */
  method?: RangeMethod | undefined;
  /** For the method `'percentile'`, in percent: above 0, at most 100. Default: 99.99. */
  percentile?: number | undefined;
}

/**
 * Finds the ranges of the tensors that `quantize` will represent in INT8, by running the model on
 * samples of what it will meet in use. A hundred samples are usually enough.
 *
 * It is {@link collect} and {@link Calibration.table} in one; their documentation tells the rest.
 */
export async function calibrate(
  model: Model,
  samples: Samples,
  options: CalibrateOptions = {},
): Promise<CalibrationTable> {
  checkArguments(model, samples, options);
  const { method, percentile, ...collecting } = options;
  const calibration = await collect(model, samples, collecting);
  return calibration.table({ method, percentile });
}

function checkArguments(model: Model, samples: Samples, options: CalibrateOptions): void {
  checkCollectArguments(model, samples, options);
  checkOptions('options', options, ['method', 'percentile', ...collectOptionNames]);
  const { method, percentile } = options;
  if (method !== undefined) checkOneOf('options.method', method, rangeMethods);
  checkPercentile('options', percentile, method);
}
