import type { NodeProto, TensorProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { CheckContext } from '../context.js';
import { mend } from '../fixes/fix-kind.js';
import { type Quantizer, quantizersOf } from '../quantizers.js';

/**
 * Of several Q, or DQ, of one tensor with the same numbers, one remains: TensorRT merges products
 * that read the same tensor, such as query, key and value, only then.
 */
export const sharePairs = mend({
  code: 'pair-repeated',
  title: 'lets all who read a tensor quantized alike share one pair',
  leavesUnused: true,
  *apply(context) {
    const firsts = new Map<string, string>();
    const removed: NodeProto[] = [];
    // In graph order: once two Q are one, their DQ read the same tensor.
    const quantizers = new Map(quantizersOf(context).map((one) => [one.node, one]));
    for (const node of [...context.main.graph.nodes]) {
      const quantizer = quantizers.get(node);
      const key = quantizer && keyOf(context, quantizer);
      if (!quantizer || key === undefined || quantizer.scope.isOutput(quantizer.output)) continue;
      const first = firsts.get(key);
      if (first === undefined) {
        firsts.set(key, quantizer.output);
        continue;
      }
      context.main.graph.replaceUses(quantizer.output, first);
      removed.push(node);
      const kind = quantizer.kind === 'Q' ? 'QuantizeLinear' : 'DequantizeLinear';
      yield {
        node: quantizer.reference,
        tensor: node.input[0],
        done: `Its readers share another ${kind} with the same numbers.`,
      };
    }
    context.main.graph.removeNodes(removed);
  },
});

/** Equal for nodes that compute the same; undefined where their numbers are not known. */
function keyOf(context: CheckContext, quantizer: Quantizer): string | undefined {
  const { kind, node, scale, zeroPoint, hasZeroPoint, quantizedType } = quantizer;
  if (!scale || (hasZeroPoint && !zeroPoint)) return undefined;
  const numbers = (tensor: TensorProto | undefined) => {
    const values = context.numbers(tensor);
    return values && `${tensor?.dataType}[${tensor?.dims}]${Array.from(values)}`;
  };
  const scales = numbers(scale);
  const zeros = hasZeroPoint ? numbers(zeroPoint) : 'none';
  if (scales === undefined || zeros === undefined) return undefined;
  const attributes = ['axis', 'block_size', 'output_dtype', 'saturate'].map((name) =>
    getInt(node, name),
  );
  // The input as it is now, when an earlier node has been replaced.
  return [kind, node.input[0], quantizedType, scales, zeros, ...attributes].join('|');
}
