/**
 * The only file that loads the native addon, with its whole contract as types. lib/ validates
 * arguments before it calls; the addon checks again only what memory safety needs.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  type RecordedError,
  TensorRTError,
  type TensorRTErrorCode,
  type TensorRTErrorDetails,
} from './errors.js';
import type { NativeCalibration } from './quantize/calibration/native-calibration.js';

export interface NativeShapeRange {
  input: string;
  min: number[];
  opt: number[];
  max: number[];
}

/** Shapes, and values of inputs that shapes depend on. */
export interface NativeProfile {
  shapes: NativeShapeRange[];
  values: NativeShapeRange[];
}

/** What a native build is told; undefined leaves the choice to TensorRT. Names are TensorRT's. */
export interface NativeBuildRequest {
  modelPath: string;
  /** Where the plan goes as it is made; undefined keeps it in memory. */
  planPath: string | undefined;
  profiles: NativeProfile[];
  targets: string[];
  flags: Record<string, boolean | undefined>;
  previewFeatures: Record<string, boolean | undefined>;
  parserFlags: Record<string, boolean | undefined>;
  memoryPools: Record<string, number | undefined>;
  buildRoutes: Record<string, string>;
  tacticSources: string[] | undefined;
  optimizationLevel: number | undefined;
  maxTactics: number | undefined;
  timingIterations: number | undefined;
  maxAuxStreams: number | undefined;
  maxThreads: number | undefined;
  l2LimitForTiling: number | undefined;
  dlaCore: number | undefined;
  deviceType: string | undefined;
  hardwareCompatibility: string | undefined;
  runtimePlatform: string | undefined;
  profilingVerbosity: string | undefined;
  tilingOptimization: string | undefined;
  engineCapability: string | undefined;
  pluginsToSerialize: string[];
  debugTensors: string[];
  debugUnfusedTensors: boolean;
  refittableWeights: string[];
  /** Where timings start from, empty for a new one; undefined builds without a timing cache. */
  timingCache: Uint8Array | undefined;
}

export interface NativeBuildResult {
  /** Undefined where the plan went to a file. */
  plan: Uint8Array | undefined;
  planBytes: number;
  /** With what this build measured; undefined where none was asked for. */
  timingCache: Uint8Array | undefined;
}

export interface NativeParserError extends RecordedError {
  /** Names of the model's local functions that lead to the node, outermost first. */
  functionStack: string[];
}

/** What the ONNX parser says of a model without building it. */
export interface NativeModelSupport {
  supported: boolean;
  /** Runs of nodes, by their positions in the model. */
  subgraphs: { supported: boolean; nodes: number[] }[];
  errors: NativeParserError[];
}

export interface NativeBuildEvent {
  kind: 'phaseStarted' | 'phaseFinished' | 'log';
  /** The phase's name, or the line of the log. */
  text: string;
  /** 0 internal error, 1 error, 2 warning, 3 info, 4 verbose. */
  severity: number;
  elapsedMs: number;
}

export interface NativeBuildMonitor {
  /** Asks the build to stop at its next step. */
  cancel(): void;
  /** What happened since the last call. */
  drain(): NativeBuildEvent[];
}

export interface NativeLibraryPaths {
  core: string;
  parser: string;
  /** TensorRT's own plugins. Opened by the first build that may need them. */
  plugins: string;
}

export interface NativeLibrary {
  readonly product: 'tensorrt' | 'tensorrt-rtx';
  /** major.minor.patch.build */
  readonly version: string;
  /** The number by which the ONNX parser tells its version; 0 where it tells none. */
  readonly parserVersion: number;
  build(request: NativeBuildRequest, monitor: NativeBuildMonitor): Promise<NativeBuildResult>;
  /** `parserFlags` as in {@link NativeBuildRequest}. */
  checkModel(
    modelPath: string,
    parserFlags: NativeBuildRequest['parserFlags'],
  ): Promise<NativeModelSupport>;
  /** Both in one. Bytes are copied before the call returns. */
  combineTimingCaches(first: Uint8Array, second: Uint8Array): Promise<Uint8Array>;
  /** Registers the plugins in a library for the rest of the process. */
  loadPlugins(path: string): Promise<void>;
  /** "name version (namespace)" of each registered plugin. */
  plugins(): Promise<string[]>;
  /** A string is a file. Bytes are copied before the call returns. */
  load(plan: Uint8Array | string, options: NativeLoadOptions): Promise<NativeEngine>;
  /** What the library says of a plan, from its first bytes. TensorRT for RTX only. */
  checkEngine(header: Uint8Array): Promise<NativeEngineValidity>;
}

export interface NativeLoadOptions {
  device: number;
  checkMemory: boolean;
  hostCode: boolean;
  /** Empty for none. */
  leanRuntime: string;
  deferredWeights: boolean;
  /** -1 leaves it to TensorRT; undefined keeps all weights on the device. */
  weightStreamingBudget: number | undefined;
  dlaCore: number | undefined;
  maxThreads: number | undefined;
}

