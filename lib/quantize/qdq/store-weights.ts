import { create } from '@bufbuild/protobuf';
import { type TensorProto, TensorProtoSchema } from 'onnx-buf';
import { loadAddon } from '../../native.js';
import { bytesOf, elementCount, type Tensor, tensor } from '../../tensor.js';
import type { PlannedWeight } from '../placement/plan.js';
import { numberTypes, type QuantizedType } from './number-types.js';

/** How the weights of a model are to be stored. */
export interface WeightForm {
  readonly type: QuantizedType;
  /**
   * How many neighbours along the summed axis share a scale; undefined for one scale per output
   * channel; `'auto'` for the largest size that divides the axis.
   */
  readonly blockSize: number | 'auto' | undefined;
}

/** A weight as it stands in the file, with what its DequantizeLinear has to say. */
export interface StoredWeight {
  readonly type: QuantizedType;
  readonly dims: readonly number[];
  /** As in `raw_data`: INT4 two in a byte. */
  readonly bytes: Uint8Array;
  readonly scales: Tensor<'float32'>;
  /** The axis that the scales differ along, or that is cut into blocks. */
  readonly axis: number;
  readonly blockSize: number | undefined;
}

/** Block sizes of `'auto'`, the best first: 128 is what INT4 kernels are made for. */
const blockSizes = [128, 64, 32, 16];

/**
 * Quantizes one weight.
 *
 * @returns why it cannot be, for the report, where it cannot.
 */
export function storeWeight(
  weight: Tensor<'float32'>,
  planned: PlannedWeight,
  form: WeightForm,
): StoredWeight | string {
  const stored =
    form.blockSize === undefined
      ? storeChannels(weight, planned.axis, form.type)
      : storeBlocks(weight, planned.axis, form);
  return stored ?? 'has NaN or infinite values';
}

function storeChannels(
  { dims, data }: Tensor<'float32'>,
  axis: number,
  type: QuantizedType,
): StoredWeight | null {
  const { quantizeWeights, quantizeFloat8 } = loadAddon();
  const quantizeChannels = type === 'fp8' ? quantizeFloat8 : quantizeWeights;
  const [outer, channels, inner] = seenFrom(dims, axis);
  const quantized = quantizeChannels(data, outer, channels, inner);
  if (!quantized) return null;
  const scales = tensor('float32', [channels], quantized.scales);
  return { type, dims, bytes: bytesOf(quantized.values), scales, axis, blockSize: undefined };
}

function storeBlocks(
  { dims, data }: Tensor<'float32'>,
  channelAxis: number,
  { type, blockSize: wanted }: WeightForm,
): StoredWeight | string | null {
  if (dims.length !== 2) return `has rank ${dims.length}, and only matrices are cut into blocks`;
  const axis = 1 - channelAxis;
  const [outer, length, inner] = seenFrom(dims, axis);
  const blockSize = wanted === 'auto' ? blockSizes.find((size) => length % size === 0) : wanted;
  // With a shorter last block, ONNX and TensorRT understand different block sizes.
  if (blockSize === undefined || length % blockSize !== 0) {
    return `has ${length} terms to a sum, which blocks of ${blockSize ?? blockSizes.at(-1)} do not divide`;
  }
  const bits = type === 'int4' ? 4 : 8;
  const quantized = loadAddon().quantizeBlocks(data, outer, length, inner, blockSize, bits);
  if (!quantized) return null;
  const bytes = type === 'int4' ? packed(quantized.values) : bytesOf(quantized.values);
  const scaleDims = dims.with(axis, length / blockSize);
  const scales = tensor('float32', scaleDims, quantized.scales);
  return { type, dims, bytes, scales, axis, blockSize };
}

/** The dims of a tensor as three: before an axis, the axis, behind it. */
function seenFrom(dims: readonly number[], axis: number): [number, number, number] {
  return [
    elementCount(dims.slice(0, axis)),
    dims[axis] as number,
    elementCount(dims.slice(axis + 1)),
  ];
}

/** Two numbers to a byte, the first in the low bits (onnx.proto, `raw_data`). */
function packed(values: Int8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 2));
  for (let index = 0; index < values.length; index++) {
    const bits = (values[index] as number) & 0xf;
    bytes[index >> 1] = (bytes[index >> 1] as number) | (bits << (4 * (index & 1)));
  }
  return bytes;
}

/** The initializer of a stored weight. */
export function weightProto({ type, dims, bytes }: StoredWeight): TensorProto {
  return rawTensor(type, dims, bytes);
}

/** A tensor of a quantized type, which mostly has no typed array. */
export function rawTensor(
  type: QuantizedType,
  dims: readonly number[],
  bytes: Uint8Array,
): TensorProto {
  return create(TensorProtoSchema, {
    dataType: numberTypes[type].elementType,
    dims: dims.map(BigInt),
    rawData: bytes as Uint8Array<ArrayBuffer>,
  });
}
