import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { Model } from '../../onnx/model.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import { checkFeeds } from '../../runtime/feeds.js';
import { writeModelFile } from '../../runtime/model-file.js';
import type { TensorMap } from '../../tensor.js';
import {
  checkPlacementOptions,
  type PlacementOptions,
  placementOptionNames,
} from '../placement/options.js';
import { tensorsToCalibrate } from '../placement/plan.js';
import { planPlacement } from '../placement/plan-placement.js';
import { CalibrationProcess } from './calibration-process.js';
import { type CalibrationMethod, CalibrationTable, isPercentile } from './table.js';

export interface CalibrateOptions {
  /**
   * How the range of a tensor is chosen. `'absmax'` takes the largest value, `'percentile'` the one
   * that `percentile` percent of the absolute values do not exceed, so that outliers are clipped
   * and the others get finer steps. Default: `'percentile'`.
   */
  method?: CalibrationMethod;
  /** For the method `'percentile'`, in percent: above 0, at most 100. Default: 99.99. */
  percentile?: number;
  /**
   * Leaves padding out of the ranges. `mask` names an input [batch, sequence] of an integer type or
   * bool; positions where it is 0 are left out of tensors [batch, sequence, ...].
   */
  padding?: { mask: string };
  /**
   * What the table is for: `quantize` needs ranges of the tensors that its options place Q/DQ nodes
   * at. Default: everything that the default scheme of the model quantizes.
   */
  placement?: PlacementOptions;
  /** Threads that ONNX Runtime computes with. Default: one per core. */
  threads?: number;
  onProgress?: (progress: CalibrationProgress) => void;
  signal?: AbortSignal;
}

export interface CalibrationProgress {
  /** How many samples have been run. */
  samples: number;
  /** How many there are, where `samples` is an array or a set. */
  total: number | undefined;
  elapsedMs: number;
}

/** How many samples wait or run in the calibration process while the next one is made. */
const lookAhead = 2;

/**
 * Finds the ranges of the tensors that `quantize` will represent in INT8, by running the model on
 * samples of what it will meet in use. A hundred samples are usually enough.
 *
 * The model runs by ONNX Runtime (`onnxruntime-node`, an optional package) in a child process, so
 * that the event loop stays free. Values are counted in histograms, natively: memory does not grow
 * with the number of samples, and the result does not depend on their order or batch size.
 *
 * @param samples - each has a tensor for every input of the model. They are pulled as needed.
 * @throws TensorRTError `ERR_CALIBRATION` when there are no samples or nothing can be quantized,
 * `ERR_FEED` with the index of a sample that does not fit the model, `ERR_RUNTIME` when the model
 * does not run. What `samples` throws is passed on, and an abort rejects with the signal's reason.
 */
