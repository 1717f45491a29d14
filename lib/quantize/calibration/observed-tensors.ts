import type { Model } from '../../onnx/model.js';
import type { Dim, InferredShapes } from '../../onnx/shapes/inferred-shapes.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import type { DataType } from '../../tensor.js';

/** A tensor whose values are counted. */
export interface ObservedTensor {
  readonly name: string;
  readonly type: DataType;
  /** Its axes that may count the positions of a sequence. */
  readonly positions: PositionAxes;
}

/**
 * By axis: whether it counts the positions of the sequence that the mask has (`true`), may do so
 * (`undefined`), or does not (`false`). The whole is undefined where the rank is not known.
 */
export type PositionAxes = readonly (boolean | undefined)[] | undefined;

/** @param mask - the input [batch, sequence] whose zeros mark padding. */
export function describeTensors(
  shapes: InferredShapes,
  names: readonly string[],
  mask: string | undefined,
): ObservedTensor[] {
  const sequence = mask === undefined ? undefined : shapes.tensor(mask).dims?.[1];
  return names.map((name) => {
    const { elementType = 0, dims } = shapes.tensor(name);
    return {
      name,
      type: toDataType(elementType) ?? 'float32',
      positions: dims?.map((dim) => isSequence(dim, sequence)),
    };
  });
}

function isSequence(dim: Dim, sequence: Dim): boolean | undefined {
  if (typeof dim === 'string' && dim === sequence) return true;
  // A size that is the same for every sequence is none of it, unless the model has one length only.
  if (typeof dim === 'number' && dim !== sequence) return false;
  return undefined;
}

/**
 * A copy of a model that computes and returns some of the observed tensors, and nothing else.
 *
 * @returns with the model the names of those that it computes; the others are its inputs.
 */
export function withObservedOutputs(
  model: Model,
  observed: readonly ObservedTensor[],
  tensors: readonly string[],
): { model: Model; computed: string[] } {
  const copy = model.clone();
  const { graph } = copy;
  graph.proto.output = [];
  graph.changed();
  const types = new Map(observed.map(({ name, type }) => [name, type]));
  const computed = tensors.filter((name) => graph.producer(name));
  for (const name of computed) graph.addOutput({ name, type: types.get(name), dims: undefined });
  graph.removeUnused();
  return { model: copy, computed };
}
