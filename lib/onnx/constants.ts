import type { NodeProto, TensorProto } from 'onnx-buf';
import { tensor } from '../tensor.js';
import { getFloat, getFloats, getInt, getInts, getTensor } from './attributes.js';
import { toTensorProto } from './weights.js';

/**
 * The value of a `Constant` node as a tensor; undefined for other nodes, and for strings and sparse
 * values. The operator has an attribute for each kind of value (ONNX operator `Constant`).
 */
export function constantValue(node: NodeProto | undefined): TensorProto | undefined {
  if (node?.opType !== 'Constant' || node.domain !== '') return undefined;
  const value = getTensor(node, 'value');
  if (value) return value;
  const name = node.output[0] ?? '';
  const float = getFloat(node, 'value_float');
  if (float !== undefined) return toTensorProto(name, tensor('float32', [], [float]));
  const floats = getFloats(node, 'value_floats');
  if (floats) return toTensorProto(name, tensor('float32', [floats.length], floats));
  const int = getInt(node, 'value_int');
  if (int !== undefined) return toTensorProto(name, tensor('int64', [], [int]));
  const ints = getInts(node, 'value_ints');
  return ints && toTensorProto(name, tensor('int64', [ints.length], ints));
}
