import { Float16Array } from '@petamoriken/float16';
import type { DataType, TensorDataMap } from '../../tensor.js';

/** The values of a tensor as numbers; 64-bit integers past 2^53 are rounded. */
export function toNumbers(type: DataType, values: TensorDataMap[DataType]): ArrayLike<number> {
  if (type === 'float16') return fromHalf(values as Uint16Array);
  if (type === 'bfloat16') return fromBfloat16(values as Uint16Array);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    return Float64Array.from(values as BigInt64Array, Number);
  }
  return values as ArrayLike<number>;
}

let halfValues: Float32Array | undefined;

/** By a table of all 65,536 halves: large weights are looked up faster than computed. */
function fromHalf(values: Uint16Array): Float32Array {
  halfValues ??= Float32Array.from(
    new Float16Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer),
  );
  const numbers = new Float32Array(values.length);
  for (let index = 0; index < values.length; index++) {
    numbers[index] = halfValues[values[index] as number] as number;
  }
  return numbers;
}

/** The upper half of a float32. */
function fromBfloat16(values: Uint16Array): Float32Array {
  const words = Uint32Array.from(values, (bits) => bits << 16);
  return new Float32Array(words.buffer);
}
