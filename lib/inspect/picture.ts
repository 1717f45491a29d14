/** What the page of a picture is drawn from. Plain data, which travels in the page as JSON. */
export interface Picture {
  readonly title: string;
  /** What the panel says about the whole model, by row. */
  readonly facts: readonly (readonly [string, string])[];
  /** The first is the whole graph. */
  readonly scopes: readonly PictureScope[];
  /** In the order of the graph. */
  readonly nodes: readonly PictureNode[];
  readonly tensors: readonly PictureTensor[];
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface PictureScope {
  readonly name: string;
  /** Index of the scope it lies in; -1 for the whole graph. */
  readonly parent: number;
  /** How many neighbours, itself among them, have the same operators in the same order. */
  readonly alike: number;
  /** Whether it is one of several layers: alike, or with the same name but for a number. */
  readonly layer: boolean;
}

/**
 * What a node computes with, which decides its colour: `int8` stands for all quantized types,
 * `weights` for quantized weights with float activations, `integer` for shapes, indices and masks.
 */
export type PictureKind = 'int8' | 'weights' | 'fp16' | 'fp32' | 'integer' | 'unknown';

export interface PictureNode {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly scope: number;
  /** The module that it stands for, where that has no other node; else empty. */
  readonly stands: string;
  readonly kind: PictureKind;
  /** Index of a tensor, a stored tensor, or null for an optional input that is left out. */
  readonly inputs: readonly (number | PictureWeight | null)[];
  /** Tensors that its sub-graphs read from around it. */
  readonly captured: readonly number[];
  readonly outputs: readonly number[];
  readonly attributes: readonly (readonly [string, string])[];
}

export interface PictureTensor {
  readonly name: string;
  /** Empty where unknown. */
  readonly type: string;
  /** As text, `[batch, 384]`; empty where unknown. */
  readonly dims: string;
}

/** A stored tensor. Its values are not in the page, but for a few integers: axes, sizes. */
export interface PictureWeight extends PictureTensor {
  readonly value: string;
}
