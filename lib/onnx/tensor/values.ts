import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import {
  bytesOf,
  type DataType,
  elementCount,
  type TensorDataMap,
  typedArrayOf,
} from '../../tensor.js';
import { isExternal } from '../file/external.js';
import type { Model } from '../model.js';
import { elementTypeName, storedBytes, storedList, toDataType } from './element-types.js';
import { readInlineWeights } from './weights.js';

/** Element types whose values have no typed array of their own, and what carries them here. */
export interface OtherDataMap {
  string: string[];
  /** Real and imaginary part of each element, one after the other. */
  complex64: Float32Array;
  complex128: Float64Array;
  /** One element in each byte, unpacked. */
  int4: Int8Array;
  uint4: Uint8Array;
  int2: Int8Array;
  uint2: Uint8Array;
  /** The codes, one in each byte: what they stand for is up to the type. */
  float4e2m1: Uint8Array;
  float8e4m3fn: Uint8Array;
  float8e4m3fnuz: Uint8Array;
  float8e5m2: Uint8Array;
  float8e5m2fnuz: Uint8Array;
  float8e8m0: Uint8Array;
}

/** The values of a tensor of any element type that ONNX has. */
export type Values = {
  [K in keyof AllDataMap]: {
    readonly type: K;
    readonly dims: readonly number[];
    readonly data: AllDataMap[K];
  };
}[keyof AllDataMap];

type AllDataMap = TensorDataMap & OtherDataMap;
type OtherType = keyof OtherDataMap;

const otherTypes: Readonly<Record<number, OtherType>> = {
  [ElementType.STRING]: 'string',
  [ElementType.COMPLEX64]: 'complex64',
  [ElementType.COMPLEX128]: 'complex128',
  [ElementType.INT4]: 'int4',
  [ElementType.UINT4]: 'uint4',
  [ElementType.INT2]: 'int2',
  [ElementType.UINT2]: 'uint2',
  [ElementType.FLOAT4E2M1]: 'float4e2m1',
  [ElementType.FLOAT8E4M3FN]: 'float8e4m3fn',
  [ElementType.FLOAT8E4M3FNUZ]: 'float8e4m3fnuz',
  [ElementType.FLOAT8E5M2]: 'float8e5m2',
  [ElementType.FLOAT8E5M2FNUZ]: 'float8e5m2fnuz',
  [ElementType.FLOAT8E8M0]: 'float8e8m0',
};

/**
 * Reads the values of a tensor of any element type, wherever the model keeps them: those of
 * {@link readWeights} as it does, the others as {@link OtherDataMap} says. The data may be a view of
 * the model's own bytes: do not write to it.
 *
 * @throws TensorRTError `ERR_ONNX_INVALID` for an element type that this package does not know,
 * `ERR_ONNX_EXTERNAL_DATA` as {@link readWeights}.
 */
export async function readValues(
  model: Model,
  tensor: TensorProto,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Values> {
  const dims = tensor.dims.map(Number);
  const type = toDataType(tensor.dataType) ?? otherTypes[tensor.dataType];
  if (!type) throw unknownType(tensor);
  if (type === 'string') return { type, dims, data: texts(tensor) };
  const bytes = await readRawData(model, tensor, options);
  return { type, dims, data: dataOf(type, bytes, elementCount(dims)) } as Values;
}

/**
 * Reads a tensor as the bytes that `raw_data` has: little-endian, 4-bit elements in pairs with the
 * first one in the lower half.
 *
 * @throws TensorRTError as {@link readValues}; `ERR_ONNX_INVALID` also for strings, which have no
 * such form.
 */
export async function readRawData(
  model: Model,
  tensor: TensorProto,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  options.signal?.throwIfAborted();
  if (isExternal(tensor)) return model.externalData.locate(tensor).read(options.signal);
  if (tensor.rawData.byteLength > 0) return tensor.rawData;
  if (toDataType(tensor.dataType)) return bytesOf(readInlineWeights(tensor).data);
  return bytesOfList(tensor);
}

/** Lists have one entry for each part of a complex number, and one for each byte of the others. */
function bytesOfList(tensor: TensorProto): Uint8Array {
  const count = elementCount(tensor.dims.map(Number));
  const bytes = storedBytes(tensor.dataType, count);
  const list = storedList(tensor.dataType, count);
  if (bytes === undefined || !list) throw unknownType(tensor);
  if (list.field === 'floatData') return bytesOf(Float32Array.from(tensor.floatData));
  if (list.field === 'doubleData') return bytesOf(Float64Array.from(tensor.doubleData));
  return Uint8Array.from(tensor.int32Data);
}

function dataOf(type: DataType | OtherType, bytes: Uint8Array, count: number): unknown {
  switch (type) {
    case 'complex64':
      return typedArrayOf('float32', bytes);
    case 'complex128':
      return typedArrayOf('float64', bytes);
    case 'int4':
      return Int8Array.from(unpack(bytes, 4, count), (code) => (code << 28) >> 28);
    case 'int2':
      return Int8Array.from(unpack(bytes, 2, count), (code) => (code << 30) >> 30);
    case 'uint4':
    case 'float4e2m1':
      return unpack(bytes, 4, count);
    case 'uint2':
      return unpack(bytes, 2, count);
    default:
      return type.startsWith('float8') ? bytes : typedArrayOf(type as DataType, bytes);
  }
}

/**
 * Unpacks elements of 4 or 2 bits, of which the first has the lowest bits of a byte.
 *
 * @param count - the number of elements: the last byte may have room for more.
 */
export function unpack(packed: Uint8Array, bits: 2 | 4, count: number): Uint8Array {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const codes = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const byte = packed[Math.floor(index / perByte)] as number;
    codes[index] = (byte >> ((index % perByte) * bits)) & mask;
  }
  return codes;
}

function texts({ stringData }: TensorProto): string[] {
  const decoder = new TextDecoder();
  return stringData.map((text) => decoder.decode(text));
}

function unknownType(tensor: TensorProto): TensorRTError {
  return new TensorRTError(
    'ERR_ONNX_INVALID',
    `Tensor '${tensor.name}' has the element type ${elementTypeName(tensor.dataType)}, whose values cannot be read as bytes.`,
    { tensor: tensor.name, remedy: 'Leave this tensor as it is.' },
  );
}
