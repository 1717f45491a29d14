/** A property that two models have different values of; null where one has none. */
export interface PropertyChange {
  /** Such as `'opset ai.onnx'` or `'metadata license'`. */
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface DifferentNode {
  readonly name: string;
  readonly opType: string;
  /** The first tensor it gives, by which nodes are found again. */
  readonly output: string;
}

export interface ChangedNode extends DifferentNode {
  readonly changes: readonly PropertyChange[];
}

export interface DifferentWeight {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
}

/** A stored tensor that both models have, with other values, another type or other dims. */
export interface ChangedWeight extends DifferentWeight {
  /** Of the other model, where it is not the same. */
  readonly newType?: string;
  readonly newDims?: readonly number[];
  /** How far the values lie apart; absent where they cannot be compared one by one. */
  readonly values?: ValueDistance;
}

export interface ValueDistance {
  /** Elements that are not equal, bit by bit where the types are the same. */
  readonly different: number;
  readonly elements: number;
  readonly maxAbsolute: number;
  /** The largest |a - b| / |a|, over elements that are not 0 in the first model. */
  readonly maxRelative: number;
  /** Of both tensors as vectors; 1 where they point the same way, 0 where one of them is 0. */
  readonly cosine: number;
}

/** What differs between two models. Plain data: `JSON.stringify` gives all of it. */
export interface ModelDifference {
  readonly same: boolean;
  readonly properties: readonly PropertyChange[];
  readonly inputs: readonly PropertyChange[];
  readonly outputs: readonly PropertyChange[];
  readonly nodes: {
    readonly unchanged: number;
    readonly added: readonly DifferentNode[];
    readonly removed: readonly DifferentNode[];
    readonly changed: readonly ChangedNode[];
  };
  readonly weights: {
    readonly unchanged: number;
    readonly added: readonly DifferentWeight[];
    readonly removed: readonly DifferentWeight[];
    readonly changed: readonly ChangedWeight[];
  };
}
