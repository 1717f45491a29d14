import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { forEachChannel, type QuantizationNumbers } from '../../onnx/tensor/dequantize.js';
import { type Tensor, tensor } from '../../tensor.js';
import type { CheckContext } from '../context.js';
import { isBlocked, type Quantizer } from '../quantizers.js';

/** The least and the largest number of the types that other tools quantize to. */
export const limits: Readonly<Record<number, readonly [least: number, largest: number]>> = {
  [ElementType.INT8]: [-128, 127],
  [ElementType.UINT8]: [0, 255],
};

/** The numbers of a quantizer in FP32, or why they cannot be had. */
export function numbersOfQuantizer(
  context: CheckContext,
  quantizer: Quantizer,
): QuantizationNumbers | string {
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
  numbers: QuantizationNumbers,
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

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
