import type { LatencySummary } from '../latency.js';
import type { ValueInfo } from '../onnx/value-info.js';
import type { TensorMap } from '../tensor.js';

/** Where a model can run: TensorRT, or a provider of ONNX Runtime. `'onnxruntime'` is its CPU. */
export const runtimeNames = [
  'tensorrt',
  'onnxruntime',
  'onnxruntime:cpu',
  'onnxruntime:cuda',
  'onnxruntime:tensorrt',
  'onnxruntime:webgpu',
] as const;

export type RuntimeName = (typeof runtimeNames)[number];

/** A model that is loaded and can be run: named tensors in, named tensors out. */
export interface Runtime extends AsyncDisposable {
  readonly runtime: 'onnxruntime' | 'tensorrt';
  /**
   * The part of the runtime that does the work: `'cpu'`, `'cuda'`, `'tensorrt-rtx'`; `'cuda+cpu'`
   * where the CPU was allowed to compute what the provider does not take, and does.
   */
  readonly provider: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];

  /**
   * @param feeds - a tensor for each input, whose data must not change until the promise settles.
   * @throws TypeError for wrong options.
   * @throws TensorRTError `ERR_FEED` when a feed does not fit the inputs, `ERR_RUNTIME` when the
   * runtime fails, `ERR_CLOSED` after `close()`.
   */
  infer(feeds: TensorMap, options?: RunOptions): Promise<TensorMap>;

  /** What has been run so far. */
  stats(): RuntimeStats;

  /** Refuses new calls, waits for those in flight and frees the model. Calling it again is harmless. */
  close(): Promise<void>;
}

export interface RunOptions {
  /** Those to return; by default all. */
  outputs?: readonly string[] | undefined;
  /** Gives up waiting in line, with its reason. A run that has begun is not stopped. */
  signal?: AbortSignal | undefined;
  /** Called before the promise resolves, with what the parts of this run took. */
  onTimes?: ((times: RunTimes) => void) | undefined;
}

/** What the parts of one run took, in milliseconds. */
export interface RunTimes {
  /** In line, before anything was done. */
  readonly queueMs: number;
  /** On the device, or in the library that computes. */
  readonly computeMs: number;
  /** The CPU's part of launching the work, by TensorRT. */
  readonly enqueueMs?: number | undefined;
  /** Inputs to the device, by TensorRT. */
  readonly copyInMs?: number | undefined;
  /** Outputs from the device, by TensorRT. */
  readonly copyOutMs?: number | undefined;
}

export interface RuntimeStats {
  /** Runs that came to an end well. */
  readonly inferences: number;
  readonly failures: number;
  /** Runs that have begun and not ended. */
  readonly inFlight: number;
  /** Runs that wait for others to end. */
  readonly waiting: number;
  /** From the call of `infer` to its result. */
  readonly latency: LatencySummary;
  /** The part of it that was spent in line. */
  readonly queue: LatencySummary;
}
