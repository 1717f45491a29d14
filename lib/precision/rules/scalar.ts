import { smallNumbers } from '../../onnx/tensor/numbers.js';
import type { Value } from '../value-graph.js';

/** Axes and exponents have no more elements. */
const longest = 64;

/** The elements of a small constant in the model itself; undefined for others. */
export function constantNumbers(value: Value | undefined): number[] | undefined {
  return value?.constant && smallNumbers(value.constant, longest);
}

/** The value of a constant with one element. */
export function constantNumber(value: Value | undefined): number | undefined {
  const numbers = constantNumbers(value);
  return numbers?.length === 1 ? numbers[0] : undefined;
}
