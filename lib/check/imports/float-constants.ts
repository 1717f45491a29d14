import type { NodeProto } from 'onnx-buf';
import { dequantizeNumbers } from '../../onnx/tensor/dequantize.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import type { CheckContext } from '../context.js';
import { type MendNote, mend } from '../fixes/fix-kind.js';
import { type Quantizer, quantizersOf, weightedOperators } from '../quantizers.js';
import { limits, numbersOfQuantizer } from './numbers.js';

/** Who is served by a quantized constant: the products, a table look-up, and what hands it on to them. */
const users = new Set([...weightedOperators, 'Gather', 'Transpose', 'Reshape', 'Unsqueeze']);

/**
 * Constants of other operators, such as the scale of a normalisation, become the floats that they are
 * dequantized to: TensorRT computes those operators in float, and refuses INT8 constants that it
 * would have to reshape for them.
 */
export const floatConstants = mend({
  code: 'constant-quantized',
  title: 'stores quantized constants that no product uses as the floats they are dequantized to',
  leavesUnused: true,
  async *apply(context, signal) {
    for (const quantizer of quantizersOf(context)) {
      const { kind, scope, input, output, reference } = quantizer;
      if (kind !== 'DQ' || !scope.constant(input) || !limits[quantizer.quantizedType ?? 0])
        continue;
      if (scope.isOutput(output) || scope.consumers(output).some(isUser)) continue;
      yield { node: reference, tensor: input, ...(await toFloat(context, quantizer, signal)) };
    }
  },
});

function isUser({ opType }: NodeProto): boolean {
  return users.has(opType);
}

async function toFloat(
  context: CheckContext,
  quantizer: Quantizer,
  signal: AbortSignal | undefined,
): Promise<MendNote> {
  const { scope, node, input, output } = quantizer;
  const numbers = numbersOfQuantizer(context, quantizer);
  const constant = scope.constant(input);
  if (typeof numbers === 'string') return { left: numbers };
  if (!constant) return { left: 'It is computed.' };
  const { type, dims, data } = await readWeights(context.model, constant, { signal });
  scope.graph.removeNode(node);
  // The readers keep reading a tensor of the same name.
  scope.graph.addInitializer(output, dequantizeNumbers(dims, toNumbers(type, data), numbers));
  return { done: 'The constant is stored in FP32.' };
}
