import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkText,
  invalidArgument,
} from '../arguments.js';
import type { NativeLoadOptions } from '../native.js';
import type { LibraryOptions } from './library/library.js';

export interface LoadOptions extends Pick<LibraryOptions, 'libraryDir'> {
  /** Number of the GPU. Default: 0. */
  device?: number;
  /**
   * Allows TensorRT to run code that lies in the plan: the lean runtime in a plan that was built
   * with the flag `versionCompatible`. Load such plans only from those you would take a program
   * from. Default: false, which refuses them.
   */
  hostCode?: boolean;
  /**
   * Path of the lean runtime library (`libnvinfer_lean.so.*`) of the version that built the plan,
   * for a plan that was built with the flags `versionCompatible` and `excludeLeanRuntime`.
   */
  leanRuntime?: string;
  /**
   * Leaves the weights out until {@link Engine.loadWeights}, and lets {@link Engine.unloadWeights}
   * free them again. The plan stays at hand for that: bytes are kept in memory, a file stays open.
   * Needs TensorRT for RTX 1.6. Default: false.
   */
  deferredWeights?: boolean;
  /**
   * Bytes of the streamable weights that stay on the GPU, or `'auto'` for what TensorRT finds fit
   * for the free memory; the others are copied to it in every inference. For engines that were built
   * with the flag `weightStreaming`. Default: all of them.
   */
  weightStreamingBudget?: number | 'auto';
  /** The DLA core to run on. Default: none. */
  dlaCore?: number;
  /** Threads that TensorRT may use to load the engine. Default: 1. */
  maxThreads?: number;
  /** Plugin libraries to load before the plan, for the rest of the process. */
  plugins?: readonly string[];
  /**
   * Refuses a plan that is larger than the free memory of the GPU, before TensorRT tries. A plan can
   * be larger than its weights, for example when it was built for several targets. Default: true,
   * unless weights are streamed or deferred.
   */
  checkMemory?: boolean;
  /** Gives up before the engine is loaded; TensorRT itself cannot be stopped half-way. */
  signal?: AbortSignal | undefined;
}

const optionNames: readonly (keyof LoadOptions)[] = [
  'libraryDir',
  'device',
  'hostCode',
  'leanRuntime',
  'deferredWeights',
  'weightStreamingBudget',
  'dlaCore',
  'maxThreads',
  'plugins',
  'checkMemory',
  'signal',
];

/** @throws TypeError */
export function checkLoadOptions(options: LoadOptions): void {
  checkOptions('options', options, optionNames);
  const { device, dlaCore, maxThreads, leanRuntime, plugins, weightStreamingBudget } = options;
  if (device !== undefined) checkInteger('device', device, 0);
  if (dlaCore !== undefined) checkInteger('dlaCore', dlaCore, 0);
  if (maxThreads !== undefined) checkInteger('maxThreads', maxThreads, 1);
  if (leanRuntime !== undefined) checkText('leanRuntime', leanRuntime);
  for (const name of ['hostCode', 'deferredWeights', 'checkMemory'] as const) {
    if (options[name] !== undefined) checkBoolean(name, options[name]);
  }
  if (weightStreamingBudget !== undefined) checkBudget(weightStreamingBudget);
  if (plugins === undefined) return;
  if (!Array.isArray(plugins)) throw invalidArgument('plugins', 'an array of paths', plugins);
  plugins.forEach((path, index) => {
    checkText(`plugins[${index}]`, path);
  });
}

/** @throws TypeError */
export function checkBudget(budget: unknown): asserts budget is number | 'auto' {
  if (budget === 'auto') return;
  if (!Number.isSafeInteger(budget) || (budget as number) < 0) {
    throw invalidArgument('the weight streaming budget', "'auto' or bytes from 0", budget);
  }
}

/** What the addon calls a budget that TensorRT chooses. */
const automaticBudget = -1;

export function toNativeBudget(budget: number | 'auto'): number {
  return budget === 'auto' ? automaticBudget : budget;
}

export function toNativeLoadOptions(options: LoadOptions): NativeLoadOptions {
  const { weightStreamingBudget } = options;
  return {
    device: options.device ?? 0,
    checkMemory: options.checkMemory ?? true,
    hostCode: options.hostCode ?? false,
    leanRuntime: options.leanRuntime ?? '',
    deferredWeights: options.deferredWeights ?? false,
    weightStreamingBudget:
      weightStreamingBudget === undefined ? undefined : toNativeBudget(weightStreamingBudget),
    dlaCore: options.dlaCore,
    maxThreads: options.maxThreads,
  };
}
