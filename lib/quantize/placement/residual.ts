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
const mostVisited = 400;

/** An Add that ends a branch. */
interface Join {
  /** The layer that the branch ends with. */
  readonly layer: NodeProto;
  /** Which input the branch comes in by. */
  readonly index: 0 | 1;
  /** Whether the other input is what the branch started from, or a layer's output of that. */
  readonly isSkip: boolean;
  /** The layer that the other input comes from, as the one that changes the size in a ResNet. */
  readonly otherLayer: NodeProto | undefined;
}

/**
 * An Add that joins a branch of layers with what it started from. Null is for other sums: of a bias,
 * a mask, embeddings, and inside activations and normalisations.
 *
 * The skip connection is quantized, as NVIDIA's developer guide has it; behind a linear layer its
 * output too where the option says so, as in QDQBERT. The Add behind a convolution becomes part of it.
 *
 * @param layers - the candidates with a weight, by node.
 */
export function residualCandidate(
  context: PlacementContext,
  node: NodeProto,
  layers: ReadonlyMap<NodeProto, Candidate>,
  { residuals = 'skip' }: Pick<PlacementOptions, 'residuals'>,
): Candidate | null {
  const join = findJoin(context, node, layers);
  if (!join) return null;
  const { layer, index } = join;
  const isLinear = layers.get(layer)?.role === 'linear';
  const skip = node.input[1 - index] ?? '';
  const inputs = node.input.map((tensor, at) => ({ index: at, tensor }));
  const both = isLinear && residuals === true;
  const fixed = whyNot(context, node, join, residuals);
  const readers = context.once(`readers of ${skip}`, () => readersOf(context, skip, layers));
  return {
    node,
    role: 'residual',
    unit: node.name,
    reason: `joins the output of '${layer.name}' with the skip connection '${skip}'${both ? '' : ', which alone is quantized'}`,
    activations: both ? inputs : inputs.filter((_, at) => at !== index),
    weight: undefined,
    needs: [layer],
    obstacle: (isQuantized) => {
      if (fixed) return fixed;
      if (!isQuantized(layer)) {
        return better(`it ends the branch of '${layer.name}', which stays in float`);
      }
      const isInt8 = readers.some(isQuantized) || (join.otherLayer && isQuantized(join.otherLayer));
      return isInt8
        ? undefined
        : better(
            `its skip connection '${skip}' feeds no quantized layer: it has to exist in float, and Q/DQ would only round it`,
          );
    },
  };
}

/** The layers that quantize a tensor, at once or after it was moved. */
function readersOf(
  context: PlacementContext,
  tensor: string,
  layers: ReadonlyMap<NodeProto, Candidate>,
  depth = 0,
): NodeProto[] {
  if (depth > farthest) return [];
  return context.graph.consumers(tensor).flatMap((node) => {
    if (layers.get(node)?.activations.some((read) => read.tensor === tensor)) return [node];
    return movers.has(node.opType)
      ? readersOf(context, node.output[0] ?? '', layers, depth + 1)
      : [];
  });
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
  layers: ReadonlyMap<NodeProto, Candidate>,
): Join | undefined {
  const { graph } = context;
  const inputs = node.input.slice(0, 2);
  if (inputs.some((tensor) => graph.constant(throughIdentities(graph, tensor)))) return undefined;
  const ends = inputs.map((tensor) => layerBefore(context, tensor, layers));
  const joins = ([0, 1] as const).flatMap((index): Join[] => {
    const layer = ends[index];
    const other = inputs[1 - index] ?? '';
    if (!layer || isComputedFrom(context, other, layer)) return [];
    const otherLayer = ends[1 - index];
    const start = otherLayer?.input[0];
    const isSkip =
      startsFrom(context, layer, other) ||
      (start !== undefined && startsFrom(context, layer, start));
    return [{ layer, index, isSkip, otherLayer }];
  });
  return joins.find(({ isSkip }) => isSkip) ?? joins[0];
}

/** Whether a tensor comes from a layer's output, as in x + f(x), which is how GELU is written. */
function isComputedFrom(context: PlacementContext, tensor: string, layer: NodeProto): boolean {
  const producer = context.graph.producer(tensor);
  return (
    producer !== undefined &&
    (producer === layer || startsFrom(context, producer, layer.output[0] ?? ''))
  );
}

/** The layer whose output a tensor is, but for its bias, its normalisation and its form. */
function layerBefore(
  { graph }: PlacementContext,
  tensor: string,
  layers: ReadonlyMap<NodeProto, Candidate>,
): NodeProto | undefined {
  let node = graph.producer(tensor);
  for (let depth = 0; node && depth <= farthest; depth++) {
    if (layers.has(node)) return node;
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
