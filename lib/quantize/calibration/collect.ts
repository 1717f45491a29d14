import { checkInteger, checkOptions, invalidArgument } from '../../arguments.js';
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
import { Calibration, checkMergeable } from './calibration.js';
import { CalibrationProcess } from './calibration-process.js';
import { fingerprintOf } from './fingerprint.js';

export interface CollectOptions {
  /**
   * Leaves padding out of the histograms. `mask` names an input [batch, sequence] of an integer type
   * or bool; positions where it is 0 are left out of tensors [batch, sequence, ...].
   */
  padding?: { mask: string } | undefined;
  /**
   * What the calibration is for: `quantize` needs ranges of the tensors that its options place Q/DQ
   * nodes at. Default: everything that the default scheme of the model quantizes.
   */
  placement?: PlacementOptions | undefined;
  /** Threads that ONNX Runtime computes with. Default: one per core. */
  threads?: number | undefined;
  /** What an earlier run with the same model and options has counted, to be continued. */
  resume?: Calibration | undefined;
  onProgress?: ((progress: CalibrationProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export const collectOptionNames = [
  'padding',
  'placement',
  'threads',
  'resume',
  'onProgress',
  'signal',
] as const;

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
 * Runs a model on samples of what it will meet in use, and counts the values of the tensors that
 * `quantize` will represent in INT8. Ranges of every method can then be had without another run.
 *
 * The model runs by ONNX Runtime (`onnxruntime-node`, an optional package) in a child process, so
 * that the event loop stays free. Values are counted in histograms, natively: memory does not grow
 * with the number of samples, and the result does not depend on their order or batch size.
 *
 * @param samples - each has a tensor for every input of the model. They are pulled as needed.
 * @throws TensorRTError `ERR_CALIBRATION` when there are no samples, nothing can be quantized or
 * `resume` belongs to something else, `ERR_FEED` with the index of a sample that does not fit the
 * model, `ERR_RUNTIME` when the model does not run. What `samples` throws is passed on, and an abort
 * rejects with the signal's reason.
 */
export async function collect(
  model: Model,
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  options: CollectOptions = {},
): Promise<Calibration> {
  checkCollectArguments(model, samples, options);
  checkOptions('options', options, collectOptionNames);
  const { padding, placement, threads, resume, signal } = options;
  signal?.throwIfAborted();

  const named = model.clone();
  named.graph.nameNodes();
  const observed = tensorsToCalibrate(await planPlacement(named, placement));
  const state = { model: await fingerprintOf(model, signal), mask: padding?.mask };
  if (resume) checkMergeable(resume, { ...state, histograms: new Set(observed) });
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
      const histograms = new Map(await calibration.request({ kind: 'histograms' }));
      const collected = new Calibration({ ...state, samples: count, histograms });
      return resume ? resume.merge(collected) : collected;
    } finally {
      signal?.removeEventListener('abort', abort);
      await calibration.close();
    }
  } finally {
    await file.remove();
  }
}

/** Checks all but the names of the options. @throws TypeError */
export function checkCollectArguments(
  model: Model,
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  { padding, placement, threads, resume }: CollectOptions,
): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  if (!isIterable(samples)) {
    throw invalidArgument('samples', 'an iterable or async iterable of samples', samples);
  }
  if (padding !== undefined) checkPadding(model.inputs, padding);
  if (placement !== undefined) {
    checkOptions('options.placement', placement, placementOptionNames);
    checkPlacementOptions('options.placement', placement);
  }
  if (threads !== undefined) checkInteger('options.threads', threads, 1);
  if (resume !== undefined && !(resume instanceof Calibration)) {
    throw invalidArgument('options.resume', 'a Calibration', resume);
  }
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
  { onProgress }: CollectOptions,
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
