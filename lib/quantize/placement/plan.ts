/** What a node is to quantization. */
export type NodeRole =
  /** MatMul or Gemm with a constant matrix. */
  | 'linear'
  /** Conv or ConvTranspose with constant weights. */
  | 'convolution'
  /** The product of queries and keys. */
  | 'attention-scores'
  /** The product of probabilities and values. */
  | 'attention-context'
  /** An operator that is attention as a whole. */
  | 'attention'
  /** An Add that joins a branch with what it started from. */
  | 'residual'
  /** A Gather from a constant table. */
  | 'embedding'
  /** Joins tensors, which then need one scale. */
  | 'concat'
  /** A product of two computed tensors that is no attention. */
  | 'product';

/** An input of a node that is to pass through QuantizeLinear and DequantizeLinear. */
export interface PlannedActivation {
  readonly index: number;
  readonly tensor: string;
}

/** A constant input of a node that is to be stored quantized. */
export interface PlannedWeight {
  readonly index: number;
  /** The initializer, or the output of the `Constant` node. */
  readonly tensor: string;
  /** The axis that counts the output channels, each of which has a scale. Not negative. */
  readonly axis: number;
}

/** What is to become of one node, and why. Names, no objects: a plan fits every copy of its model. */
export interface NodePlan {
  readonly node: string;
  readonly opType: string;
  readonly role: NodeRole;
  /**
   * Nodes of one unit are quantized together or not at all: the products of an attention block with
   * what they need around them. A node on its own has a unit of its own.
   */
  readonly unit: string;
  readonly action: 'quantize' | 'float';
  readonly reason: string;
  /** Empty where the action is `'float'`. */
  readonly activations: readonly PlannedActivation[];
  readonly weight: PlannedWeight | undefined;
  /**
   * Names of quantized nodes without which this one would gain nothing: where one of them turns out
   * to stay in float, so must this one. Empty where the action is `'float'`.
   */
  readonly needs: readonly string[];
}

/** Where Q/DQ nodes will stand. Nothing has been changed yet. */
export interface PlacementPlan {
  /** Every candidate of the model, in graph order. */
  readonly nodes: readonly NodePlan[];
  /** Tensors whose range is known without calibration, such as probabilities: their amax. */
  readonly fixed: ReadonlyMap<string, number>;
  /** Tensors that must share a scale; each is in one list at most. */
  readonly unions: readonly (readonly string[])[];
}

/** The tensors that a plan needs ranges for, in graph order, without those that have fixed ones. */
export function tensorsToCalibrate({ nodes, fixed }: PlacementPlan): string[] {
  const tensors = nodes.flatMap(({ activations }) => activations.map(({ tensor }) => tensor));
  return [...new Set(tensors)].filter((tensor) => !fixed.has(tensor));
}
