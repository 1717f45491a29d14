import { checkInteger, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { Model } from '../../onnx/model.js';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import { openTensorRT, profileOfFeeds } from '../../runtime/tensorrt.js';
import { namedCopy } from '../placement/named-copy.js';
import {
  checkPlacementOptions,
  type PlacementOptions,
  placementOptionNames,
} from '../placement/options.js';
import { tensorsToCalibrate } from '../placement/plan.js';
import { planPlacement } from '../placement/plan-placement.js';
import { Calibration, checkMergeable } from './calibration.js';
import type { Executor } from './executor.js';
import { fingerprintOf } from './fingerprint.js';
import { GroupPlanner } from './groups.js';
import { describeTensors, type ObservedTensor } from './observed-tensors.js';
import { ProcessExecutor } from './process-executor.js';
import { type CalibrationProgress, listOf, runSamples, type Samples } from './run-samples.js';
import { RuntimeExecutor, type RuntimeOpener } from './runtime-executor.js';

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
  /**
   * What runs the model. `'onnxruntime'`: the optional package `onnxruntime-node` on the CPU, in a
   * child process, so that the event loop stays free. `'tensorrt'`: TensorRT on a GPU, by engines that
   * are built for it and return the observed tensors; where the model has dynamic inputs, the profile
   * comes from `placement.profiles`, else from the shapes of all samples, which then have to be an
   * array. A function opens a runtime of your own for the model it is given, such as
   * {@link Runtime.load} with other options. Default: `'onnxruntime'`.
   */
  runtime?: 'onnxruntime' | 'tensorrt' | RuntimeOpener | undefined;
  /** Threads that ONNX Runtime computes with. Default: one per core. */
  threads?: number | undefined;
  /**
   * How many bytes the observed tensors of one run may take. Where they take more they are observed
   * in groups: an array of samples is run once for each group, a stream in a session for each. A
   * tensor that takes more by itself is observed alone. Default: 1 GiB.
   */
  memoryLimit?: number | undefined;
  /** What an earlier run with the same model and options has counted, to be continued. */
  resume?: Calibration | undefined;
  onProgress?: ((progress: CalibrationProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export const collectOptionNames = [
  'padding',
  'placement',
  'runtime',
  'threads',
  'memoryLimit',
  'resume',
  'onProgress',
  'signal',
] as const;

/** Of the observed tensors of one run, where the user sets no limit. */
const defaultMemoryLimit = 2 ** 30;

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
  samples: Samples,
  options: CollectOptions = {},
): Promise<Calibration> {
  checkCollectArguments(model, samples, options);
  checkOptions('options', options, collectOptionNames);
  const { padding, placement, resume, signal, onProgress } = options;
  const { memoryLimit = defaultMemoryLimit } = options;
  signal?.throwIfAborted();

  const names = tensorsToCalibrate(await planPlacement(namedCopy(model), placement));
  if (names.length === 0) throw nothingToObserve(model);
  const mask = padding?.mask;
  const state = { model: await fingerprintOf(model, signal), mask };
  if (resume) checkMergeable(resume, { ...state, histograms: new Set(names) });
  const observed = describeTensors(await inferShapes(model, { signal }), names, mask);
  const planner = new GroupPlanner(model, observed, memoryLimit, signal);
  const executor = await openExecutor(model, samples, observed, options);
  const abort = () => executor.fail(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    if (signal?.aborted) abort();
    const count = await runSamples(executor, model.inputs, samples, planner, onProgress);
    const collected = new Calibration({ ...state, samples: count, ...(await executor.counted()) });
    return resume ? resume.merge(collected) : collected;
  } finally {
    signal?.removeEventListener('abort', abort);
    await executor.close();
  }
}

async function openExecutor(
  model: Model,
  samples: Samples,
  observed: readonly ObservedTensor[],
  options: CollectOptions,
): Promise<Executor> {
  const { runtime = 'onnxruntime', padding, threads, signal } = options;
  const counting = { observed, mask: padding?.mask, threads };
  if (runtime === 'onnxruntime') {
    return ProcessExecutor.start(model, counting, listOf(samples)?.length, signal);
  }
  const open = runtime === 'tensorrt' ? tensorRTOpener(model, samples, options) : runtime;
  return new RuntimeExecutor(model, counting, open);
}

function tensorRTOpener(
  model: Model,
  samples: Samples,
  { placement, signal }: CollectOptions,
): RuntimeOpener {
  const isDynamic = model.inputs.some(({ dims }) => dims?.some((dim) => typeof dim !== 'number'));
  const list = listOf(samples);
  const found = isDynamic && list && list.length > 0 ? [profileOfFeeds(list)] : undefined;
  const profiles = placement?.profiles ?? found;
  if (isDynamic && !profiles) {
    throw invalidArgument(
      'options.placement.profiles',
      'profiles for a stream of samples',
      profiles,
    );
  }
  return (observed) => openTensorRT(observed, { profiles, signal });
}

function nothingToObserve(model: Model): TensorRTError {
  return new TensorRTError(
    'ERR_CALIBRATION',
    'Nothing needs calibration: with these options no activation is quantized.',
    { file: model.path, remedy: 'quantize takes these options without a table.' },
  );
}

/** Checks all but the names of the options. @throws TypeError */
export function checkCollectArguments(
  model: Model,
  samples: Samples,
  { padding, placement, runtime, threads, memoryLimit, resume }: CollectOptions,
): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  checkSamples(samples);
  if (padding !== undefined) checkPadding(model.inputs, padding);
  if (placement !== undefined) {
    checkOptions('options.placement', placement, placementOptionNames);
    checkPlacementOptions('options.placement', placement);
  }
  const runtimes: unknown[] = [undefined, 'onnxruntime', 'tensorrt'];
  if (!runtimes.includes(runtime) && typeof runtime !== 'function') {
    const expected = "'onnxruntime', 'tensorrt' or a function that opens a runtime";
    throw invalidArgument('options.runtime', expected, runtime);
  }
  if (threads !== undefined) checkInteger('options.threads', threads, 1);
  if (memoryLimit !== undefined) checkInteger('options.memoryLimit', memoryLimit, 1);
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

/** @throws TypeError */
export function checkSamples(samples: unknown): void {
  if (!isIterable(samples)) {
    throw invalidArgument('samples', 'an iterable or async iterable of samples', samples);
  }
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
