import { Float16Array } from '@petamoriken/float16';
import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { toDataType } from '../../dist/onnx/tensor/element-types.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { bytesOf } from '../../dist/tensor.js';
import { readValues } from './cases.js';

/** A tensor: the bytes of the elements, or the texts of a tensor of strings. */
export interface Value {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Uint8Array | readonly string[];
}

export type Values = Readonly<Record<string, Value>>;

/** The tensor of a case; undefined for types that no typed array holds, such as INT4. */
export function fromProto(proto: TensorProto): Value | undefined {
  const dims = proto.dims.map(Number);
  if (proto.dataType === ElementType.STRING) {
    const decoder = new TextDecoder();
    return { type: 'string', dims, data: proto.stringData.map((text) => decoder.decode(text)) };
  }
  const type = toDataType(proto.dataType);
  return type && { type, dims, data: bytesOf(readInlineWeights(proto).data) };
}

/** The outputs of the given names that a case expects, as far as a typed array can hold them. */
export function expectedOutputs(valuesFile: string, names: readonly string[]): Values {
  // An output may have the name of an input; the outputs come last.
  const last = new Map(readValues(valuesFile).map((proto) => [proto.name, proto]));
  return Object.fromEntries(
    names.flatMap((name) => {
      const proto = last.get(name);
      const value = proto && fromProto(proto);
      return value ? [[name, value]] : [];
    }),
  );
}

/** How far a number may be from the expected one: `atol + rtol * |expected|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** What differs first, in one line; undefined where nothing does. NaN is like NaN. */
export function firstDifference(
  expected: Values,
  actual: Values,
  tolerance: Tolerance = { rtol: 0, atol: 0 },
): string | undefined {
  for (const [name, one] of Object.entries(expected)) {
    const other = actual[name];
    if (!other) return `output ${name} is missing`;
    if (one.type !== other.type) return `output ${name} is ${other.type}, not ${one.type}`;
    if (`${one.dims}` !== `${other.dims}`) {
      return `output ${name} is [${other.dims}], not [${one.dims}]`;
    }
    const difference = firstOtherElement(one, other, tolerance);
    if (difference) return `output ${name} ${difference}`;
  }
  return undefined;
}

function firstOtherElement(expected: Value, actual: Value, { rtol, atol }: Tolerance) {
  const wanted = elementsOf(expected);
  const found = elementsOf(actual);
  const at = [...wanted].findIndex((value, index) => {
    const other = found[index];
    if (Object.is(value, other)) return false;
    if (typeof value !== 'number' || typeof other !== 'number') return value !== other;
    return !(value === other || Math.abs(value - other) <= atol + rtol * Math.abs(value));
  });
  return at === -1 ? undefined : `has ${found[at]}, not ${wanted[at]}`;
}

type Elements = ArrayLike<number | bigint | string> & Iterable<number | bigint | string>;

/** The elements of a tensor, floats of any width as numbers. */
export function elementsOf({ type, data }: Value): Elements {
  if (!(data instanceof Uint8Array)) return data as readonly string[];
  // The bytes may lie anywhere in a larger buffer.
  const { buffer } = Uint8Array.from(data);
  switch (type) {
    case 'float16':
      return new Float16Array(buffer);
    case 'bfloat16':
      return Array.from(new Uint16Array(buffer), fromBfloat16);
    case 'bool':
      return new Uint8Array(buffer);
    default:
      return new arrays[type as keyof typeof arrays](buffer);
  }
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

function fromBfloat16(word: number): number {
  return new Float32Array(Uint32Array.of(word << 16).buffer)[0] as number;
}
