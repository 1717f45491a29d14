import { isExternal } from '../../onnx/file/external.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { numbersOf } from '../../onnx/tensor/scalar.js';
import { readInlineWeights } from '../../onnx/tensor/weights.js';
import { elementCount } from '../../tensor.js';
import type { Value } from '../value-graph.js';

/** Axes and exponents have no more elements. */
const longest = 64;

/** The elements of a small constant in the model itself; undefined for others. */
export function constantNumbers(value: Value | undefined): number[] | undefined {
  const tensor = value?.constant;
  if (!tensor || isExternal(tensor) || !toDataType(tensor.dataType)) return undefined;
  if (elementCount(tensor.dims.map(Number)) > longest) return undefined;
  return numbersOf(readInlineWeights(tensor));
}

/** The value of a constant with one element. */
export function constantNumber(value: Value | undefined): number | undefined {
  const numbers = constantNumbers(value);
  return numbers?.length === 1 ? numbers[0] : undefined;
}
