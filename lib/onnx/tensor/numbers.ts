import { getFloat16 } from '@petamoriken/float16';
import type { TensorProto } from 'onnx-buf';
import { elementCount, type Tensor } from '../../tensor.js';
import { isExternal } from '../file/external.js';
import { toDataType } from './element-types.js';
import { readInlineWeights } from './weights.js';

/**
 * The number in a tensor with one element, whatever its type; undefined for tensors with more,
 * without a typed array, or in an external file.
 */
export function scalarValue(proto: TensorProto): number | undefined {
  if (elementCount(proto.dims.map(Number)) !== 1) return undefined;
  if (isExternal(proto) || toDataType(proto.dataType) === undefined) return undefined;
  return numbersOf(readInlineWeights(proto))[0];
}

/** The elements of a tensor as numbers; those of 64-bit integers past 2^53 are rounded. */
export function numbersOf({ type, data }: Tensor): number[] {
  if (type === 'float16') return Array.from(data, fromHalf);
  if (type === 'bfloat16') return Array.from(data, fromBfloat);
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

function fromHalf(bits: number): number {
  return getFloat16(new DataView(Uint16Array.of(bits).buffer), 0, true);
}

/** The upper half of a float32. */
function fromBfloat(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] as number;
}
