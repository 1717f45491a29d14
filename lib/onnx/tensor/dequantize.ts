import { elementCount, type Tensor, tensor } from '../../tensor.js';

/** The constants of a QuantizeLinear or a DequantizeLinear, one for all or one per channel. */
export interface QuantizationNumbers {
  readonly scales: ArrayLike<number>;
  readonly zeros: ArrayLike<number>;
  /** As it is written, perhaps negative; without meaning where there is one scale. */
  readonly axis: number;
}

/** As ONNX defines DequantizeLinear. */
export function dequantizeNumbers(
  dims: readonly number[],
  data: ArrayLike<number>,
  numbers: QuantizationNumbers,
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
export function forEachChannel(
  dims: readonly number[],
  { scales, axis }: QuantizationNumbers,
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
