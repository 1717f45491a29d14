import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';
import type { CheckContext } from '../context.js';
import { type MendNote, mend } from '../fixes/fix-kind.js';
import { isBlocked, type Quantizer, quantizersOf } from '../quantizers.js';

/** The least and the largest number of the types that a weight can be stored in here. */
const limits: Readonly<Record<number, readonly [number, number]>> = {
  [ElementType.INT8]: [-128, 127],
  [ElementType.UINT8]: [0, 255],
};

/** A float constant behind QuantizeLinear becomes what QuantizeLinear makes of it. */
export const storeWeights = mend({
  code: 'weight-stored-float',
  title: 'stores float weights that are quantized in the graph as the integers they become',
  leavesUnused: true,
  async *apply(context, signal) {
    for (const quantizer of quantizersOf(context)) {
      const weight = quantizer.scope.constant(quantizer.input);
      if (quantizer.kind !== 'Q' || !weight) continue;
      const place = { node: quantizer.reference, tensor: quantizer.input };
      yield { ...place, ...(await storeWeight(context, quantizer, weight, signal)) };
    }
  },
});

async function storeWeight(
  context: CheckContext,
  quantizer: Quantizer,
  weight: TensorProto,
  signal: AbortSignal | undefined,
): Promise<MendNote> {
  const { scope, node, input, output } = quantizer;
  const scales = context.numbers(quantizer.scale);
  const zeros = quantizer.hasZeroPoint ? context.numbers(quantizer.zeroPoint) : [0];
  if (!scales || !zeros) return { left: 'Its scale or its zero point is no constant.' };
  if (weight.dataType !== ElementType.FLOAT || quantizer.scale?.dataType !== ElementType.FLOAT) {
    return { left: 'It is not FP32, and TensorRT rounds it by itself.' };
  }
  if (isBlocked(quantizer)) return { left: 'It is quantized in blocks.' };
  if (!limits[quantizer.quantizedType ?? 0]) return { left: 'It becomes neither INT8 nor UINT8.' };
  if (scope.isOutput(output)) return { left: 'The quantized weight is an output of the graph.' };
  const values = await readWeights(context.model, weight, { signal });
  const isUnsigned = quantizer.quantizedType === ElementType.UINT8;
  const stored = quantized(values as Tensor<'float32'>, {
    scales,
    zeros,
    axis: getInt(node, 'axis') ?? 1,
    isUnsigned,
  });
  const name = scope.graph.uniqueName(`${input}_${stored.type}`);
  scope.graph.addInitializer(name, stored);
  scope.graph.replaceUses(output, name);
  return { done: `The weight is stored as ${isUnsigned ? 'UINT8' : 'INT8'}.` };
}

interface Quantization {
  readonly scales: ArrayLike<number>;
  readonly zeros: ArrayLike<number>;
  readonly axis: number;
  readonly isUnsigned: boolean;
}

/** As ONNX defines QuantizeLinear: x / scale in float32, rounded half to even, clipped. */
function quantized(
  { dims, data }: Tensor<'float32'>,
  { scales, zeros, axis, isUnsigned }: Quantization,
): Tensor<'int8' | 'uint8'> {
  const [least, largest] = limits[isUnsigned ? ElementType.UINT8 : ElementType.INT8] as [
    number,
    number,
  ];
  const inner = elementCount(dims.slice((axis < 0 ? axis + dims.length : axis) + 1));
  const values = isUnsigned ? new Uint8Array(data.length) : new Int8Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const channel = Math.floor(index / inner);
    const scale = scales[scales.length === 1 ? 0 : channel % scales.length] as number;
    const zero = zeros[zeros.length === 1 ? 0 : channel % zeros.length] as number;
    const steps = roundHalfToEven(Math.fround((data[index] as number) / scale)) + zero;
    values[index] = Math.min(largest, Math.max(least, steps));
  }
  return values instanceof Uint8Array
    ? tensor('uint8', dims, values)
    : tensor('int8', dims, values);
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
