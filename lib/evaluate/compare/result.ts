import type { NodeReference } from '../../errors.js';

/** When two values are near enough: |b - a| <= absolute + relative * |a|, as `numpy.isclose` has it. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** How what two models return for the same samples differs. Plain data; infinite is `null` in JSON. */
export interface RunComparison {
  /** What ran them: `'tensorrt (tensorrt-rtx)'`, `'onnxruntime (cpu)'`. */
  readonly a: string;
  readonly b: string;
  readonly samples: number;
  readonly tolerance: Tolerance;
  /** Whether every output of the first model is there in the other and within the tolerance. */
  readonly within: boolean;
  /** In the order of the first model. */
  readonly outputs: readonly TensorComparison[];
  /** Outputs that only one of them has. */
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  /** With `intermediates`. */
  readonly inside?: InsideComparison;
}

/** One tensor of both models, over all samples; the first model is the reference. */
export interface TensorComparison {
  readonly name: string;
  readonly elements: number;
  readonly within: boolean;
  /** Elements beyond the tolerance; those that are NaN, or the same infinity, in both are not. */
  readonly beyond: number;
  readonly firstBeyond?: { readonly a: number; readonly b: number } & Place;
  /** The largest |a - b|; infinite where a value is finite in one and not in the other. */
  readonly maxAbsolute: number;
  readonly meanAbsolute: number;
  /** Of |a - b| / |a|, over elements that are not 0 in the first model. */
  readonly maxRelative: number;
  readonly meanRelative: number;
  readonly rmse: number;
  /** Of all finite values as one vector. */
  readonly cosine: number;
  /**
   * The share of rows (the last axis, where that has two entries or more) whose largest value is at
   * the same place; undefined where there are no such rows.
   */
  readonly agreement: number | undefined;
  /** The largest finite |a|, to judge errors by. */
  readonly largest: number;
  readonly nonFinite: { readonly a: NonFinite; readonly b: NonFinite };
  /** The first sample for which the shapes differ; its values are not compared. */
  readonly mismatch?: { readonly sample: number; readonly a: string; readonly b: string };
}

export interface Place {
  /** Counted from 0. */
  readonly sample: number;
  /** One number for each axis. */
  readonly index: readonly number[];
}

export interface NonFinite {
  readonly nan: number;
  readonly infinite: number;
  /** Of whichever comes first. */
  readonly first?: Place;
}

/** Tensors between inputs and outputs, by the names that both models have for them. */
export interface InsideComparison {
  /** In the order of the first model's graph, its outputs among them where they have their place. */
  readonly tensors: readonly TensorComparison[];
  /** The first of them that is beyond the tolerance, and the node of the first model that makes it. */
  readonly firstDifference?: TensorOrigin;
  /** The first tensor with a NaN in each model, and the node that makes it. */
  readonly firstNaN: { readonly a?: TensorOrigin; readonly b?: TensorOrigin };
}

export interface TensorOrigin {
  readonly tensor: string;
  readonly node: NodeReference;
}