export interface NativeEngineValidity {
  verdict: 'valid' | 'suboptimal' | 'invalid';
  /** Names of `EngineInvalidityDiagnostics`; none for an invalid one where there is no driver. */
  diagnostics: string[];
}

export interface NativeTensor {
  name: string;
  type: string;
  mode: 'input' | 'output';
  location: 'device' | 'host';
  dims: number[];
  format: string;
  /** -1 for none. */
  vectorizedDim: number;
  componentsPerElement: number;
  shapesOthers: boolean;
  /** Empty for none. */
  aliasOf: string;
}

export interface NativeEngineDescription {
  tensors: NativeTensor[];
  profiles: NativeProfile[];
  name: string;
  layers: number;
  auxStreams: number;
  capability: string;
  hardwareCompatibility: string;
  profilingVerbosity: string;
  refittable: boolean;
  weightsBytes: number;
  strippedWeightsBytes: number;
  /** For each profile. */
  scratchBytes: number[];
  debugTensors: string[];
}

export interface NativeWeightStreaming {
  streamableBytes: number;
  budgetBytes: number;
  automaticBudgetBytes: number;
  scratchBytes: number;
}

/** Weights, or where `modelPath` is not empty those of a model. */
export interface NativeRefit {
  weights: { name: string; type: string; data: ArrayBufferView }[];
  modelPath: string;
}

export interface NativeMemoryInfo {
  freeBytes: number;
  totalBytes: number;
}

export interface NativeEngine {
  /** Not while a budget for weight streaming is being set. */
  describe(): NativeEngineDescription;
  createSlot(options: NativeSlotOptions): Promise<NativeSlot>;
  /** Bytes that TensorRT does not take leave the cache empty; they are copied at once. */
  createRuntimeCache(bytes: Uint8Array): Promise<NativeRuntimeCache>;
  /** The inspector's JSON. */
  inspect(): Promise<string>;
  /** `flags` are names of `SerializationFlag`. */
  serialize(flags: string[]): Promise<Uint8Array>;
  weightStreaming(): Promise<NativeWeightStreaming>;
  /** -1 leaves it to TensorRT. Only without slots. */
  setWeightStreamingBudget(bytes: number): Promise<void>;
  refittableWeights(): Promise<string[]>;
  /** Weights are copied before the call returns. Not while an inference is in flight. */
  refit(request: NativeRefit): Promise<void>;
  areWeightsLoaded(): Promise<boolean>;
  /** Not while an inference is in flight, like the next. */
  loadWeights(): Promise<void>;
  unloadWeights(): Promise<void>;
  /** Of the engine's GPU. */
  memory(): Promise<NativeMemoryInfo>;
  release(): Promise<void>;
}

export interface NativeSlotOptions {
  profile: number;
  /** 1 or 2 lanes: jobs that the slot holds at once. */
  depth: number;
  priority: 'low' | 'normal' | 'high';
  /** CUDA graphs to keep; 0 for none. */
  graphs: number;
  /** How a thread of the pool waits for the device. */
  wait: 'block' | 'spin';
  memory: 'static' | 'onProfileChange' | 'userManaged' | undefined;
  kernelSpecialization: 'lazy' | 'eager' | 'none' | undefined;
  cudaGraphStrategy: 'disabled' | 'wholeGraphCapture' | undefined;
  runtimeCache: NativeRuntimeCache | undefined;
}

/** Kernels that TensorRT for RTX compiled, of one engine. */
export interface NativeRuntimeCache {
  /** Whether TensorRT took the bytes it was made from. */
  readonly accepted: boolean;
  serialize(): Promise<Uint8Array>;
  release(): Promise<void>;
}

/** Memory on a device, or page-locked on the host. */
export interface NativeMemory {
  readonly bytes: number;
  /** Number of the GPU. */
  readonly device: number;
  /** Over the page-locked memory itself. */
  buffer(): ArrayBuffer;
  read(bytes: number): Promise<ArrayBuffer>;
  /** Copied before the call returns. */
  write(data: ArrayBufferView): Promise<void>;
  copyTo(target: NativeMemory, bytes: number): Promise<void>;
  /** Freed as soon as no inference uses it. */
  release(): Promise<void>;
}

export interface NativeJobInput {
  dims: readonly number[];
  /** A typed array is copied at once, memory is used in place. */
  data: ArrayBufferView | NativeMemory;
}

/**
 * Where an output goes: to a new ArrayBuffer, into a typed array, into memory, to new memory on the
 * device, or nowhere.
 */
export type NativeJobOutput = undefined | ArrayBufferView | NativeMemory | 'device' | 'none';

export interface NativeJobOptions {
  timed?: boolean;
  profiled?: boolean;
  debugTensors?: readonly string[];
}

