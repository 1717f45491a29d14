import type { Model } from '../onnx/model.js';
import type { ConversionCounts, HalfType } from '../onnx/tensor/half-numbers.js';

/** What was done with one node, and why. */
export interface PrecisionDecision {
  readonly node: string;
  readonly opType: string;
  /** `'float'`: its floats stay FP32. */
  readonly action: 'half' | 'float';
  readonly reason: string;
}

/** What became of the numbers of one constant that is stored in half precision. */
export interface ConvertedTensor extends ConversionCounts {
  readonly tensor: string;
  /** How many numbers it has. */
  readonly count: number;
  /** Whether its huge numbers only mask, and became a quarter of the largest finite number. */
  readonly masks: boolean;
}

/** What calibration saw of a tensor that half precision would not hold. */
export interface RangeFinding {
  readonly tensor: string;
  /** The largest finite absolute value. */
  readonly absmax: number;
  /** NaN and infinite values seen, in FP32. */
  readonly nonFinite: number;
  readonly problem: 'overflow' | 'underflow' | 'nonFinite';
}

export interface PrecisionSummary {
  readonly half: number;
  readonly float: number;
  /** Nodes without floats, such as shape arithmetic. */
  readonly other: number;
  /** Casts that were added, and casts of the model that became needless and were removed. */
  readonly castsAdded: number;
  readonly castsRemoved: number;
  /** Numbers of constants, over all of `tensors`. */
  readonly saturated: number;
  readonly flushed: number;
  readonly nonFinite: number;
}

export interface PrecisionReport {
  readonly type: HalfType;
  /** Of the model before and after, and why it could not be raised where that was needed. */
  readonly opset: {
    readonly before: number;
    readonly after: number;
    readonly problem: string | undefined;
  };
  /** Every node that reads or writes floats, in the order of execution. */
  readonly nodes: readonly PrecisionDecision[];
  /** Every constant that is stored in half precision. */
  readonly tensors: readonly ConvertedTensor[];
  /** Tensors of `options.ranges` that half precision would not hold. Empty without `ranges`. */
  readonly ranges: readonly RangeFinding[];
  readonly summary: PrecisionSummary;
}

/** A model in half precision. */
export interface HalfModel extends Model {
  readonly report: PrecisionReport;
}
