import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import { callNative, type NativeBuildRequest } from '../native.js';
import { Model } from '../onnx/model.js';
import { writeModelFile } from '../runtime/model-file.js';
import { type BuildLogLine, type BuildProgress, BuildWatch } from './build-watch.js';
import { products } from './libraries.js';
import { type LibraryOptions, libraryOptionNames, openLibrary } from './library.js';
import { Plan } from './plan.js';
import { Pool } from './pool.js';
import { type Profile, toNativeProfiles } from './profiles.js';

/** What an engine can be compiled for: a compute capability, or the GPU of this machine. */
export type Target = 'sm75' | 'sm80' | 'sm86' | 'sm89' | 'sm120' | 'sm121' | 'current';

const targets: readonly Target[] = ['sm75', 'sm80', 'sm86', 'sm89', 'sm120', 'sm121', 'current'];

export interface BuildOptions extends LibraryOptions {
  /** Shapes to accept. Needed when the model has inputs with dynamic dimensions. */
  profiles?: readonly Profile[];
  /**
   * Compute capabilities to compile for; all but `'current'` need no GPU. Default: TensorRT for
   * RTX makes an engine that every GPU it supports can finish at load time, TensorRT builds for the
   * GPU of this machine and takes no targets.
   */
  targets?: readonly Target[];
  /** 0 (fastest build) to 5 (fastest engine). Default: TensorRT's, 3. */
  optimizationLevel?: number;
  /** Bytes of device memory that a layer may take as scratch. Default: no limit. */
  workspaceBytes?: number;
  /** Called when a phase begins, and at least twice a second. */
  onProgress?: (progress: BuildProgress) => void;
  /** Called for each line that TensorRT logs, warnings and worse. */
  onLog?: (line: BuildLogLine) => void;
  /** Stops the build at TensorRT's next step; the promise rejects with the signal's `reason`. */
  signal?: AbortSignal;
}

const optionNames: readonly (keyof BuildOptions)[] = [
  ...libraryOptionNames,
  'profiles',
  'targets',
  'optimizationLevel',
  'workspaceBytes',
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
 * node), ERR_TRT_BUILD, ERR_TRT_LIBRARY_NOT_FOUND, ERR_TRT_LIBRARY_VERSION, ERR_ADDON
 */
export async function buildEngine(
  model: Model | string,
  options: BuildOptions = {},
): Promise<Plan> {
  checkBuildOptions(options);
  const { signal } = options;
  const source = typeof model === 'string' ? await Model.load(model, pickSignal(signal)) : model;
  if (!(source instanceof Model)) throw invalidArgument('model', 'a Model or a path', model);
  const request: Omit<NativeBuildRequest, 'modelPath'> = {
    profiles: toNativeProfiles(source.inputs, options.profiles ?? []),
    targets: [...(options.targets ?? [])],
    optimizationLevel: options.optimizationLevel,
    workspaceBytes: options.workspaceBytes,
  };
  const builder = await builders.take(signal);
  try {
    return await withModelFile(model, signal, (modelPath) =>
      build({ ...request, modelPath }, options),
    );
  } finally {
    builders.give(builder);
  }
}

function checkBuildOptions(options: BuildOptions): void {
  checkOptions('options', options, optionNames);
  const { targets: chosen, optimizationLevel, workspaceBytes, product } = options;
  if (product !== undefined) checkOneOf('product', product, products);
  if (chosen !== undefined) {
    if (!Array.isArray(chosen)) throw invalidArgument('targets', 'an array', chosen);
    for (const target of chosen) checkOneOf('targets', target, targets);
  }
  if (optimizationLevel !== undefined) checkInteger('optimizationLevel', optimizationLevel, 0, 5);
  if (workspaceBytes !== undefined) checkInteger('workspaceBytes', workspaceBytes, 0);
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

async function build(request: NativeBuildRequest, options: BuildOptions): Promise<Plan> {
  const { native } = await openLibrary({
    product: options.product ?? (request.targets.length > 0 ? 'tensorrt-rtx' : undefined),
    libraryDir: options.libraryDir,
  });
  options.signal?.throwIfAborted();
  const watch = new BuildWatch(options);
  const started = performance.now();
  try {
    const data = await callNative(() => native.build(request, watch.monitor));
    const seconds = (performance.now() - started) / 1000;
    watch.finish();
    watch.throwIfCancelled();
    return Plan.fromBytes(data, { seconds });
  } catch (error) {
    watch.finish();
    watch.throwIfCancelled();
    throw error;
  }
}
