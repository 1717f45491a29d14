import { setImmediate as nextTurn } from 'node:timers/promises';
import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { readWeights } from '../../onnx/tensor/weights.js';
import type { Tensor } from '../../tensor.js';
import type { CheckContext } from '../context.js';
import { type MendNote, mend } from '../fixes/fix-kind.js';
import { type Quantizer, quantizersOf } from '../quantizers.js';
import { limits, numbersOfQuantizer, quantizeNumbers } from './numbers.js';

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
  const { scope, input, output, quantizedType = ElementType.UNDEFINED } = quantizer;
  const numbers = numbersOfQuantizer(context, quantizer);
  if (typeof numbers === 'string') return { left: numbers };
  if (weight.dataType !== ElementType.FLOAT) return { left: 'It is not FP32.' };
  if (!limits[quantizedType]) return { left: 'It becomes neither INT8 nor UINT8.' };
  if (scope.isOutput(output)) return { left: 'The quantized weight is an output of the graph.' };
  // A large weight takes a while: the event loop gets its turn between two.
  await nextTurn();
  const values = await readWeights(context.model, weight, { signal });
  const stored = quantizeNumbers(values as Tensor<'float32'>, numbers, quantizedType);
  const name = scope.graph.uniqueName(`${input}_${stored.type}`);
  scope.graph.addInitializer(name, stored);
  scope.graph.replaceUses(output, name);
  return { done: `The weight is stored as ${stored.type.toUpperCase()}.` };
}
