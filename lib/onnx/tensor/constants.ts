import { create } from '@bufbuild/protobuf';
import {
  TensorProto_DataType as ElementType,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { tensor } from '../../tensor.js';
import {
  getAttribute,
  getFloat,
  getFloats,
  getInt,
  getInts,
  getString,
  getStrings,
  getTensor,
} from '../attributes.js';
import { sparseConstant } from './sparse.js';
import { toTensorProto } from './weights.js';

/**
 * The value of a `Constant` node as a tensor; undefined for other nodes, for a sparse value in an
 * external file, and in a function where the value is an attribute of the call. The operator has an attribute for each kind of value (ONNX operator `Constant`).
 */
export function constantValue(node: NodeProto | undefined): TensorProto | undefined {
  if (node?.opType !== 'Constant' || node.domain !== '') return undefined;
  if (refersToAttributes(node)) return undefined;
  return (
    getTensor(node, 'value') ??
    sparseConstant(getAttribute(node, 'sparse_value')?.sparseTensor) ??
    numbersConstant(node) ??
    textConstant(node)
  );
}

/** Whether a node, of a function, takes attributes from those of the call. */
export function refersToAttributes({ attribute }: NodeProto): boolean {
  return attribute.some(({ refAttrName }) => refAttrName !== '');
}

function numbersConstant(node: NodeProto): TensorProto | undefined {
  const name = node.output[0] ?? '';
  const float = getFloat(node, 'value_float');
  if (float !== undefined) return toTensorProto(name, tensor('float32', [], [float]));
  const floats = getFloats(node, 'value_floats');
  if (floats) return toTensorProto(name, tensor('float32', [floats.length], floats));
  // As they are stored: numbers would round what lies past 2^53.
  const int = getInt(node, 'value_int') !== undefined && getAttribute(node, 'value_int')?.i;
  if (typeof int === 'bigint') return toTensorProto(name, tensor('int64', [], [int]));
  const ints = getInts(node, 'value_ints') && getAttribute(node, 'value_ints')?.ints;
  return ints && toTensorProto(name, tensor('int64', [ints.length], ints));
}

function textConstant(node: NodeProto): TensorProto | undefined {
  const text = getString(node, 'value_string');
  const texts = text === undefined ? getStrings(node, 'value_strings') : [text];
  if (!texts) return undefined;
  return create(TensorProtoSchema, {
    name: node.output[0] ?? '',
    dataType: ElementType.STRING,
    dims: text === undefined ? [BigInt(texts.length)] : [],
    stringData: texts.map((item) => new TextEncoder().encode(item) as Uint8Array<ArrayBuffer>),
  });
}
