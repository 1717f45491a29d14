import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import { onFile } from '../files.js';
import { callNative, type NativeBuildRequest, type NativeBuildResult } from '../native.js';
import { Model } from '../onnx/model.js';
import { writeModelFile } from '../runtime/model-file.js';
import { type BuilderOptions, builderOptionNames, checkBuilderOptions } from './build-options.js';
import { toBuildRequest } from './build-request.js';
import { type BuildLogLine, type BuildProgress, BuildWatch } from './build-watch.js';
import { products } from './libraries.js';
import { type LibraryOptions, libraryOptionNames, openLibrary } from './library.js';
import { Plan } from './plan.js';
import { Pool } from './pool.js';

export interface BuildOptions extends BuilderOptions, LibraryOptions {
  /**
   * The file to write the plan to, whole or not at all. TensorRT writes it as it is made, so that
   * memory never holds it. Default: the plan is kept in memory.
   */
  output?: string;
  /** Called when a phase begins, and at least twice a second. */
  onProgress?: (progress: BuildProgress) => void;
  /** Called for each line that TensorRT logs, warnings and worse. */
  onLog?: (line: BuildLogLine) => void;
  /** Stops the build at TensorRT's next step; the promise rejects with the signal's `reason`. */
  signal?: AbortSignal;
}

const optionNames: readonly (keyof BuildOptions)[] = [
  ...libraryOptionNames,
  ...builderOptionNames,
  'output',
  'onProgress',
  'onLog',
  'signal',
];

/**
 * Builds happen on libuv's thread pool, which has four threads by default. Two builds at a time
 * keep two cores busy and leave threads for the file system and for inference.
 */
const builders = new Pool(['first', 'second']);

/**
 * Builds an engine from an ONNX model, off the JavaScript thread. The precision is the model's own:
 * give a quantized model to get an INT8 engine.
 *
 * @param model - a model, or the path of an ONNX file.
 * @throws TypeError for wrong options, among them profiles that do not fit the model's inputs.
 * @throws TensorRTError ERR_FILE, ERR_ONNX_INVALID, ERR_ONNX_EXTERNAL_DATA, ERR_TRT_PARSE (with the
 * node), ERR_TRT_BUILD, ERR_UNSUPPORTED, ERR_TRT_LIBRARY_NOT_FOUND, ERR_TRT_LIBRARY_VERSION,
 * ERR_ADDON
 */
export async function buildEngine(
  model: Model | string,
  options: BuildOptions = {},
): Promise<Plan> {
  checkBuildOptions(options);
  const { signal } = options;
  const source = typeof model === 'string' ? await Model.load(model, pickSignal(signal)) : model;
  if (!(source instanceof Model)) throw invalidArgument('model', 'a Model or a path', model);
  const request = toBuildRequest(source.inputs, options);
  const builder = await builders.take(signal);
  try {
    return await withModelFile(model, signal, (modelPath) =>
      withOutput(options.output, (planPath) => build({ ...request, modelPath, planPath }, options)),
    );
  } finally {
    builders.give(builder);
  }
}

function checkBuildOptions(options: BuildOptions): void {
  checkOptions('options', options, optionNames);
  const { product, output } = options;
  if (product !== undefined) checkOneOf('product', product, products);
  if (output !== undefined && (typeof output !== 'string' || output === '')) {
    throw invalidArgument('output', 'the path of a file', output);
  }
  checkBuilderOptions(options);
}

function pickSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

/**
 * TensorRT's parser reads a file: then nothing is copied on the JavaScript thread, and models over
 * the 2 GiB that protobuf allows in memory work the same way.
 */
async function withModelFile<T>(
  model: Model | string,
  signal: AbortSignal | undefined,
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (typeof model === 'string') return use(model);
  // The parser can name a node in its errors only where the node has a name.
  const named = model.clone();
  named.graph.nameNodes();
  const file = await writeModelFile(named, signal);
  try {
    return await use(file.path);
  } finally {
    await file.remove();
  }
}

/** Lets a build write under a temporary name, so that a file under its own name is whole. */
async function withOutput(
  output: string | undefined,
  use: (planPath: string | undefined) => Promise<Built>,
): Promise<Plan> {
  if (output === undefined) {
    const { plan, seconds } = await use(undefined);
    return Plan.fromBytes(plan as Uint8Array, { seconds });
  }
  const temporary = `${output}.${randomUUID()}.tmp`;
  try {
    const { seconds } = await use(temporary);
    await onFile('write', output, () => rename(temporary, output));
    return await Plan.fromFile(output, { seconds });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** What came out of a build, and how long it took. */
export interface Built extends NativeBuildResult {
  readonly seconds: number;
}

/** One native build, watched as the options say. */
async function build(request: NativeBuildRequest, options: BuildOptions): Promise<Built> {
  const { native } = await openLibrary({
    product: options.product ?? (request.targets.length > 0 ? 'tensorrt-rtx' : undefined),
    libraryDir: options.libraryDir,
  });
  for (const path of options.plugins ?? []) await callNative(() => native.loadPlugins(path));
  options.signal?.throwIfAborted();
  const watch = new BuildWatch(options);
  const started = performance.now();
  try {
    const built = await callNative(() => native.build(request, watch.monitor));
    const seconds = (performance.now() - started) / 1000;
    watch.finish();
    watch.throwIfCancelled();
    return { ...built, seconds };
  } catch (error) {
    watch.finish();
    watch.throwIfCancelled();
    throw error;
  }
}
