/** Stable identifiers of everything that can go wrong; switch on these, not on messages. */
export type TensorRTErrorCode =
  /** The native addon of this package is missing or cannot be loaded. */
  | 'ERR_ADDON'
  /** No TensorRT library was found, or one that was found cannot be opened. */
  | 'ERR_TRT_LIBRARY_NOT_FOUND'
  /** A library was found whose product or version this package cannot drive. */
  | 'ERR_TRT_LIBRARY_VERSION'
  /** TensorRT's ONNX parser refused the model. */
  | 'ERR_TRT_PARSE'
  /** The builder refused the network or the configuration. */
  | 'ERR_TRT_BUILD'
  /** The plan was built by another product or version of TensorRT. */
  | 'ERR_TRT_ENGINE_VERSION'
  /** The bytes are not a TensorRT plan, or the plan is damaged. */
  | 'ERR_TRT_ENGINE_INVALID'
  /** TensorRT refused to exchange weights. */
  | 'ERR_TRT_REFIT'
  /** TensorRT refused to run the engine. */
  | 'ERR_TRT_INFER'
  /** There is no usable NVIDIA GPU or driver on this machine. */
  | 'ERR_NO_GPU'
  /** The GPU has too little free memory. */
  | 'ERR_GPU_MEMORY'
  /** A call of the CUDA driver failed. */
  | 'ERR_CUDA'
  /** The bytes are not an ONNX model, or the model is truncated or inconsistent. */
  | 'ERR_ONNX_INVALID'
  /** A file of external weights is missing or shorter than the model says. */
  | 'ERR_ONNX_EXTERNAL_DATA'
  /** A sample or feed does not fit the inputs of the model: name, type or shape. */
  | 'ERR_FEED'
  /** A file of samples is damaged, or holds what the model does not take. */
  | 'ERR_SAMPLES'
  /** Calibration cannot give ranges: no samples, or a table that does not fit the model. */
  | 'ERR_CALIBRATION'
  /** The model cannot be expressed in the precision asked for. */
  | 'ERR_PRECISION'
  /** ONNX Runtime (the package `onnxruntime-node`) or its provider is missing or failed, or no runtime can. */
  | 'ERR_RUNTIME'
  /** The TensorRT at hand does not have it; the message names the version or product that does. */
  | 'ERR_UNSUPPORTED'
  /** A file is no report of measurements, or one of another version. */
  | 'ERR_REPORT'
  /** A file cannot be read or written. */
  | 'ERR_FILE'
  /** The object is in use in a way that excludes the call. */
  | 'ERR_BUSY'
  /** The object was closed. */
  | 'ERR_CLOSED';

/** The place in an ONNX graph that an error is about. Fields are absent where unknown. */
export interface NodeReference {
  readonly name?: string;
  readonly opType?: string;
  /** Position in the graph's node list. */
  readonly index?: number;
}

/** One entry of TensorRT's error recorder, or one complaint of its ONNX parser. */
export interface RecordedError {
  /** TensorRT's name for it, for example `'invalidArgument'` or, of a parser, `'unsupportedNode'`. */
  readonly code: string;
  readonly description: string;
  /** What the parser complains about, where that is a node. */
  readonly node?: NodeReference;
}

export interface TensorRTErrorDetails {
  /** What to do about it, in one sentence. It is part of the message too. */
  remedy?: string | undefined;
  node?: NodeReference | undefined;
  tensor?: string | undefined;
  file?: string | undefined;
  recorded?: readonly RecordedError[] | undefined;
  log?: readonly string[] | undefined;
  cause?: unknown;
}

/**
 * The one error class of this package. Wrong arguments are a `TypeError` instead, and an aborted
 * operation rejects with its signal's `reason`.
 */
export class TensorRTError extends Error {
  override readonly name = 'TensorRTError';
  readonly code: TensorRTErrorCode;
  readonly remedy: string | undefined;
  /** The ONNX node concerned, where one is known. */
  readonly node: NodeReference | undefined;
  /** The tensor concerned, where one is known. */
  readonly tensor: string | undefined;
  /** The file concerned, where one is known. */
  readonly file: string | undefined;
  /** What TensorRT's error recorder held at the end of the failed call. */
  readonly recorded: readonly RecordedError[];
  /** The last lines TensorRT logged during the failed call, oldest first. */
  readonly log: readonly string[];

  constructor(code: TensorRTErrorCode, message: string, details: TensorRTErrorDetails = {}) {
    super(
      details.remedy ? `${message} ${details.remedy}` : message,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.remedy = details.remedy;
    this.node = details.node;
    this.tensor = details.tensor;
    this.file = details.file;
    this.recorded = details.recorded ?? [];
    this.log = details.log ?? [];
  }
}
