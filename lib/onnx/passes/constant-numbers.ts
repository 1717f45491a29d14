import type { TensorProto } from 'onnx-buf';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model.js';
import { smallNumbers } from '../tensor/numbers.js';

/** Shapes, axes and the like have no more elements. */
const longest = 1024;

/**
 * The value of a tensor that no run of the model changes. From IR version 4 on, an initializer that is
 * an input too is none: it is a default, and may be fed.
 */
export function fixedConstant(model: Model, graph: Graph, name: string): TensorProto | undefined {
  const isDefault = model.irVersion >= 4 && model.graph.isInput(name);
  return isDefault ? undefined : graph.constant(name);
}

/** The elements of a small constant in the model itself, such as a shape; undefined for others. */
export function constantNumbers(
  model: Model,
  graph: Graph,
  tensor: string | undefined,
): number[] | undefined {
  const value = tensor ? fixedConstant(model, graph, tensor) : undefined;
  return value && smallNumbers(value, longest);
}
