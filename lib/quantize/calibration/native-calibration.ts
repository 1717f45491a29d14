/** What the addon gives to this folder. The C++ side is native/binding/calibration.cc. */
export interface NativeCalibration {
  /** A snapshot gives the state of the histogram it was taken from. */
  readonly Histogram: new (
    snapshot?: HistogramSnapshot,
  ) => NativeHistogram;

  /**
   * Symmetric INT8 with one scale per channel, round-half-to-even, values within [-127, 127],
   * every scale positive.
   *
   * @param weights - a dense tensor seen as [outer, channels, inner].
   * @returns null when a weight is NaN or infinite.
   */
  quantizeWeights(
    weights: Float32Array,
    outer: number,
    channels: number,
    inner: number,
  ): QuantizedWeights | null;
}

/** Counts of |x| whose result does not depend on the order or the batches that values came in. */
export interface NativeHistogram {
  /**
   * @param data - values of a `float32` tensor, or the 16-bit words of a half-precision one.
   * @param keep - one byte for each of the rows that `data` consists of; rows with 0 are left out.
   */
  collect(
    data: Float32Array | Uint16Array,
    type: 'float32' | 'float16' | 'bfloat16',
    keep?: Uint8Array,
  ): void;

  /** Adds what another histogram has counted. */
  merge(other: NativeHistogram): void;

  /** The amax that keeps this share of the finite |x| unclipped, above 0 and at most 100 percent. */
  percentile(percent: number): number;

  /** The amax with the least divergence. */
  entropy(): number;

  /** The amax with the least mean squared error. */
  mse(): number;

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

export interface QuantizedWeights {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}
