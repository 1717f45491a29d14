import type { NodeProto } from 'onnx-buf';
import type { Tensor } from '../../../tensor.js';
import { elementwise } from './elementwise.js';
import { making } from './making.js';
import { movement } from './movement.js';

/**
 * Computes the outputs of a node from its inputs; undefined where that is not possible here.
 *
 * @param inputs - undefined for inputs that are left out.
 */
export type Operator = (
  node: NodeProto,
  inputs: readonly (Tensor | undefined)[],
) => Tensor[] | undefined;

const operators: Readonly<Record<string, Operator>> = { ...elementwise, ...movement, ...making };

/**
 * Computes what exporters leave in graphs although it is constant: arithmetic on shapes, and the
 * making and moving of small tensors. Results are those that ONNX defines, to the last bit; what
 * could differ, such as sums of floats, is left to a real runtime.
 */
export const evaluate: Operator = (node, inputs) =>
  node.domain === '' ? operators[node.opType]?.(node, inputs) : undefined;
