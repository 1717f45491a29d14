import type { NodeProto } from 'onnx-buf';
import { getFloat } from '../../onnx/attributes.js';
import { isExternal } from '../../onnx/file/external.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { readInlineWeights } from '../../onnx/tensor/weights.js';
import { type Tensor, tensor } from '../../tensor.js';

/** Where the bias of a layer is: an input of a node. */
interface BiasInput {
  readonly node: NodeProto;
  readonly index: number;
  readonly values: Float32Array;
}

/**
 * Adds a number per output channel to the bias of a MatMul or Gemm. Its bias is that of the Gemm or of
 * the Add behind the product; where there is none, an Add is put there.
 */
export function addToBias(graph: Graph, layer: NodeProto, addend: Float32Array): void {
  const bias = findBias(graph, layer, addend.length);
  const output = layer.output[0] as string;
  const name = graph.uniqueName(`${output}_corrected_bias`);
  if (!bias) {
    graph.addInitializer(name, tensor('float32', [addend.length], addend));
    const label = graph.uniqueName(`${output}_corrected`);
    graph.insertNode(output, { opType: 'Add', inputs: [name], name: label });
    return;
  }
  const { node, index, values } = bias;
  const sums = addend.map((value, channel) => value + (values[channel % values.length] as number));
  graph.addInitializer(name, tensor('float32', [addend.length], sums));
  graph.replaceInput(node, index, name);
}

function findBias(graph: Graph, layer: NodeProto, channels: number): BiasInput | undefined {
  if (layer.opType === 'Gemm' && layer.input[2] && (getFloat(layer, 'beta') ?? 1) === 1) {
    return toBias(graph, layer, 2, channels);
  }
  const output = layer.output[0] as string;
  const [reader, ...others] = graph.consumers(output);
  if (reader?.opType !== 'Add' || others.length > 0 || graph.isOutput(output)) return undefined;
  return toBias(graph, reader, reader.input[0] === output ? 1 : 0, channels);
}

function toBias(
  graph: Graph,
  node: NodeProto,
  index: number,
  channels: number,
): BiasInput | undefined {
  const proto = graph.constant(node.input[index] as string);
  if (!proto || isExternal(proto) || toDataType(proto.dataType) !== 'float32') return undefined;
  const { dims, data } = readInlineWeights(proto) as Tensor<'float32'>;
  const isBias = dims.length <= 1 && (data.length === 1 || data.length === channels);
  return isBias ? { node, index, values: data } : undefined;
}
