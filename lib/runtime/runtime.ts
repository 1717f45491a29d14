import type { ValueInfo } from '../onnx/value-info.js';
import type { TensorMap } from '../tensor.js';

/** Something that runs a model: named tensors in, named tensors out. */
export interface Runtime extends AsyncDisposable {
  readonly runtime: 'onnxruntime' | 'tensorrt';
  /** The part of the runtime that does the work, such as `'cpu'`. */
  readonly provider: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];

  /**
   * @param options - `outputs` names those to return; by default all.
   * @throws TensorRTError `ERR_FEED` when a feed does not fit the inputs, `ERR_RUNTIME` when the
   * runtime fails, `ERR_CLOSED` after `close()`.
   */
  infer(feeds: TensorMap, options?: RunOptions): Promise<TensorMap>;

  /** Refuses new calls, waits for those in flight and frees the model. Calling it again is harmless. */
  close(): Promise<void>;
}

export interface RunOptions {
  outputs?: readonly string[] | undefined;
}