/** How long the parts of a job took, and when each began after the call, in milliseconds. */
export interface NativeJobTimes {
  enqueueMs: number;
  copyInMs: number;
  computeMs: number;
  copyOutMs: number;
  startsMs: { enqueue: number; copyIn: number; compute: number; copyOut: number };
}

export interface NativeJobResult {
  outputs: { dims: number[]; data?: ArrayBuffer; memory?: NativeMemory }[];
  /** 'enqueue', 'graph', 'capture', or why a graph could not be used. */
  launch: string;
  /** Graphs that the slot has dropped so far to make room. */
  graphEvictions: number;
  times?: NativeJobTimes;
  layers?: { name: string; ms: number }[];
  debugTensors?: { name: string; type: string; dims: number[]; data: ArrayBuffer }[];
}

/** One execution context with its streams and the memory of its lanes. */
export interface NativeSlot {
  /** Inputs and outputs in the order of the engine's tensors; one call in flight on each lane. */
  infer(
    lane: number,
    inputs: readonly NativeJobInput[],
    outputs: readonly NativeJobOutput[],
    options?: NativeJobOptions,
  ): Promise<NativeJobResult>;
  invalidateGraphs(): Promise<void>;
  release(): Promise<void>;
}

/** A lock that is held until it is released, collected, or the process ends. */
export interface NativeFileLock {
  release(): void;
}

export interface NativeDevices {
  /** The CUDA version that the driver supports, for example '13.1'. */
  driverVersion: string;
  devices: {
    ordinal: number;
    name: string;
    computeCapability: string;
    multiprocessors: number;
    memoryBytes: number;
  }[];
}

export interface NativeGpuMonitor {
  /** Why there are no readings from NVML, the driver's management library. */
  readonly problem: string | undefined;
  read(): Promise<NativeGpuReading>;
  release(): Promise<void>;
}

export interface NativeGpuReading {
  freeBytes: number;
  totalBytes: number;
  powerWatts?: number;
  energyJoules?: number;
  temperatureCelsius?: number;
  gpuPercent?: number;
  memoryPercent?: number;
}

export interface NativeAddon extends NativeCalibration {
  /** Opens TensorRT and its companions; an empty path is one that was not found. */
  openLibrary(paths: NativeLibraryPaths): Promise<NativeLibrary>;
  listDevices(): NativeDevices;
  memoryInfo(device: number): Promise<NativeMemoryInfo>;
  allocateDevice(device: number, bytes: number): Promise<NativeMemory>;
  trimDeviceMemory(device: number): Promise<void>;
  openGpuMonitor(device: number): Promise<NativeGpuMonitor>;
  allocatePinned(device: number, bytes: number): Promise<NativeMemory>;
  /**
   * Undefined where somebody else holds a lock that is in the way. An exclusive lock makes the file
   * where it is missing; a shared one is then undefined.
   */
  tryLockFile(path: string, shared: boolean): Promise<NativeFileLock | undefined>;
  /** `logLevel` as the severities of {@link NativeBuildEvent}: lines up to it are kept. */
  BuildMonitor: new (
    logLevel: number,
  ) => NativeBuildMonitor;
}

let addon: NativeAddon | undefined;

/**
 * The addon: at the path in `TENSORRT_NODE_ADDON` if set, else a local build, else the prebuilt one
 * of this platform.
 *
 * @throws TensorRTError ERR_ADDON
 */
export function loadAddon(): NativeAddon {
  addon ??= requireAddon();
  return addon;
}

function requireAddon(): NativeAddon {
  const require = createRequire(import.meta.url);
  const chosen = process.env['TENSORRT_NODE_ADDON'];
  try {
    if (chosen) return require(chosen);
    return require('node-gyp-build')(fileURLToPath(new URL('..', import.meta.url)));
  } catch (cause) {
    const place = chosen ?? `${process.platform}-${process.arch}`;
    throw new TensorRTError(
      'ERR_ADDON',
      `The native addon of tensorrt-node cannot be loaded (${place}): ${(cause as Error).message.trim()}.`,
      {
        cause,
        remedy:
          'Prebuilt binaries exist for linux-x64 with glibc; in a checkout run `npm run setup`.',
      },
    );
  }
}

/**
 * Awaits a native call, or runs a synchronous one, and turns its error into a {@link TensorRTError}
 * whose stack leads to the caller. Only a call that fails pays for a stack: V8 finds the callers that
 * await this one.
 */
export async function callNative<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toTensorRTError(error, new Error());
  }
}

interface NativeErrorDetails extends TensorRTErrorDetails {
  code: TensorRTErrorCode;
}

/** Gives every other error back as it came. */
export function toTensorRTError(error: unknown, caller: Error = new Error()): unknown {
  const details = (error as { details?: NativeErrorDetails } | undefined)?.details;
  if (!(error instanceof Error) || details === undefined) return error;
  const result = new TensorRTError(details.code, error.message, details);
  const frames = caller.stack?.split('\n').slice(2).join('\n');
  if (frames) result.stack = `${result.name}: ${result.message}\n${frames}`;
  return result;
}
