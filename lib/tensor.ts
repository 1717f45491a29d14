import { checkOneOf, invalidArgument } from './arguments.js';

/**
 * The typed array of each element type. Half-precision values are carried as their 16 bits, a
 * boolean as one byte.
 */
export interface TensorDataMap {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

export type DataType = keyof TensorDataMap;

/** A dense, row-major tensor. `data.length` is the product of `dims`. */
export type Tensor<T extends DataType = DataType> = {
  [K in T]: { readonly type: K; readonly dims: readonly number[]; readonly data: TensorDataMap[K] };
}[T];

/** Named tensors: what a model is fed, and what it returns. */
export type TensorMap = Record<string, Tensor>;

const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies { [K in DataType]: new (...args: never[]) => TensorDataMap[K] };

/** All element types, in the order of {@link TensorDataMap}. */
export const dataTypes = Object.keys(arrayTypes) as DataType[];

/** Bytes of one element. */
export function elementBytes(type: DataType): number {
  return arrayTypes[type].BYTES_PER_ELEMENT;
}

/** The number of elements of a shape: the product of its dimensions, 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * Makes a tensor after checking that the data fits.
 *
 * @param data - a typed array of the right kind, or for convenience an array of numbers (of
 * bigints or whole numbers for the 64-bit types).
 * @throws TypeError when the kind or the length of `data` does not fit `type` and `dims`.
 */
export function tensor<T extends DataType>(
  type: T,
  dims: readonly number[],
  data: TensorDataMap[T] | readonly (number | bigint)[],
): Tensor<T> {
  checkOneOf('type', type, dataTypes);
  if (!Array.isArray(dims) || dims.some((dim) => !Number.isInteger(dim) || dim < 0)) {
    throw invalidArgument('dims', 'an array of whole numbers from 0', dims);
  }
  const ArrayType = arrayTypes[type];
  const values = Array.isArray(data) ? fromNumbers(type, data) : data;
  if (!(values instanceof ArrayType)) throw invalidArgument('data', ArrayType.name, data);
  if (values.length !== elementCount(dims)) {
    throw new TypeError(
      `Expected ${elementCount(dims)} elements for dims [${dims.join(', ')}] but received ${values.length}`,
    );
  }
  return { type, dims: [...dims], data: values } as unknown as Tensor<T>;
}

function fromNumbers(
  type: DataType,
  values: readonly (number | bigint)[],
): TensorDataMap[DataType] {
  if (type === 'int64') return BigInt64Array.from(values, BigInt);
  if (type === 'uint64') return BigUint64Array.from(values, BigInt);
  if (type === 'float16' || type === 'bfloat16') {
    throw invalidArgument('data', `a Uint16Array of ${type} bits`, values);
  }
  const numeric = arrayTypes[type];
  return numeric.from(values as readonly number[]);
}

/** The bytes of a typed array, without a copy. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A tensor over bytes that are known to be what `dims` says; errors as {@link typedArrayOf}. */
export function tensorOver<T extends DataType>(
  type: T,
  dims: readonly number[],
  bytes: Uint8Array,
): Tensor<T> {
  return { type, dims, data: typedArrayOf(type, bytes) } as unknown as Tensor<T>;
}

/**
 * Gives bytes the typed array of an element type: a view where the alignment allows, else a copy.
 *
 * @throws RangeError when the bytes are no whole number of elements.
 */
export function typedArrayOf<T extends DataType>(type: T, bytes: Uint8Array): TensorDataMap[T] {
  const size = elementBytes(type);
  // Not slice(), which of a Buffer is a view.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  if (bytes.byteLength % size !== 0) {
    throw new RangeError(`${bytes.byteLength} bytes are no whole number of ${type} elements`);
  }
  return new arrayTypes[type](
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / size,
  ) as TensorDataMap[T];
}
