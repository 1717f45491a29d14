import { TensorProto_DataType as ElementType } from 'onnx-buf';
import type { DataType } from '../../tensor.js';

/** The fields of `TensorProto` that hold values one by one, instead of as bytes in `raw_data`. */
export type ListField =
  | 'floatData'
  | 'int32Data'
  | 'int64Data'
  | 'doubleData'
  | 'uint64Data'
  | 'stringData';

/** How `TensorProto` stores the values of one element type (onnx.proto, `TensorProto`). */
interface Storage {
  /** The typed array that can carry the values, where JavaScript has one. */
  readonly type?: DataType;
  /** Bits of one element in `raw_data` and in external files. Strings have no such form. */
  readonly bits?: number;
  readonly list: ListField;
  /** Entries of the list that one element takes: 2 for complex numbers, 1/2 for 4-bit integers. */
  readonly entries?: number;
}

const storages: Readonly<Record<number, Storage>> = {
  [ElementType.FLOAT]: { type: 'float32', bits: 32, list: 'floatData' },
  [ElementType.DOUBLE]: { type: 'float64', bits: 64, list: 'doubleData' },
  [ElementType.FLOAT16]: { type: 'float16', bits: 16, list: 'int32Data' },
  [ElementType.BFLOAT16]: { type: 'bfloat16', bits: 16, list: 'int32Data' },
  [ElementType.INT8]: { type: 'int8', bits: 8, list: 'int32Data' },
  [ElementType.INT16]: { type: 'int16', bits: 16, list: 'int32Data' },
  [ElementType.INT32]: { type: 'int32', bits: 32, list: 'int32Data' },
  [ElementType.INT64]: { type: 'int64', bits: 64, list: 'int64Data' },
  [ElementType.UINT8]: { type: 'uint8', bits: 8, list: 'int32Data' },
  [ElementType.UINT16]: { type: 'uint16', bits: 16, list: 'int32Data' },
  [ElementType.UINT32]: { type: 'uint32', bits: 32, list: 'uint64Data' },
  [ElementType.UINT64]: { type: 'uint64', bits: 64, list: 'uint64Data' },
  [ElementType.BOOL]: { type: 'bool', bits: 8, list: 'int32Data' },
  [ElementType.STRING]: { list: 'stringData' },
  [ElementType.COMPLEX64]: { bits: 64, list: 'floatData', entries: 2 },
  [ElementType.COMPLEX128]: { bits: 128, list: 'doubleData', entries: 2 },
  [ElementType.FLOAT8E4M3FN]: { bits: 8, list: 'int32Data' },
  [ElementType.FLOAT8E4M3FNUZ]: { bits: 8, list: 'int32Data' },
  [ElementType.FLOAT8E5M2]: { bits: 8, list: 'int32Data' },
  [ElementType.FLOAT8E5M2FNUZ]: { bits: 8, list: 'int32Data' },
  [ElementType.FLOAT8E8M0]: { bits: 8, list: 'int32Data' },
  [ElementType.UINT4]: { bits: 4, list: 'int32Data', entries: 1 / 2 },
  [ElementType.INT4]: { bits: 4, list: 'int32Data', entries: 1 / 2 },
  [ElementType.FLOAT4E2M1]: { bits: 4, list: 'int32Data', entries: 1 / 2 },
  [ElementType.UINT2]: { bits: 2, list: 'int32Data', entries: 1 / 4 },
  [ElementType.INT2]: { bits: 2, list: 'int32Data', entries: 1 / 4 },
};

const elementTypes = new Map<DataType, ElementType>(
  Object.entries(storages).flatMap(([elementType, { type }]) =>
    type === undefined ? [] : [[type, Number(elementType)]],
  ),
);

/** The data type of an ONNX element type; undefined for those without a typed array (FP8, INT4, strings ...). */
export function toDataType(elementType: number): DataType | undefined {
  return storages[elementType]?.type;
}

/** The ONNX element type (`TensorProto.DataType`) of a data type. */
export function toElementType(type: DataType): ElementType {
  return elementTypes.get(type) ?? ElementType.UNDEFINED;
}

/** The name that the ONNX specification gives an element type, for messages. */
export function elementTypeName(elementType: number): string {
  return ElementType[elementType] ?? `${elementType}`;
}

/**
 * The bytes that `count` elements take in `raw_data` or in an external file; undefined for strings
 * and for element types that this package does not know.
 */
export function storedBytes(elementType: number, count: number): number | undefined {
  const bits = storages[elementType]?.bits;
  return bits === undefined ? undefined : Math.ceil((count * bits) / 8);
}

/** The list that holds `count` elements one by one, and its length; undefined for unknown types. */
export function storedList(
  elementType: number,
  count: number,
): { field: ListField; length: number } | undefined {
  const storage = storages[elementType];
  return storage && { field: storage.list, length: Math.ceil(count * (storage.entries ?? 1)) };
}
