import type { NodeProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { dequantizeNumbers } from '../../onnx/tensor/dequantize.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { readInlineWeights } from '../../onnx/tensor/weights.js';
import type { Tensor } from '../../tensor.js';

/**
 * Puts float values in the place of INT8 weights. The products then compute in float what INT8 kernels
 * compute but for the last digits, which on a CPU without INT8 instructions is faster.
 */
export function foldInt8Weights(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.opType === 'DequantizeLinear') fold(graph, node);
  }
  graph.removeUnused();
}

/** Weights in blocks, and those that are computed, stay as they are. */
function fold(graph: Graph, node: NodeProto): void {
  const [weight = '', scale = ''] = node.input;
  const stored = graph.constant(weight);
  const scales = graph.constant(scale);
  if (!stored || !scales || toDataType(stored.dataType) !== 'int8') return;
  if (scales.dims.length > 1) return;
  const { dims, data } = readInlineWeights(stored) as Tensor<'int8'>;
  const numbers = {
    scales: (readInlineWeights(scales) as Tensor<'float32'>).data,
    zeros: [0],
    axis: getInt(node, 'axis') ?? 1,
  };
  const folded = graph.uniqueName(`${weight}_dequantized`);
  graph.addInitializer(folded, dequantizeNumbers(dims, data, numbers));
  graph.replaceUses(node.output[0] as string, folded);
}
