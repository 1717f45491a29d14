import { TensorRTError } from '../errors.js';
import { callNative, type NativeEngine, type NativeLibrary } from '../native.js';
import type { Product } from './library/libraries.js';
import { openLibrary, productName } from './library/library.js';
import { checkLoadOptions, type LoadOptions, toNativeLoadOptions } from './load-options.js';
import { type PlanInfo, readPlanInfo } from './plan/plan.js';
import { type PlanInput, planAtHand } from './plan/plan-file.js';

/** A deserialised engine, and what its plan said. */
export interface NativeLoaded {
  readonly native: NativeEngine;
  readonly info: PlanInfo;
}

/** Loads a plan; {@link Engine.load} says how. */
export async function loadPlan(plan: PlanInput, options: LoadOptions): Promise<NativeLoaded> {
  checkLoadOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const { source, giveBack } = await planAtHand(plan, signal);
  try {
    const info = await readPlanInfo(source);
    const library = await openLibraryFor(info, options.libraryDir);
    checkVersion(info, library.version, options);
    for (const path of options.plugins ?? []) await callNative(() => library.loadPlugins(path));
    signal?.throwIfAborted();
    const native = await callNative(() => library.load(source, toNativeLoadOptions(options)));
    if (!signal?.aborted) return { native, info };
    await native.release();
    throw signal.reason;
  } finally {
    await giveBack();
  }
}

/** @throws TensorRTError ERR_TRT_LIBRARY_NOT_FOUND, with what built the plan */
export async function openLibraryFor(
  info: { product: Product; version: string },
  libraryDir: string | undefined,
): Promise<NativeLibrary> {
  try {
    return (await openLibrary({ product: info.product, libraryDir })).native;
  } catch (error) {
    if (!(error instanceof TensorRTError) || error.code !== 'ERR_TRT_LIBRARY_NOT_FOUND') {
      throw error;
    }
    const builder = `${productName(info.product)} ${info.version}`;
    throw new TensorRTError(error.code, `The plan was built by ${builder}. ${error.message}`, {
      cause: error,
    });
  }
}

/** TensorRT's own message for this does not say which versions are meant. */
function checkVersion(info: PlanInfo, installed: string, options: LoadOptions): void {
  if (info.version === installed) return;
  const compatible = options.hostCode === true || options.leanRuntime !== undefined;
  if (info.product === 'tensorrt' && compatible) return;
  const remedy =
    'Build it again, or point TENSORRT_LIB_DIR or libraryDir to the version that built it.';
  throw new TensorRTError(
    'ERR_TRT_ENGINE_VERSION',
    `The plan was built by ${productName(info.product)} ${info.version}, this is ${installed}.`,
    {
      remedy:
        info.product === 'tensorrt'
          ? `${remedy} A plan with the flag versionCompatible loads with hostCode or leanRuntime.`
          : remedy,
    },
  );
}
