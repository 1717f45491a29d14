import { basename, resolve } from 'node:path';
import { checkInteger, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { NativeLibrary } from '../../native.js';
import { type BuilderOptions, canonicalOptions } from '../build/build-options.js';
import { fileState, type ModelSource } from '../build/model-source.js';
import { gpuIdentity } from '../device/gpu-identity.js';
import type { CacheOutcome, Plan } from '../plan/plan.js';
import type { BuildTarget, EngineIngredients, JsonObject } from './cache-key.js';
import { getOrBuild } from './cache-lookup.js';
import { digestFile, digestModel } from './digest.js';
import { EngineCache } from './engine-cache.js';

export interface CacheOptions {
  /**
   * A folder of plans that were built before, which processes may share. A plan is found by the
   * content of everything that it depends on; docs/caches.md lists it. Default: no cache.
   */
  cacheDir?: string;
  /** The cache removes what was not used for the longest time above this. Default: 10 GiB. */
  cacheLimitBytes?: number;
  /** Called when it is known whether the plan is in the cache, and if not, why. */
  onCache?: (outcome: CacheOutcome) => void;
}

export const cacheOptionNames = ['cacheDir', 'cacheLimitBytes', 'onCache'] as const;

/** @throws TypeError */
export function checkCacheOptions({ cacheDir, cacheLimitBytes, onCache }: CacheOptions): void {
  if (cacheDir !== undefined && (typeof cacheDir !== 'string' || cacheDir === '')) {
    throw invalidArgument('cacheDir', 'the name of a folder', cacheDir);
  }
  if (cacheLimitBytes !== undefined) checkInteger('cacheLimitBytes', cacheLimitBytes, 0);
  if (cacheDir === undefined && (cacheLimitBytes !== undefined || onCache !== undefined)) {
    throw new TypeError('Expected cacheDir where cacheLimitBytes or onCache is set');
  }
}

interface CachedBuildJob {
  readonly source: ModelSource;
  readonly library: NativeLibrary;
  readonly options: BuilderOptions &
    CacheOptions & { cacheDir: string; signal?: AbortSignal | undefined };
  /** Called when another process is building the same plan. */
  readonly onWait: () => void;
  /** Builds the plan into a file, and tells how long that took. */
  readonly build: (planPath: string) => Promise<number>;
}

/** Takes the plan from the cache, or builds it into the cache. */
export async function buildThroughCache(job: CachedBuildJob): Promise<Plan> {
  const { source, library, options, onWait } = job;
  const { cacheDir, cacheLimitBytes: limitBytes, onCache, signal } = options;
  const cache = await EngineCache.open(cacheDir, limitBytes === undefined ? {} : { limitBytes });
  return getOrBuild(cache, {
    ingredients: await ingredientsOf(source, library, options),
    build: async (planPath) => {
      const seconds = await job.build(planPath);
      await assertUnchanged(source);
      return seconds;
    },
    signal,
    onWait,
    onOutcome: onCache,
  });
}

async function ingredientsOf(
  { model, file }: ModelSource,
  library: NativeLibrary,
  options: CachedBuildJob['options'],
): Promise<EngineIngredients> {
  const {
    profiles = [],
    targets,
    plugins,
    serializePlugins,
    ...rest
  } = JSON.parse(canonicalOptions(options));
  const path = file?.path ?? model.path;
  return {
    model: {
      name: path === undefined ? model.proto.graph?.name || 'graph' : basename(path),
      path: path && resolve(path),
      inputs: model.inputs.map(({ name }) => name),
      outputs: model.outputs.map(({ name }) => name),
      ...(await digestModel(model, options.signal)),
    },
    product: library.product,
    version: library.version,
    parser: `${library.parserVersion}`,
    options: rest as JsonObject,
    profiles,
    plugins: await digestPlugins(plugins, serializePlugins, options.signal),
    target: targetOf(library, targets),
  };
}

async function digestPlugins(
  plugins: readonly string[] = [],
  serialized: readonly string[] = [],
  signal: AbortSignal | undefined,
): Promise<EngineIngredients['plugins']> {
  const digests: EngineIngredients['plugins'][number][] = [];
  for (const path of plugins) {
    const { sha256 } = await digestFile(path, signal);
    digests.push({ name: basename(path), sha256, serialized: serialized.includes(path) });
  }
  return digests;
}

/** TensorRT for RTX compiles for what it is told, on any machine; all else is for this machine. */
export function targetOf(
  { product }: Pick<NativeLibrary, 'product'>,
  targets: readonly string[] = [],
): BuildTarget {
  if (product === 'tensorrt-rtx' && !targets.includes('current')) return { targets };
  return { targets, ...gpuIdentity(), os: `${process.platform}-${process.arch}` };
}

/**
 * TensorRT read the files after their content was hashed. What was written in between must not be
 * found under the hash of what was there before.
 */
async function assertUnchanged({ model, file }: ModelSource): Promise<void> {
  await model.externalData.assertUnchanged();
  if (file === undefined || (await fileState(file.path)) === file.state) return;
  throw new TensorRTError(
    'ERR_FILE',
    `The model ${file.path} was changed while its engine was built.`,
    { file: file.path, remedy: 'Build again.' },
  );
}
