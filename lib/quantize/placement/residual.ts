import type { NodeProto } from 'onnx-buf';
import { movers } from '../../onnx/patterns/attention.js';
import { better, type Candidate, never, type Obstacle } from './candidate.js';
import { throughIdentities } from './constants.js';
import type { PlacementContext } from './context.js';
import type { PlacementOptions } from './options.js';

/** Stand between a layer and the Add that ends its branch, where their other inputs are constant. */
const epilogues = new Set(['Add', 'Sub', 'Mul', 'Div', 'Dropout', 'BatchNormalization']);

/** Activations that TensorRT fuses with a convolution. */
const activations = new Set(['Relu', 'LeakyRelu', 'Clip', 'HardSwish']);

/** How many nodes are followed from an Add to the layer of its branch. */
const farthest = 8;

/** How many nodes are looked at to learn whether a branch started from a tensor. */
const mostVisited = 2000;

/** An Add that ends a branch. */
interface Join {
  /** The layer that the branch ends with. */
  readonly layer: NodeProto;
  /** Which input the branch comes in by. */
  readonly index: 0 | 1;
  /** Whether the other input is what the branch started from, or a layer's output of that. */
  readonly isSkip: boolean;
}

/**
 * An Add that joins a branch of layers with what it started from. Null is for other sums: of a bias,
 * a mask, embeddings, and inside activations and normalisations.
 *
 * A linear layer's output and the skip connection are both quantized, as in NVIDIA's QDQBERT. With
 * convolutions it is the skip connection only, as the Add becomes part of the convolution.
 *
 * @param isLayer - whether a node is a candidate with a weight.
 */
export function residualCandidate(
  context: PlacementContext,
  node: NodeProto,
  isLayer: (node: NodeProto) => boolean,
  { residuals = true }: Pick<PlacementOptions, 'residuals'>,
): Candidate | null {
  const join = findJoin(context, node, isLayer);
  if (!join) return null;
  const { layer, index } = join;
  const isLinear = layer.opType === 'MatMul' || layer.opType === 'Gemm';
  const inputs = node.input.map((tensor, at) => ({ index: at, tensor }));
  const quantized = isLinear && residuals === true ? inputs : inputs.filter((_, i) => i !== index);
  const fixed = whyNot(context, node, join, residuals);
  return {
    node,
    role: 'residual',
    unit: node.name,
    reason: `joins the output of '${layer.name}' with the skip connection '${node.input[1 - index]}'${quantized.length === 1 ? ', which alone is quantized' : ''}`,
    activations: quantized,
    weight: undefined,
    obstacle: (isQuantized) =>
      fixed ??
      (isQuantized(layer)
        ? undefined
        : better(`it ends the branch of '${layer.name}', which stays in float`)),
  };
}

function whyNot(
  context: PlacementContext,
  node: NodeProto,
  { layer, isSkip }: Join,
  residuals: boolean | 'skip',
): Obstacle | undefined {
  if (node.input.some((tensor) => context.hasQdq(tensor))) {
    return never('the model has Q/DQ nodes here already');
  }
  if (!isSkip) {
    return better(`it adds to the output of '${layer.name}' what that was not computed from`);
  }
  return residuals === false ? better('options.residuals is off') : undefined;
}

function findJoin(
  context: PlacementContext,
  node: NodeProto,
  isLayer: (node: NodeProto) => boolean,
): Join | undefined {
  const { graph } = context;
  const [left = '', right = ''] = node.input;
  if ([left, right].some((tensor) => graph.constant(throughIdentities(graph, tensor)))) return;
  const layers = [left, right].map((tensor) => layerBefore(context, tensor, isLayer));
  const joins = ([0, 1] as const).flatMap((index): Join[] => {
    const layer = layers[index];
    if (!layer) return [];
    const other = layers[1 - index];
    const start = other && other !== layer ? other.input[0] : undefined;
    const skip = node.input[1 - index] ?? '';
    const isSkip =
      startsFrom(context, layer, skip) ||
      (start !== undefined && startsFrom(context, layer, start));
    return [{ layer, index, isSkip }];
  });
  return joins.find(({ isSkip }) => isSkip) ?? joins[0];
}

/** The layer whose output a tensor is, but for its bias, its normalisation and its form. */
function layerBefore(
  { graph }: PlacementContext,
  tensor: string,
  isLayer: (node: NodeProto) => boolean,
): NodeProto | undefined {
  let node = graph.producer(tensor);
  for (let depth = 0; node && depth <= farthest; depth++) {
    if (isLayer(node)) return node;
    const { opType, input } = node;
    const computed = input.filter((name) => !graph.constant(throughIdentities(graph, name)));
    const [source = '', second] = computed;
    if (opType === 'Mul' && second !== undefined) {
      const gated = gatedBySigmoid(node, (name) => graph.producer(name));
      if (gated === undefined) return undefined;
      node = graph.producer(gated);
    } else if (movers.has(opType) || activations.has(opType)) {
      node = graph.producer(input[0] ?? '');
    } else if (epilogues.has(opType) && second === undefined) {
      node = graph.producer(source);
    } else return undefined;
  }
  return undefined;
}

/** The x of x * sigmoid(x), which is how SiLU is written. */
function gatedBySigmoid(
  { input: [left = '', right = ''] }: NodeProto,
  producer: (tensor: string) => NodeProto | undefined,
): string | undefined {
  const isGate = (tensor: string, gated: string) => {
    const { opType, input = [] } = producer(tensor) ?? {};
    return opType === 'Sigmoid' && input[0] === gated;
  };
  if (isGate(right, left)) return left;
  return isGate(left, right) ? right : undefined;
}

/** Whether a layer computes from a tensor, as far as that shows within a block or a few. */
function startsFrom(context: PlacementContext, layer: NodeProto, tensor: string): boolean {
  const { graph } = context;
  const producer = graph.producer(tensor);
  // Nodes come after those they read from, so none before the producer can depend on it.
  const first = producer ? context.position(producer) : -1;
  const seen = new Set<NodeProto>([layer]);
  for (const node of seen) {
    if (seen.size > mostVisited) return false;
    for (const input of node.input) {
      if (input === tensor) return true;
      const before = graph.producer(input);
      if (before && context.position(before) > first) seen.add(before);
    }
  }
  return false;
}
