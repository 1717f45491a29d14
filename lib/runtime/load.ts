import { checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import type { PlanInput } from '../engine/plan/plan-file.js';
import { Model } from '../onnx/model.js';
import { type OnnxRuntimeOptions, openOnnxRuntime } from './onnxruntime.js';
import type { OrtProvider } from './ort-provider.js';
import { type Runtime as LoadedRuntime, type RuntimeName, runtimeNames } from './runtime.js';
import { openTensorRT, type TensorRTRuntimeOptions } from './tensorrt.js';

/**
 * How to load a model. Options that mean nothing to the chosen runtime are refused: `threads`,
 * `isolate` and `int8` are of ONNX Runtime, `cpuFallback` of its GPU providers; `device` of whatever
 * runs on an NVIDIA GPU; all others of TensorRT.
 */
export interface RuntimeLoadOptions
  extends Omit<OnnxRuntimeOptions, 'provider' | 'isolate' | 'signal'>,
    TensorRTRuntimeOptions {
  /** Where to run. There is no default: {@link selectRuntime} chooses, and says why. */
  runtime: RuntimeName;
  /**
   * With ONNX Runtime: runs the model in a process of its own, so that the event loop stays free and
   * a crash is an error of the call. Feeds and outputs are copied between the processes; with false,
   * `infer` blocks the event loop while the model runs. Default: true.
   */
  isolate?: boolean | undefined;
  /** Gives up loading, with its reason. What was loaded is not concerned: `infer` takes its own. */
  signal?: AbortSignal | undefined;
}

/** Options that one runtime has and another has not. */
type SpecificOption = Exclude<keyof RuntimeLoadOptions, 'runtime' | 'signal'>;

const gpuProviders = ['onnxruntime:cuda', 'onnxruntime:tensorrt', 'onnxruntime:webgpu'] as const;
const ofOnnxRuntime = ['onnxruntime:cpu', ...gpuProviders] as const;
const ofTensorRT = ['tensorrt'] as const;

const runtimesOf: Readonly<Record<SpecificOption, readonly RuntimeName[]>> = {
  threads: ofOnnxRuntime,
  isolate: ofOnnxRuntime,
  int8: ofOnnxRuntime,
  cpuFallback: gpuProviders,
  device: ['tensorrt', 'onnxruntime:cuda', 'onnxruntime:tensorrt'],
  profiles: ofTensorRT,
  cacheDir: ofTensorRT,
  contexts: ofTensorRT,
  cudaGraphs: ofTensorRT,
  wait: ofTensorRT,
  product: ofTensorRT,
  libraryDir: ofTensorRT,
};

/** Whether an option means something to a runtime. */
export function concerns(option: string, runtime: RuntimeName): boolean {
  return runtimesOf[option as SpecificOption].includes(fullName(runtime));
}

/**
 * Loads a model, or a plan, which is what TensorRT makes of one.
 *
 * @param model - a model, the path of an `.onnx` file, or a plan: the result of
 * {@link buildEngine}, its bytes, or the path of its file. A plan runs by TensorRT alone. TensorRT
 * builds a model first, which takes from seconds to minutes; `cacheDir` keeps the result.
 * @throws TypeError for wrong options, options of another runtime, and a plan for ONNX Runtime.
 * @throws TensorRTError `ERR_RUNTIME` where ONNX Runtime or its provider is missing or refuses the
 * model; of TensorRT those of {@link buildEngine}, {@link Engine.load} and
 * {@link Engine.createSession}; those of {@link Model.load}.
 */
async function load(model: Model | PlanInput, options: RuntimeLoadOptions): Promise<LoadedRuntime> {
  checkLoadOptions(options);
  const { runtime, signal, ...others } = options;
  // What is undefined was not given; the runtimes refuse each other's options even so.
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  const specific: typeof others = Object.fromEntries(given);
  signal?.throwIfAborted();
  const source = await modelOrPlan(model, signal);
  if (runtime === 'tensorrt') {
    if (!(source instanceof Model)) refuseBuildOptions(specific);
    return openTensorRT(source, { ...specific, signal });
  }
  if (!(source instanceof Model)) {
    throw new TypeError(
      `Expected an ONNX model for the runtime '${runtime}' but received a plan, which runs by 'tensorrt' alone; the path of a model ends in .onnx`,
    );
  }
  const provider = fullName(runtime).slice('onnxruntime:'.length) as OrtProvider;
  return untilLoaded(signal, (loading) =>
    openOnnxRuntime(source, { isolate: true, ...specific, provider, signal: loading }),
  );
}

/** `Runtime.load` loads a model or a plan. */
export const Runtime = { load };

/** A model that is loaded and can be run: named tensors in, named tensors out. */
export type Runtime = LoadedRuntime;

/** @throws TypeError */
function checkLoadOptions(options: RuntimeLoadOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument('options', "an object with 'runtime'", options);
  }
  const { runtime, ...specific } = options;
  checkOneOf('options.runtime', runtime, runtimeNames);
  checkLoadOptionNames(specific, [runtime], ['runtime']);
}

/**
 * Refuses options that do not exist, and those that mean nothing to any of the runtimes.
 *
 * @param others - options that are none of loading, for the error.
 * @throws TypeError
 */
export function checkLoadOptionNames(
  options: object,
  runtimes: readonly RuntimeName[],
  others: readonly string[],
): void {
  checkOptions('options', options, [...others, 'signal', ...Object.keys(runtimesOf)]);
  for (const [name, value] of Object.entries(options)) {
    if (name === 'signal' || value === undefined) continue;
    if (runtimes.some((runtime) => concerns(name, runtime))) continue;
    const meant = runtimesOf[name as SpecificOption].join("', '");
    throw new TypeError(
      `Expected no options.${name} for the runtime '${runtimes.join("', '")}': it is an option of '${meant}'`,
    );
  }
}

/** A plan was built for its shapes, by its product. */
function refuseBuildOptions(options: Omit<RuntimeLoadOptions, 'runtime' | 'signal'>): void {
  for (const name of ['profiles', 'cacheDir', 'product'] as const) {
    if (options[name] === undefined) continue;
    throw new TypeError(`Expected no options.${name} for a plan: it is an option for building one`);
  }
}

export function fullName(runtime: RuntimeName): Exclude<RuntimeName, 'onnxruntime'> {
  return runtime === 'onnxruntime' ? 'onnxruntime:cpu' : runtime;
}

/** Loads a path that ends in `.onnx`. */
export async function modelOrPlan(
  source: Model | PlanInput,
  signal?: AbortSignal,
): Promise<Model | PlanInput> {
  const isModel = typeof source === 'string' && isModelPath(source);
  return isModel ? Model.load(source, { signal }) : source;
}

export function isModelPath(path: string): boolean {
  return /\.onnx$/i.test(path);
}

/** Hands on an abort, but not to what was loaded by then. */
async function untilLoaded<T>(
  signal: AbortSignal | undefined,
  open: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (!signal) return open(undefined);
  const loading = new AbortController();
  const abort = () => loading.abort(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await open(loading.signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
