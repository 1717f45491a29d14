import { Float16Array } from '@petamoriken/float16';
import type { TensorProto } from 'onnx-buf';
import { type DataType, elementCount, type Tensor, type TensorDataMap } from '../../tensor.js';
import { isExternal } from '../file/external.js';
import { toDataType } from './element-types.js';
import { readInlineWeights } from './weights.js';

/** Below this length, halves are computed one by one; above, the table of all halves pays. */
const worthATable = 1 << 14;

/** The number in a small tensor with one element; undefined for others. See {@link smallNumbers}. */
export function scalarValue(proto: TensorProto): number | undefined {
  return elementCount(proto.dims.map(Number)) === 1 ? smallNumbers(proto, 1)?.[0] : undefined;
}

/**
 * The elements of a tensor of at most `longest`, whatever its type; undefined for tensors with more,
 * without a typed array, or in an external file.
 */
export function smallNumbers(proto: TensorProto, longest: number): number[] | undefined {
  if (isExternal(proto) || toDataType(proto.dataType) === undefined) return undefined;
  if (elementCount(proto.dims.map(Number)) > longest) return undefined;
  return numbersOf(readInlineWeights(proto));
}

/** The elements of a tensor as numbers; those of 64-bit integers past 2^53 are rounded. */
export function numbersOf({ type, data }: Tensor): number[] {
  return Array.from(toNumbers(type, data));
}

/** As {@link numbersOf}, without a copy where the data are numbers already: do not write to it. */
export function toNumbers(type: DataType, data: TensorDataMap[DataType]): ArrayLike<number> {
  if (type === 'float16') return fromHalves(data as Uint16Array);
  if (type === 'bfloat16') return fromBfloats(data as Uint16Array);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float64Array.from<bigint>(data, Number);
  }
  return data;
}

let halfValues: Float32Array | undefined;

function fromHalves(words: Uint16Array): ArrayLike<number> {
  if (words.length < worthATable) {
    return new Float16Array(words.buffer, words.byteOffset, words.length) as ArrayLike<number>;
  }
  halfValues ??= Float32Array.from(
    new Float16Array(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).buffer),
  );
  const numbers = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) {
    numbers[i] = halfValues[words[i] as number] as number;
  }
  return numbers;
}

/** The upper half of a float32. */
function fromBfloats(words: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(words, (bits) => bits << 16).buffer);
}
