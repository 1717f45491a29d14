import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';
import type { CheckContext } from '../context.js';
import { isBlocked, type Quantizer } from '../quantizers.js';

/** The least and the largest number of the types that other tools quantize to. */
export const limits: Readonly<Record<number, readonly [least: number, largest: number]>> = {
  [ElementType.INT8]: [-128, 127],
  [ElementType.UINT8]: [0, 255],
};

/** The constants of a QuantizeLinear or a DequantizeLinear, one for all or one per channel. */
export interface Numbers {
  readonly scales: ArrayLike<number>;
  readonly zeros: ArrayLike<number>;
  /** As it is written, perhaps negative; without meaning where there is one scale. */
  readonly axis: number;
}

/** The numbers of a quantizer in FP32, or why they cannot be had. */
export function numbersOfQuantizer(context: CheckContext, quantizer: Quantizer): Numbers | string {
  const scales = context.numbers(quantizer.scale);
  const zeros = quantizer.hasZeroPoint ? context.numbers(quantizer.zeroPoint) : [0];
  if (!scales || !zeros) return 'Its scale or its zero point is no constant.';
  if (quantizer.scale?.dataType !== ElementType.FLOAT) return 'Its scale is not FP32.';
  if (isBlocked(quantizer)) return 'It is quantized in blocks.';
  return { scales, zeros, axis: getInt(quantizer.node, 'axis') ?? 1 };
}

/** As ONNX defines QuantizeLinear: x / scale in float32, rounded half to even, clipped. */
export function quantizeNumbers(
  { dims, data }: Tensor<'float32'>,
  numbers: Numbers,
  elementType: number,
): Tensor<'int8' | 'uint8'> {
  const [least, largest] = limits[elementType] as readonly [number, number];
  const isUnsigned = elementType === ElementType.UINT8;
  const values = isUnsigned ? new Uint8Array(data.length) : new Int8Array(data.length);
  const { scales, zeros } = numbers;
  forEachChannel(dims, numbers, (index, channel) => {
    const scale = scales[channel] as number;
    const steps = roundHalfToEven(Math.fround((data[index] as number) / scale));
    const zero = zeros[zeros.length === 1 ? 0 : channel] as number;
    values[index] = Math.min(largest, Math.max(least, steps + zero));
  });
  return values instanceof Uint8Array
    ? tensor('uint8', dims, values)
    : tensor('int8', dims, values);
}

/** As ONNX defines DequantizeLinear. */
export function dequantizeNumbers(
  dims: readonly number[],
  data: ArrayLike<number>,
  numbers: Numbers,
): Tensor<'float32'> {
  const values = new Float32Array(data.length);
  const { scales, zeros } = numbers;
  forEachChannel(dims, numbers, (index, channel) => {
    const steps = (data[index] as number) - (zeros[zeros.length === 1 ? 0 : channel] as number);
    values[index] = steps * (scales[channel] as number);
  });
  return tensor('float32', dims, values);
}

/** Calls with each place in the data and its channel, which is 0 where there is one scale. */
function forEachChannel(
  dims: readonly number[],
  { scales, axis }: Numbers,
  visit: (index: number, channel: number) => void,
): void {
  const count = elementCount(dims);
  const inner =
    scales.length === 1
      ? count
      : elementCount(dims.slice((axis < 0 ? axis + dims.length : axis) + 1));
  for (let index = 0, channel = 0; index < count; channel = (channel + 1) % scales.length) {
    for (const end = index + inner; index < end; index++) visit(index, channel);
  }
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
