import type { NodeProto, TensorProto } from 'onnx-buf';
import { getFloat, getInt } from '../../onnx/attributes.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { movers } from '../../onnx/patterns/attention.js';
import { elementTypeName, toDataType } from '../../onnx/tensor/element-types.js';
import { better, type Candidate, never, type Obstacle, stays } from './candidate.js';
import { throughIdentities } from './constants.js';
import type { PlacementContext } from './context.js';
import { smallestSide } from './limits.js';

/** How many nodes are followed from a layer to what cuts its output, and from there to a product. */
const farthest = 6;

/**
 * A MatMul or Gemm as a linear layer: an activation times a constant matrix. Null is for the product
 * of two computed tensors, which is none.
 *
 * @param weightsOnly - whether activations stay in float.
 */
export function linearCandidate(
  context: PlacementContext,
  node: NodeProto,
  weightsOnly: boolean,
): Candidate | null {
  const { graph } = context;
  const [input = '', factor = ''] = node.input;
  const weight = throughIdentities(graph, factor);
  const obstacle = whyInputsDoNotFit(context, input, weight);
  if (obstacle) return stays(node, 'linear', obstacle);
  const value = graph.constant(weight);
  if (!value) return null;
  const problem =
    whyAttributesDoNotFit(node) ??
    whyWeightDoesNotFit(value) ??
    (weightsOnly
      ? undefined
      : (whyVectorsDoNotPay(context, input) ?? whyCutDoesNotFit(context, node)));
  const axis = getInt(node, 'transB') === 1 ? 0 : 1;
  return {
    node,
    role: 'linear',
    unit: node.name,
    reason: weightsOnly
      ? `constant weight '${weight}', activations in float`
      : `constant weight '${weight}', calibrated input '${input}'`,
    activations: weightsOnly ? [] : [{ index: 0, tensor: input }],
    weight: { index: 1, tensor: weight, axis },
    needs: [],
    obstacle: () => problem,
  };
}

function whyInputsDoNotFit(
  context: PlacementContext,
  input: string,
  weight: string,
): Obstacle | undefined {
  const { graph } = context;
  if (context.hasQdq(input) || context.hasQdq(weight)) {
    return never('the model has Q/DQ nodes here already');
  }
  const hasConstantInput = graph.constant(input) !== undefined;
  const hasConstantWeight = graph.constant(weight) !== undefined;
  if (hasConstantInput && hasConstantWeight) return never('both factors are constant');
  if (hasConstantInput) return never('the constant is the first factor, not the second');
  const { opType, input: inputs = [] } = graph.producer(weight) ?? {};
  if (opType === 'Transpose' && graph.constant(throughIdentities(graph, inputs[0] ?? ''))) {
    return never('its weight passes through a Transpose, which simplify() folds');
  }
  return undefined;
}

/** TensorRT lowers these to operations between DequantizeLinear and the product, which stop INT8. */
function whyAttributesDoNotFit(node: NodeProto): Obstacle | undefined {
  if (node.opType !== 'Gemm') return undefined;
  if (getInt(node, 'transA')) return never('its input is transposed (transA = 1)');
  const alpha = getFloat(node, 'alpha') ?? 1;
  return alpha === 1 ? undefined : never(`its product is scaled (alpha = ${alpha})`);
}

function whyWeightDoesNotFit({ dataType, dims }: TensorProto): Obstacle | undefined {
  if (toDataType(dataType) !== 'float32') {
    return never(`its weight is ${elementTypeName(dataType)}, not FLOAT`);
  }
  if (dims.length !== 2) return never(`its weight has rank ${dims.length}, not 2`);
  if (dims.some((dim) => dim < smallestSide)) {
    return better(
      `its weight is [${dims.join(', ')}], and INT8 needs at least ${smallestSide} on each side`,
    );
  }
  return undefined;
}

/** A product with one row reads the weight once for each use of it: memory, not arithmetic, is slow. */
function whyVectorsDoNotPay(context: PlacementContext, input: string): Obstacle | undefined {
  const isVector = context.largestDims(input).every(({ dims }) => {
    return dims?.slice(0, -1).every((dim) => dim === 1) ?? false;
  });
  return isVector
    ? better(
        "its input has one row only, so that INT8 arithmetic does not pay; 'weights-only' does",
      )
    : undefined;
}

/**
 * Queries, keys and values from one product, as GPT-2 and ViT of timm make them. Seen in plans of
 * TensorRT for RTX 1.7: the cut is moved through the product into the weight, which is then
 * dequantized by a kernel of its own, and the product computes in float.
 */
function whyCutDoesNotFit({ graph }: PlacementContext, node: NodeProto): Obstacle | undefined {
  const cuts = cutsBehind(graph, node.output[0] ?? '');
  const fed = new Set<string>();
  for (const { output } of cuts) for (const part of output) addFedInputs(graph, part, fed);
  // Rotary positions cut one factor in two, which meet again before the product.
  if (fed.size < 2) return undefined;
  return better(
    `its output is cut into factors of attention by '${cuts[0]?.name}', which TensorRT for RTX 1.7 moves into the weight, and then computes in float`,
  );
}

const cutters = new Set(['Split', 'Slice', 'Gather']);

/** The nodes that cut what a layer makes, where nothing else reads it. */
function cutsBehind(graph: Graph, tensor: string, depth = 0): readonly NodeProto[] {
  const readers = graph.consumers(tensor).filter(({ opType }) => opType !== 'Shape');
  const [reader] = readers;
  if (!reader || depth > farthest) return [];
  if (readers.every(({ opType }) => cutters.has(opType))) return readers;
  const addsBias = reader.opType === 'Add' && reader.input.some((name) => graph.constant(name));
  const passes = readers.length === 1 && (addsBias || movers.has(reader.opType));
  return passes ? cutsBehind(graph, reader.output[0] ?? '', depth + 1) : [];
}

/** Adds the inputs of products of two computed tensors that a tensor is moved into. */
function addFedInputs(graph: Graph, tensor: string, fed: Set<string>, depth = 0): void {
  if (depth > farthest) return;
  for (const reader of graph.consumers(tensor)) {
    if (reader.opType === 'MatMul') {
      if (reader.input.some((name) => graph.constant(name))) continue;
      fed.add(`${reader.input.indexOf(tensor)} of ${reader.name}`);
    }
    // The scale may be computed, from the size of a head.
    const passes =
      reader.opType === 'Mul' || reader.opType === 'Concat' || movers.has(reader.opType);
    if (passes) addFedInputs(graph, reader.output[0] ?? '', fed, depth + 1);
  }
}
