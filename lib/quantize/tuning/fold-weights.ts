import type { NodeProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { readInlineWeights } from '../../onnx/tensor/weights.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';

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
  const values = dequantize(
    readInlineWeights(stored) as Tensor<'int8'>,
    readInlineWeights(scales) as Tensor<'float32'>,
    getInt(node, 'axis') ?? 1,
  );
  const folded = graph.uniqueName(`${weight}_dequantized`);
  graph.addInitializer(folded, tensor('float32', stored.dims.map(Number), values));
  graph.replaceUses(node.output[0] as string, folded);
}

function dequantize(
  { dims, data }: Tensor<'int8'>,
  { dims: scaleDims, data: scales }: Tensor<'float32'>,
  axis: number,
): Float32Array {
  const values = new Float32Array(data.length);
  const channels = scaleDims.length === 0 ? 1 : scales.length;
  const inner = scaleDims.length === 0 ? data.length : elementCount(dims.slice(axis + 1));
  for (let start = 0, row = 0; start < data.length; start += inner, row++) {
    const factor = scales[row % channels] as number;
    for (let i = start; i < start + inner; i++) values[i] = (data[i] as number) * factor;
  }
  return values;
}
