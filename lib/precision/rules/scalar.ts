import { toDataType } from '../../onnx/element-types.js';
import { isExternal } from '../../onnx/external.js';
import { readInlineWeights } from '../../onnx/weights.js';
import type { Value } from '../value-graph.js';

/** The values of a small constant, such as axes, as numbers; undefined where there is none at hand. */
export function constantNumbers(value: Value | undefined): number[] | undefined {
  const tensor = value?.constant;
  if (!tensor || isExternal(tensor) || !toDataType(tensor.dataType)) return undefined;
  if (tensor.dims.some((dim) => dim > 64n) || tensor.dims.length > 1) return undefined;
  const { type, data } = readInlineWeights(tensor);
  if (type === 'float16' || type === 'bfloat16') return undefined;
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** The value of a constant with one element. */
export function constantNumber(value: Value | undefined): number | undefined {
  const numbers = constantNumbers(value);
  return numbers?.length === 1 ? numbers[0] : undefined;
}
