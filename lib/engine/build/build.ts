import { rename, rm, writeFile } from 'node:fs/promises';
import { checkBoolean, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import { onFile, temporaryName } from '../../files.js';
import { callNative, type NativeBuildRequest, type NativeBuildResult } from '../../native.js';
import type { Model } from '../../onnx/model.js';
import { type BuilderOptions, builderOptionNames, checkBuilderOptions } from './build-options.js';
import { type BuildRequest, toBuildRequest } from './build-request.js';
import { type BuildLogLine, type BuildProgress, BuildWatch } from './build-watch.js';
import {
  buildThroughCache,
  type CacheOptions,
  cacheOptionNames,
  checkCacheOptions,
} from '../cache/cached-build.js';
import { buildIsolated, RemoteMonitor } from './isolated-build.js';
import { products } from '../library/libraries.js';
import {
  type LibraryOptions,
  libraryOptionNames,
  libraryPaths,
  type OpenedLibrary,
  openLibrary,
} from '../library/library.js';
import { type ModelSource, openModel, withModelFile } from './model-source.js';
import { type Plan, planFromBytes, planFromFile } from '../plan/plan.js';
import { Pool } from '../session/pool.js';
import { checkTimingCache, type TimingCacheOptions, withTimingCache } from '../cache/timing-cache.js';

export interface BuildOptions
  extends BuilderOptions,
    LibraryOptions,
    CacheOptions,
    TimingCacheOptions {
  /**
   * The file to write the plan to, whole or not at all. TensorRT writes it as it is made, so that
   * memory never holds it. Default: the plan is kept in memory, or in `cacheDir`.
   */
  output?: string;
  /**
   * Builds in a process of its own, so that a crash in TensorRT or the end of memory is an error
   * and not the end of this process. Default: `false`.
   */
  isolate?: boolean;
  /** Called when a phase begins, and at least twice a second. */
  onProgress?: (progress: BuildProgress) => void;
  /** Called for each line that TensorRT logs, warnings and worse. */
  onLog?: (line: BuildLogLine) => void;
  /** Stops the build at TensorRT's next step; the promise rejects with the signal's `reason`. */
  signal?: AbortSignal | undefined;
}

const optionNames: readonly (keyof BuildOptions)[] = [
  ...libraryOptionNames,
  ...builderOptionNames,
  ...cacheOptionNames,
  'timingCache',
  'output',
  'isolate',
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
  const { cacheDir, output, onProgress, signal } = options;
  // Only a cache looks at the weights.
  const source = await openModel(model, { signal, outline: cacheDir === undefined });
  const request = toBuildRequest(source.model.inputs, options);
  const library = await openBuildLibrary(options);
  const run = (planPath: string | undefined) =>
    runBuild({ source, request, library }, planPath, options);

  // Awaited here, so that this function is in the stack of an error.
  if (cacheDir === undefined) return await withOutput(output, run);
  const plan = await buildThroughCache({
    source,
    library: library.native,
    options: { ...options, cacheDir },
    onWait: () => onProgress?.({ phase: 'wait for another process', elapsedMs: 0 }),
    build: async (planPath) => (await run(planPath)).seconds,
  });
  if (output !== undefined) await plan.save(output);
  return plan;
}

function checkBuildOptions(options: BuildOptions): void {
  checkOptions('options', options, optionNames);
  const { product, output, isolate } = options;
  if (product !== undefined) checkOneOf('product', product, products);
  if (output !== undefined && (typeof output !== 'string' || output === '')) {
    throw invalidArgument('output', 'the path of a file', output);
  }
  if (isolate !== undefined) checkBoolean('isolate', isolate);
  checkBuilderOptions(options);
  checkCacheOptions(options);
  checkTimingCache(options);
}

function openBuildLibrary({ product, libraryDir, targets = [] }: BuildOptions) {
  return openLibrary({
    product: product ?? (targets.length > 0 ? 'tensorrt-rtx' : undefined),
    libraryDir,
  });
}

/** Lets a build write under a temporary name, so that a file under its own name is whole. */
async function withOutput(
  output: string | undefined,
  use: (planPath: string | undefined) => Promise<Built>,
): Promise<Plan> {
  if (output === undefined) {
    const { plan, seconds } = await use(undefined);
    return planFromBytes(plan as Uint8Array, { seconds });
  }
  const temporary = temporaryName(output);
  // A folder that cannot be written is told before the build, and with the name that was given.
  await onFile('write', output, () => writeFile(temporary, '', { flag: 'wx' }));
  try {
    const { seconds } = await use(temporary);
    await onFile('write', output, () => rename(temporary, output));
    return await planFromFile(output, { seconds });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** What came out of a build, and how long it took. */
export interface Built extends NativeBuildResult {
  readonly seconds: number;
}

interface BuildJob {
  readonly source: ModelSource;
  readonly request: BuildRequest;
  readonly library: OpenedLibrary;
}

/** Waits for a builder and builds, into a file or into memory. */
async function runBuild(
  { source, request, library }: BuildJob,
  planPath: string | undefined,
  options: BuildOptions,
): Promise<Built> {
  const { signal } = options;
  const builder = await builders.take(signal);
  try {
    return await withModelFile(source, signal, (modelPath, folder) =>
      withTimingCache(library.native, options, (timingCache) => {
        const complete = { ...request, modelPath, planPath, timingCache };
        return build(complete, library, folder, options);
      }),
    );
  } finally {
    builders.give(builder);
  }
}

/**
 * One native build, watched as the options say.
 *
 * @param folder - goes with this process if a build process outlives it.
 */
async function build(
  request: NativeBuildRequest,
  { native, candidate }: OpenedLibrary,
  folder: string | undefined,
  options: BuildOptions,
): Promise<Built> {
  const { plugins = [], isolate, signal } = options;
  if (!isolate) for (const path of plugins) await callNative(() => native.loadPlugins(path));
  signal?.throwIfAborted();
  const remote = isolate ? new RemoteMonitor() : undefined;
  const watch = new BuildWatch(options, remote);
  const started = performance.now();
  try {
    const built = await callNative(() => {
      if (!remote) return native.build(request, watch.monitor);
      const library = libraryPaths(candidate);
      return buildIsolated({ library, plugins, request }, folder ? [folder] : [], remote);
    });
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
