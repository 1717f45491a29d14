import { create } from '@bufbuild/protobuf';
import { type TensorProto, TensorProtoSchema } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import {
  bytesOf,
  type DataType,
  elementCount,
  tensor as makeTensor,
  type Tensor,
  typedArrayOf,
} from '../../tensor.js';
import { isExternal } from '../file/external.js';
import { shallowCopy } from '../messages.js';
import type { Model } from '../model.js';
import { elementTypeName, storedList, toDataType, toElementType } from './element-types.js';

/**
 * Reads the values of a tensor of a model, wherever it keeps them.
 *
 * The data is a view of the model's own bytes where the alignment allows it: do not write to it.
 *
 * @throws TensorRTError `ERR_ONNX_INVALID` for an element type without a typed array (strings,
 * complex numbers, FP8, 4-bit types), `ERR_ONNX_EXTERNAL_DATA` when the file of external weights
 * cannot be read or was changed since the model was loaded.
 */
export async function readWeights(
  model: Model,
  tensor: TensorProto,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Tensor> {
  options.signal?.throwIfAborted();
  if (!isExternal(tensor)) return readInlineWeights(tensor);
  const type = readableType(tensor);
  const bytes = await model.externalData.locate(tensor).read(options.signal);
  return fromBytes(type, tensor, bytes);
}

/**
 * As {@link readWeights}, at once, for a tensor whose values lie in the model itself.
 *
 * @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` for a tensor with external data.
 */
export function readInlineWeights(tensor: TensorProto): Tensor {
  const type = readableType(tensor);
  if (isExternal(tensor)) {
    throw new TensorRTError(
      'ERR_ONNX_EXTERNAL_DATA',
      `Tensor '${tensor.name}' lies in an external data file.`,
      { tensor: tensor.name, remedy: 'Read it with readWeights().' },
    );
  }
  return tensor.rawData.byteLength > 0
    ? fromBytes(type, tensor, tensor.rawData)
    : fromList(type, tensor);
}

/**
 * A `TensorProto` with the values as `raw_data`, or one with another name. The bytes are shared, not
 * copied.
 */
export function toTensorProto(name: string, tensor: Tensor | TensorProto): TensorProto {
  if ('$typeName' in tensor) return Object.assign(shallowCopy(tensor), { name });
  return create(TensorProtoSchema, {
    name,
    dataType: toElementType(tensor.type),
    dims: tensor.dims.map(BigInt),
    // ONNX is little-endian, as is every platform that TensorRT runs on.
    rawData: bytesOf(tensor.data) as Uint8Array<ArrayBuffer>,
  });
}

function readableType(tensor: TensorProto): DataType {
  const type = toDataType(tensor.dataType);
  if (type) return type;
  throw new TensorRTError(
    'ERR_ONNX_INVALID',
    `Tensor '${tensor.name}' has the element type ${elementTypeName(tensor.dataType)}, whose values cannot be read as a typed array.`,
    { tensor: tensor.name, remedy: 'Leave this tensor as it is.' },
  );
}

function fromBytes(type: DataType, { dims }: TensorProto, bytes: Uint8Array): Tensor {
  return makeTensor(type, dims.map(Number), typedArrayOf(type, bytes));
}

function fromList(type: DataType, tensor: TensorProto): Tensor {
  const dims = tensor.dims.map(Number);
  const list = storedList(tensor.dataType, elementCount(dims));
  const values = list ? (tensor[list.field] as readonly (number | bigint)[]) : [];
  // These types are stored in lists of a wider type.
  if (type === 'float16' || type === 'bfloat16') {
    return makeTensor(type, dims, Uint16Array.from(values, Number));
  }
  return makeTensor(type, dims, type === 'uint32' ? values.map(Number) : values);
}
