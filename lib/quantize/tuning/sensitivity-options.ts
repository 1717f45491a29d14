import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidArgument,
} from '../../arguments.js';
import { Model } from '../../onnx/model.js';
import { checkFeeds } from '../../runtime/feeds.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { TensorMap } from '../../tensor.js';
import { checkSamples } from '../calibration/collect.js';
import { noSamples, type Samples } from '../calibration/run-samples.js';
import type { RuntimeOpener } from '../calibration/runtime-executor.js';
import { CalibrationTable } from '../calibration/table.js';
import type { QuantizeOptions } from '../quantize.js';
import { type GroupBy, groupings } from './groups.js';
import type { TuningCalibration } from './sensitivity-table.js';

/** A number that tells how good a model is: the higher, the better. */
export type Evaluate = (runtime: Runtime) => number | Promise<number>;

/** What {@link sensitivity} and {@link autoQuantize} have in common. */
export interface TuningOptions {
  /** The ranges. Default: those that `calibrate` finds with the samples and `calibration`. */
  table?: CalibrationTable | undefined;
  /** How to calibrate where no table is given. What is calibrated follows from `quantize`. */
  calibration?: TuningCalibration | undefined;
  /** How to quantize: every trial does so, except that it keeps nodes in float. */
  quantize?: QuantizeOptions | undefined;
  /** What is judged together. Default: `'block'`. */
  groupBy?: GroupBy | undefined;
  /** Bytes of activations kept so that groups need not run the whole model. Default: 512 MiB. */
  cacheBytes?: number | undefined;
  /**
   * What runs models, also to calibrate. `'onnxruntime'`: the optional package `onnxruntime-node` on
   * the CPU, in a process of its own for each model, with INT8 products computed in float. A function opens a runtime of your own for the
   * model it is given. Default: `'onnxruntime'`.
   */
  runtime?: 'onnxruntime' | RuntimeOpener | undefined;
  signal?: AbortSignal | undefined;
}

export const tuningOptionNames: readonly (keyof TuningOptions)[] = [
  'table',
  'calibration',
  'quantize',
  'groupBy',
  'cacheBytes',
  'runtime',
  'signal',
];

export interface SensitivityOptions extends TuningOptions {
  /** A metric of your own, taken of the model with each group quantized; the higher, the better. */
  evaluate?: Evaluate | undefined;
  /** Whether to try also, for each group, to quantize everything else. Default: false. */
  leaveOneOut?: boolean | undefined;
  onProgress?: ((progress: SensitivityProgress) => void) | undefined;
}

export interface SensitivityProgress {
  /** `'each'`: what `evaluate` and `leaveOneOut` ask for, group by group. */
  phase: 'calibrate' | 'float' | 'groups' | 'each';
  /** Samples of the phases `'calibrate'` and `'float'`, groups of the others. */
  done: number;
  total: number;
  elapsedMs: number;
}

/** @throws TypeError */
export function checkTuningOptions(model: Model, options: TuningOptions): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  const { table, calibration, quantize, groupBy, cacheBytes, runtime } = options;
  if (table !== undefined && !(table instanceof CalibrationTable)) {
    throw invalidArgument('options.table', 'a CalibrationTable', table);
  }
  if (table && calibration) {
    throw invalidArgument('options.calibration', 'no value beside options.table', calibration);
  }
  for (const [name, value] of Object.entries({ calibration, quantize })) {
    if (value !== undefined) checkObject(`options.${name}`, value);
  }
  if (groupBy !== undefined) checkOneOf('options.groupBy', groupBy, groupings);
  if (cacheBytes !== undefined) checkInteger('options.cacheBytes', cacheBytes, 0);
  if (runtime !== undefined && runtime !== 'onnxruntime' && typeof runtime !== 'function') {
    throw invalidArgument('options.runtime', "'onnxruntime' or a function", runtime);
  }
}

/** @throws TypeError */
export function checkSensitivityOptions(model: Model, options: SensitivityOptions): void {
  const own = ['evaluate', 'leaveOneOut', 'onProgress'];
  checkOptions('options', options, [...tuningOptionNames, ...own]);
  checkTuningOptions(model, options);
  checkFunction('options.evaluate', options.evaluate);
  if (options.leaveOneOut !== undefined) {
    checkBoolean('options.leaveOneOut', options.leaveOneOut);
  }
}

export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw invalidArgument(name, 'a function', value);
  }
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidArgument(name, 'an object', value);
}

/**
 * The samples as a list, since they are run more than once.
 *
 * @throws TypeError, TensorRTError `ERR_CALIBRATION` when there are none, `ERR_FEED` with the index
 * of one that does not fit the model.
 */
export async function listSamples(
  model: Model,
  samples: Samples,
  signal: AbortSignal | undefined,
): Promise<TensorMap[]> {
  checkSamples(samples);
  const list: TensorMap[] = [];
  for await (const sample of samples) {
    signal?.throwIfAborted();
    checkFeeds(model.inputs, sample, `sample ${list.length}`);
    list.push(sample);
  }
  if (list.length > 0) return list;
  throw noSamples('to compare models with');
}