export async function calibrate(
  model: Model,
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  options: CalibrateOptions = {},
): Promise<CalibrationTable> {
  checkArguments(model, samples, options);
  const { method = 'percentile', percentile = 99.99, padding, threads, signal } = options;
  signal?.throwIfAborted();

  const named = model.clone();
  named.graph.nameNodes();
  const observed = tensorsToCalibrate(await planPlacement(named, options.placement));
  const file = await writeModelFile(withOutputs(model, observed), signal);
  try {
    const calibration = new CalibrationProcess();
    const abort = () => calibration.fail(signal?.reason);
    signal?.addEventListener('abort', abort);
    try {
      if (signal?.aborted) abort();
      const { path: modelPath, directory } = file;
      const mask = padding?.mask;
      await calibration.request({ kind: 'open', modelPath, directory, observed, mask, threads });
      const count = await runAll(calibration, model.inputs, samples, options);
      const ranges = await calibration.request({ kind: 'ranges', method, percentile });
      return new CalibrationTable({
        method,
        percentile: method === 'percentile' ? percentile : undefined,
        samples: count,
        ranges: new Map(ranges),
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      await calibration.close();
    }
  } finally {
    await file.remove();
  }
}

function checkArguments(
  model: Model,
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  options: CalibrateOptions,
): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  if (!isIterable(samples)) {
    throw invalidArgument('samples', 'an iterable or async iterable of samples', samples);
  }
  checkOptions('options', options, [
    'method',
    'percentile',
    'padding',
    'placement',
    'threads',
    'onProgress',
    'signal',
  ]);
  const { method, percentile, padding, placement, threads } = options;
  if (method !== undefined) checkOneOf('options.method', method, ['absmax', 'percentile']);
  if (percentile !== undefined && !isPercentile(percentile)) {
    throw invalidArgument('options.percentile', 'a number above 0 and at most 100', percentile);
  }
  if (percentile !== undefined && method === 'absmax') {
    throw invalidArgument('options.percentile', "no value beside the method 'absmax'", percentile);
  }
  if (padding !== undefined) checkPadding(model.inputs, padding);
  if (placement !== undefined) {
    checkOptions('options.placement', placement, placementOptionNames);
    checkPlacementOptions('options.placement', placement);
  }
  if (threads !== undefined) checkInteger('options.threads', threads, 1);
}

function checkPadding(inputs: readonly ValueInfo[], padding: { mask: string }): void {
  checkOptions('options.padding', padding, ['mask']);
  const masks = inputs.filter(
    ({ type, dims }) => /int|bool/.test(type ?? '') && dims?.length === 2,
  );
  if (!masks.some(({ name }) => name === padding.mask)) {
    const names = masks.map(({ name }) => `'${name}'`).join(', ');
    throw invalidArgument(
      'options.padding.mask',
      `the name of an integer or bool input [batch, sequence] (${names || 'the model has none'})`,
      padding.mask,
    );
  }
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

/** A copy of the model that also returns the given tensors, where it computes them. */
function withOutputs(model: Model, tensors: readonly string[]): Model {
  const copy = model.clone();
  for (const name of tensors) {
    if (copy.graph.producer(name) && !copy.graph.isOutput(name)) {
      copy.graph.addOutput({ name, type: 'float32', dims: undefined });
    }
  }
  return copy;
}

/** @returns how many samples were run. */
async function runAll(
  calibration: CalibrationProcess,
  inputs: readonly ValueInfo[],
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  { onProgress }: CalibrateOptions,
): Promise<number> {
  const started = performance.now();
  const total = sizeOf(samples);
  const running: Promise<void>[] = [];
  let sent = 0;
  let done = 0;
  const finishOldest = async () => {
    await running.shift();
    done++;
    onProgress?.({ samples: done, total, elapsedMs: performance.now() - started });
  };

  for await (const feeds of pull(samples, calibration)) {
    checkFeeds(inputs, feeds, `sample ${sent}`);
    if (running.length === lookAhead) await finishOldest();
    const collected = calibration.request({ kind: 'collect', feeds, index: sent });
    // The next sample may never come, so a failure must not wait for its turn.
    collected.catch((error) => calibration.fail(error));
    running.push(collected);
    sent++;
  }
  while (running.length > 0) await finishOldest();
  if (sent > 0) return sent;
  throw new TensorRTError('ERR_CALIBRATION', 'There are no samples to calibrate with.', {
    remedy: 'Pass at least one, better a hundred, of what the model will meet in use.',
  });
}

/** The samples, until the calibration process fails: that is noticed even while a sample is awaited. */
async function* pull(
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  calibration: CalibrationProcess,
): AsyncGenerator<TensorMap> {
  const iterator =
    Symbol.asyncIterator in samples ? samples[Symbol.asyncIterator]() : samples[Symbol.iterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await calibration.guard(Promise.resolve(iterator.next()));
      ended = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a source that still waits for its next sample would never return.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

function sizeOf(samples: object): number | undefined {
  if (Array.isArray(samples)) return samples.length;
  return samples instanceof Set ? samples.size : undefined;
}
