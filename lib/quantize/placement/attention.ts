import type { NodeProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { Graph } from '../../onnx/graph/graph.js';
import {
  type Attention,
  attentionAround,
  headSizeOf,
  movers,
} from '../../onnx/patterns/attention.js';
import { elementTypeName } from '../../onnx/tensor/element-types.js';
import { better, type Candidate, never, type Obstacle } from './candidate.js';
import type { PlacementContext } from './context.js';
import { float8HeadSizes, int8HeadSizes, longestInt8Attention } from './limits.js';
import type { PlacementOptions } from './options.js';

/** How many nodes are followed from the second product to the layer that it feeds. */
const farthest = 8;

type Options = Pick<PlacementOptions, 'attention' | 'precision' | 'type'>;

/** The attention of a graph that is written out, in graph order. */
export function findAttention({ graph }: PlacementContext): Attention[] {
  return graph.nodes.flatMap((node) => {
    const found = node.opType === 'Softmax' ? attentionAround(graph, node) : undefined;
    return found ? [found] : [];
  });
}

/**
 * Both products of attention, as one unit: TensorRT fuses INT8 attention only when queries, keys,
 * probabilities and values are quantized, and the output too, which the Q/DQ of the layer that it
 * feeds provides. Quantized in part, it loses the fusion that it has in half precision.
 */
export function attentionCandidates(
  context: PlacementContext,
  attention: Attention,
  options: Options,
): Candidate[] {
  const { softmax, scores, context: output } = attention;
  const fixed = whyNotFused(context, attention, options);
  const projections = layersBehind(context.graph, output.output[0] ?? '');
  const obstacle: Candidate['obstacle'] = (isQuantized) => {
    if (fixed?.isFinal || projections.some(isQuantized)) return fixed;
    const [projection] = projections;
    return never(
      projection
        ? `its output feeds '${projection.name}', which stays in float, and INT8 attention is fused only with an INT8 output`
        : 'its output feeds no linear layer, and INT8 attention is fused only with an INT8 output',
    );
  };
  const common = { unit: softmax.name, weight: undefined, needs: projections, obstacle };
  const reason = whyFused(context, attention, options);
  const [queries = '', keys = ''] = scores.input;
  const [given = '', values = ''] = output.input;
  const probabilities = probabilitiesOf(context.graph, attention);
  const guard =
    probabilities === given
      ? ''
      : `, without '${context.graph.producer(given)?.name}' against NaN, which INT8 has none of`;
  return [
    {
      ...common,
      node: scores,
      role: 'attention-scores',
      reason: `queries by keys: ${reason}`,
      activations: [
        { index: 0, tensor: queries },
        { index: 1, tensor: keys },
      ],
    },
    {
      ...common,
      node: output,
      role: 'attention-context',
      reason: `probabilities by values: ${reason}${guard}`,
      activations: [
        { index: 0, tensor: probabilities },
        { index: 1, tensor: values },
      ],
    },
  ];
}

/**
 * The tensor of probabilities to quantize. PyTorch exports `where(isnan(p), 0, p)` for rows that are
 * masked wholly; with it behind Softmax, INT8 attention is not fused. QuantizeLinear makes numbers of
 * NaN as well, so the guard has nothing left to do and the product reads from before it.
 */
export function probabilitiesOf(graph: Graph, { context }: Attention): string {
  const [probabilities = ''] = context.input;
  const { opType, input: [condition = '', , otherwise = ''] = [] } =
    graph.producer(probabilities) ?? {};
  const test = opType === 'Where' ? graph.producer(condition) : undefined;
  return test?.opType === 'IsNaN' && test.input[0] === otherwise ? otherwise : probabilities;
}

/** What speaks against INT8, as far as no other node matters. */
function whyNotFused(
  context: PlacementContext,
  attention: Attention,
  { attention: wish = 'auto', precision, type = 'int8' }: Options,
): Obstacle | undefined {
  const form = whyFormDoesNotFit(context, attention);
  if (form) return never(form);
  if (wish === 'float') return better("options.attention is 'float'");
  if (wish === 'int8') return undefined;
  const size = headSizeOf(attention, (tensor) => context.dims(tensor));
  if (type === 'fp8') return asObstacle(whyFloat8HeadDoesNotFit(size));
  if (precision === 'bf16') {
    return better("options.precision is 'bf16', and INT8 attention is fused in FP16 and FP32 only");
  }
  return asObstacle(whyInt8HeadDoesNotFit(size) ?? whyLengthDoesNotFit(context, attention));
}

function asObstacle(reason: string | undefined): Obstacle | undefined {
  return reason === undefined ? undefined : better(reason);
}

function whyFormDoesNotFit(context: PlacementContext, attention: Attention): string | undefined {
  const { softmax, scores, context: output, addends } = attention;
  const { graph } = context;
  const probabilities = probabilitiesOf(graph, attention);
  if (
    [...scores.input, probabilities, output.input[1] ?? ''].some((tensor) => context.hasQdq(tensor))
  ) {
    return 'the model has Q/DQ nodes here already';
  }
  const type = context.elementType(scores.output[0] ?? '');
  if (!context.isFloat32(scores.output[0] ?? '')) {
    return `it computes in ${elementTypeName(type ?? 0)}, not FLOAT: quantize first, then convert by options.precision`;
  }
  if (addends.length > 0) {
    return `its scores are the sum of ${addends.length + 1} products, which no fused attention has`;
  }
  const rank = context.dims(softmax.output[0] ?? '')?.length;
  const axis = getInt(softmax, 'axis') ?? -1;
  if (axis !== -1 && rank !== undefined && axis !== rank - 1) {
    return `its Softmax is over axis ${axis}, not the last`;
  }
  if (graph.isOutput(output.input[0] ?? '') || graph.isOutput(softmax.output[0] ?? '')) {
    return 'its probabilities are an output of the model, so that it cannot be fused';
  }
  return undefined;
}

function whyFloat8HeadDoesNotFit(size: number | undefined): string | undefined {
  const { above, upTo } = float8HeadSizes;
  if (size === undefined) return 'its head size is not known';
  return size > above && size <= upTo
    ? undefined
    : `its head size ${size} is not above ${above} and up to ${upTo}, as fused FP8 attention needs`;
}

function whyInt8HeadDoesNotFit(size: number | undefined): string | undefined {
  if (size === undefined) return 'its head size is not known';
  if (int8HeadSizes.includes(size)) return undefined;
  return `its head size ${size} is not ${int8HeadSizes.slice(0, -1).join(', ')} or ${int8HeadSizes.at(-1)}, those of fused INT8 attention`;
}

function whyLengthDoesNotFit(context: PlacementContext, attention: Attention): string | undefined {
  for (const { profile, known, isOpen, queries } of lengths(context, attention)) {
    const who = profile === undefined ? 'the model has' : `profiles[${profile}] allows`;
    const longest = Math.max(...known);
    if (longest > longestInt8Attention) {
      return `${who} ${text(longest)} tokens, and INT8 attention is fused up to ${longestInt8Attention}`;
    }
    if (queries === 1)
      return `${who} one query at a time, and a product with a vector gains nothing`;
    if (isOpen && profile !== undefined) {
      return `how many tokens it gets does not follow from profiles[${profile}], and INT8 attention is fused up to ${longestInt8Attention}`;
    }
  }
  return undefined;
}

interface Lengths {
  readonly profile: number | undefined;
  /** The most queries and the most keys, as far as known. */
  readonly known: readonly number[];
  readonly isOpen: boolean;
  readonly queries: number | string | undefined;
}

function lengths(context: PlacementContext, { scores }: Attention): Lengths[] {
  return context.largestDims(scores.output[0] ?? '').map(({ profile, dims }) => {
    const sizes = dims?.slice(-2) ?? [];
    const known = sizes.filter((size) => typeof size === 'number');
    return { profile, known, isOpen: known.length < 2, queries: sizes[0] };
  });
}

function whyFused(
  context: PlacementContext,
  attention: Attention,
  { attention: wish = 'auto' }: Options,
): string {
  const size = headSizeOf(attention, (tensor) => context.dims(tensor));
  const found = lengths(context, attention);
  const longest = Math.max(...found.flatMap(({ known }) => known));
  const tokens = found.some(({ isOpen }) => isOpen)
    ? `at most ${longestInt8Attention} tokens assumed, as no profiles tell`
    : `up to ${text(longest)} tokens`;
  const why = `heads of ${size ?? 'unknown size'}, ${tokens}`;
  return wish === 'int8' ? `${why}, and options.attention is 'int8'` : why;
}

/** The layers that read a tensor, at once or after it was moved. */
function layersBehind(graph: Graph, tensor: string, depth = 0): NodeProto[] {
  if (depth > farthest) return [];
  return graph.consumers(tensor).flatMap((consumer) => {
    if (consumer.opType === 'MatMul' || consumer.opType === 'Gemm') return [consumer];
    return movers.has(consumer.opType)
      ? layersBehind(graph, consumer.output[0] ?? '', depth + 1)
      : [];
  });
}

function text(count: number): string {
  return count.toLocaleString('en-US');
}
