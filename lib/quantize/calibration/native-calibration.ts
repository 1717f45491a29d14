/** What the addon gives to this folder. The C++ side is native/binding/calibration.cc. */
export interface NativeCalibration {
  /** @throws TypeError when no values can have led to the snapshot. */
  readonly Histogram: new (
    snapshot?: HistogramSnapshot,
  ) => NativeHistogram;

  /** @param channels - the length of a row. */
  readonly ChannelStatistics: new (
    channels: number,
  ) => NativeChannelStatistics;

  /**
   * Does the `collect` of every item, spread over threads, large tensors in parts. It returns when
   * all is done. Several items may name the same histogram.
   *
   * @param threads - at most this many, the calling one among them; the default is one for each
   * processor.
   */
  collectAll(items: readonly HistogramItem[], threads?: number): void;

  readonly quantizeWeights: QuantizeWeights;
  readonly quantizeBlocks: QuantizeBlocks;
  readonly quantizeFloat8: QuantizeFloat8;

  /** As `quantizeWeights`, on the thread pool: the arrays must be left alone until it is done. */
  readonly quantizeWeightsAsync: Promising<QuantizeWeights>;
  /** As `quantizeBlocks`, on the thread pool. */
  readonly quantizeBlocksAsync: Promising<QuantizeBlocks>;
  /** As `quantizeFloat8`, on the thread pool. */
  readonly quantizeFloat8Async: Promising<QuantizeFloat8>;
}

/**
 * Symmetric INT8 with one scale per channel, round-half-to-even, values within [-127, 127],
 * every scale positive.
 *
 * @param weights - a dense tensor seen as [outer, channels, inner].
 * @param amax - the range of each channel, beyond which weights are clipped; the default is the
 * largest |weight|.
 * @returns null when a weight is NaN or infinite.
 */
type QuantizeWeights = (
  weights: Float32Array,
  outer: number,
  channels: number,
  inner: number,
  amax?: Float32Array,
) => QuantizedWeights | null;

/**
 * Symmetric whole numbers with one scale per block, round-half-to-even, every scale positive.
 * 8 bits reach from -127 to 127. 4 bits reach from -8 to 7, with the smallest scale that clips no
 * weight of the block.
 *
 * @param weights - a dense tensor seen as [outer, length, inner], whose axis in the middle is cut
 * into blocks; the last one is shorter where `blockSize` does not divide the length.
 * @returns one value a byte and scales [outer, blocks, inner], or null when a weight is NaN or
 * infinite.
 */
type QuantizeBlocks = (
  weights: Float32Array,
  outer: number,
  length: number,
  inner: number,
  blockSize: number,
  bits: 4 | 8,
) => QuantizedWeights | null;

/**
 * FP8 E4M3FN with one scale per channel, amax / 448, round-half-to-even, every scale positive.
 *
 * @param weights - a dense tensor seen as [outer, channels, inner].
 * @returns the codes, or null when a weight is NaN or infinite.
 */
type QuantizeFloat8 = (
  weights: Float32Array,
  outer: number,
  channels: number,
  inner: number,
) => QuantizedWeights<Uint8Array> | null;

type Promising<Quantize extends (...values: never[]) => unknown> = (
  ...values: Parameters<Quantize>
) => Promise<ReturnType<Quantize>>;

type CalibrationType = 'float32' | 'float16' | 'bfloat16';

/** Counts of |x| whose result does not depend on the order or the batches that values came in. */
export interface NativeHistogram {
  /**
   * @param data - values of a `float32` tensor, or the 16-bit words of a half-precision one.
   * @param keep - one byte for each of the rows that `data` consists of; rows with 0 are left out.
   */
  collect(data: Float32Array | Uint16Array, type: CalibrationType, keep?: Uint8Array): void;

  /** Adds what another histogram has counted. */
  merge(other: NativeHistogram): void;

  /** The amax that keeps this share of the finite |x| unclipped, above 0 and at most 100 percent. */
  percentile(percent: number): number;

  /**
   * The amax whose INT8 distribution has the least Kullback-Leibler divergence from that of |x|:
   * the search of NVIDIA's pytorch-quantization, with its 128 levels from bin 128 in steps of one.
   */
  entropy(): number;

  /** The amax with the least mean squared error in INT8. */
  mse(): number;

  /**
   * The mean squared error of the finite values, zeros included, when quantized to `levels` steps
   * on either side of zero that reach to `amax`.
   *
   * @param levels - 127 by default, that is INT8.
   */
  error(amax: number, levels?: number): number;

  snapshot(): HistogramSnapshot;
}

export interface HistogramSnapshot {
  /** Bin i counts finite x other than 0 with i <= |x| / 2^exponent < i + 1. */
  readonly counts: BigUint64Array;
  /** A bin is 2^exponent wide. */
  readonly exponent: number;
  /** The largest finite |x|, exact; 0 when none came. */
  readonly absmax: number;
  /** Finite values, zeros among them. */
  readonly finite: number;
  readonly zeros: number;
  readonly nans: number;
  readonly infinities: number;
}

/** The arguments of one `collect`. */
export interface HistogramItem {
  readonly histogram: NativeHistogram;
  readonly data: Float32Array | Uint16Array;
  readonly type: CalibrationType;
  readonly keep?: Uint8Array | undefined;
}

/** The largest |x| and the mean of each channel, over the rows of any number of tensors. */
export interface NativeChannelStatistics {
  /**
   * @param data - rows of one value per channel, of a `float32` tensor, or 16-bit words.
   * @param keep - one byte a row; rows with 0 are left out. NaN and infinities are left out too.
   */
  collect(data: Float32Array | Uint16Array, type: CalibrationType, keep?: Uint8Array): void;

  /** Per channel; 0 where no finite value came. */
  readonly absmax: Float32Array;
  /** Per channel, of the finite values; 0 where none came. */
  readonly mean: Float64Array;
  /** How many rows came and were not left out. */
  readonly count: number;
}

/** Codes, and what to multiply them by. */
export interface QuantizedWeights<Codes = Int8Array> {
  readonly values: Codes;
  readonly scales: Float32Array;
}
