import type { NodeProto } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { getFloat, getInt } from '../../onnx/attributes.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { subgraphsOf } from '../../onnx/graph/subgraphs.js';
import type { Model } from '../../onnx/model.js';
import { elementTypeName, toDataType } from '../../onnx/tensor/element-types.js';

/** A MatMul or Gemm that multiplies an activation by a constant matrix INT8 can take. */
export interface LinearNode {
  readonly node: NodeProto;
  /** The tensor that enters it. */
  readonly input: string;
  /** The initializer, or the output of the `Constant` node, that it multiplies by. */
  readonly weight: string;
  /** The axis of the weight that counts the output channels: 1 of [K, N], 0 of [N, K]. */
  readonly axis: 0 | 1;
}

/** A MatMul or Gemm that stays in float, and why. */
export interface FloatNode {
  readonly node: NodeProto;
  readonly reason: string;
}

/** Below this, a product fills no INT8 tile of a tensor core, and conversion costs more than it saves. */
const smallestSide = 16;

/** Per-channel scales came with version 13 of QuantizeLinear and DequantizeLinear. */
const smallestOpset = 13;

/** Every MatMul and Gemm of a graph and of its sub-graphs, in graph order. */
export function findMatrixProducts(graph: Graph): (LinearNode | FloatNode)[] {
  return graph.nodes.flatMap((node) =>
    isMatrixProduct(node) ? [classify(graph, node)] : productsInSubgraphs(node),
  );
}

export function isLinear(node: LinearNode | FloatNode): node is LinearNode {
  return 'weight' in node;
}

/**
 * The nodes of a model that can become INT8.
 *
 * @throws TensorRTError `ERR_ONNX_INVALID` when the model's opset has no per-channel scales,
 * `ERR_CALIBRATION` when it has no such node.
 */
export function findLinearNodes(model: Model): LinearNode[] {
  if (model.opset < smallestOpset) {
    throw new TensorRTError(
      'ERR_ONNX_INVALID',
      `The model imports opset ${model.opset}, and INT8 with a scale per channel needs ${smallestOpset}.`,
      {
        file: model.path,
        remedy: `Export it with opset ${smallestOpset} or later, or convert it by onnx.version_converter: operators such as Softmax and Squeeze changed their meaning in between.`,
      },
    );
  }
  const products = findMatrixProducts(model.graph);
  const linear = products.filter(isLinear);
  if (linear.length > 0) return linear;
  const reasons = new Set(products.map((product) => (product as FloatNode).reason));
  throw new TensorRTError(
    'ERR_CALIBRATION',
    products.length === 0
      ? 'The model has no MatMul and no Gemm, and nothing else is quantized.'
      : `None of the ${products.length} MatMul and Gemm nodes can be quantized: ${[...reasons].join('; ')}.`,
    { file: model.path },
  );
}

function isMatrixProduct({ opType, domain }: NodeProto): boolean {
  return (opType === 'MatMul' || opType === 'Gemm') && (domain === '' || domain === 'ai.onnx');
}

function productsInSubgraphs(owner: NodeProto): FloatNode[] {
  const reason = `it is inside a sub-graph of ${owner.opType} '${owner.name}'`;
  return subgraphsOf(owner).flatMap((graph) =>
    graph.node.flatMap((node) =>
      isMatrixProduct(node) ? [{ node, reason }] : productsInSubgraphs(node),
    ),
  );
}

function classify(graph: Graph, node: NodeProto): LinearNode | FloatNode {
  const [input = '', weight = ''] = node.input;
  const reason =
    whyInputsDoNotFit(graph, input, weight) ??
    whyAttributesDoNotFit(node) ??
    whyWeightDoesNotFit(graph, weight);
  if (reason) return { node, reason };
  return { node, input, weight, axis: getInt(node, 'transB') === 1 ? 0 : 1 };
}

function whyInputsDoNotFit(graph: Graph, input: string, weight: string): string | undefined {
  if (isQuantized(graph, input) || isQuantized(graph, weight)) {
    return 'the model has Q/DQ nodes here already';
  }
  const hasConstantInput = graph.constant(input) !== undefined;
  const hasConstantWeight = graph.constant(weight) !== undefined;
  if (hasConstantInput && hasConstantWeight) return 'both factors are constant';
  if (hasConstantInput) return 'the constant is the first factor, not the second';
  if (!hasConstantWeight) return 'both factors are computed at run time';
  return undefined;
}

/** Covers the operators of ONNX, those of TensorRT's own domain and the dynamic one. */
function isQuantized(graph: Graph, tensor: string): boolean {
  const { opType = '' } = graph.producer(tensor) ?? {};
  return (
    /(Quantize|Dequantize)Linear$/.test(opType) ||
    graph.consumers(tensor).some((consumer) => consumer.opType.endsWith('QuantizeLinear'))
  );
}

/** TensorRT lowers these to operations between DequantizeLinear and the product, which stop INT8. */
function whyAttributesDoNotFit(node: NodeProto): string | undefined {
  if (node.opType !== 'Gemm') return undefined;
  if (getInt(node, 'transA')) return 'its input is transposed (transA = 1)';
  const alpha = getFloat(node, 'alpha') ?? 1;
  return alpha === 1 ? undefined : `its product is scaled (alpha = ${alpha})`;
}

function whyWeightDoesNotFit(graph: Graph, weight: string): string | undefined {
  const { dataType, dims } = graph.constant(weight) ?? { dataType: 0, dims: [] };
  if (toDataType(dataType) !== 'float32') {
    return `its weight is ${elementTypeName(dataType)}, not FLOAT`;
  }
  if (dims.length !== 2) return `its weight has rank ${dims.length}, not 2`;
  if (dims.some((dim) => dim < smallestSide)) {
    return `its weight is [${dims.join(', ')}], and INT8 needs at least ${smallestSide} on each side`;
  }
  return undefined;
}
