import type { ValueInfo } from '../onnx/model.js';
import { toHalfBits } from '../onnx/tensor/half-numbers.js';
import { numbersOf } from '../onnx/tensor/numbers.js';
import { type DataType, type Tensor, type TensorDataMap, tensor } from '../tensor.js';

/**
 * The tensor that a model's input takes: numbers keep their value, but for the rounding to a
 * narrower float type.
 *
 * @returns what is wrong where the input's type cannot hold the numbers.
 */
export function convertTensor(given: Tensor, { type = given.type }: ValueInfo): Tensor | string {
  if (given.type === type) return given;
  return tensorOfNumbers(type, given.dims, numbersOf(given), given.type);
}

/**
 * @param from - what the numbers were, for the message.
 * @returns what is wrong where `type` cannot hold the numbers.
 */
export function tensorOfNumbers(
  type: DataType,
  dims: readonly number[],
  numbers: number[],
  from: string,
): Tensor | string {
  if (type === 'float16' || type === 'bfloat16') {
    const half = type === 'float16' ? 'fp16' : 'bf16';
    return tensor(type, dims, toHalfBits(half, Float32Array.from(numbers)).bits);
  }
  if (type === 'float32' || type === 'float64') return tensor(type, dims, numbers);
  const [least, most] = bounds[type];
  const wrong = numbers.find(
    (value) => !Number.isInteger(value) || value < Number(least) || value > Number(most),
  );
  if (wrong !== undefined) return `${from} with ${wrong}, which ${type} cannot hold`;
  return type === 'bool'
    ? tensor(type, dims, Uint8Array.from(numbers))
    : tensor(type, dims, numbers);
}

type WholeType = Exclude<keyof TensorDataMap, `float${string}` | 'bfloat16'>;

/** The least and the greatest number; of the 64-bit types as far as a double counts. */
const bounds: Readonly<Record<WholeType, readonly [number, number]>> = {
  bool: [0, 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};
