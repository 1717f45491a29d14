import type { NodeProto } from 'onnx-buf';
import { subgraphsOf } from '../../onnx/graph/subgraphs.js';
import { attentionCandidates, findAttention, probabilitiesOf } from './attention.js';
import { better, type Candidate, never, stays } from './candidate.js';
import { type ConcatCandidate, concatCandidate } from './concat.js';
import type { PlacementContext } from './context.js';
import { convolutionCandidate } from './convolution.js';
import { embeddingCandidate } from './embedding.js';
import { linearCandidate } from './linear.js';
import type { PlacementOptions, SchemeName } from './options.js';
import type { NodeRole } from './plan.js';
import { residualCandidate } from './residual.js';

/** What there is to decide about a model, in the order in which decisions depend on each other. */
export interface Candidates {
  readonly scheme: SchemeName;
  readonly all: readonly Candidate[];
  readonly concats: readonly ConcatCandidate[];
  /** The tensors of probabilities. */
  readonly probabilities: readonly string[];
}

/** The operators that are attention as a whole. */
const attentionOperators = new Set(['Attention', 'MultiHeadAttention', 'GroupQueryAttention']);

/** Which roles a scheme leaves in float. */
const leftInFloat: Readonly<Record<SchemeName, readonly NodeRole[]>> = {
  transformer: ['convolution'],
  cnn: ['attention-scores', 'attention-context'],
  'weights-only': ['convolution', 'attention-scores', 'attention-context', 'residual'],
};

export function findCandidates(context: PlacementContext, options: PlacementOptions): Candidates {
  const { nodes } = context.graph;
  const attention = findAttention(context);
  const hasConvolutions = nodes.some(isConvolution);
  const isCnn = hasConvolutions && attention.length === 0 && !nodes.some(isAttentionOperator);
  const scheme = options.scheme ?? (isCnn ? 'cnn' : 'transformer');

  const products = attention.flatMap((block) => attentionCandidates(context, block, options));
  const inAttention = new Set(products.map(({ node }) => node));
  const layers = nodes.flatMap((node) =>
    inAttention.has(node) ? [] : layerCandidates(context, node, options, scheme),
  );
  const weighted = new Map(
    layers.flatMap((layer) =>
      layer.role === 'linear' || layer.role === 'convolution' ? [[layer.node, layer]] : [],
    ),
  );
  const residuals = nodes.flatMap((node) =>
    isOf(node, 'Add') ? (residualCandidate(context, node, weighted, options) ?? []) : [],
  );
  const concats =
    scheme === 'cnn'
      ? nodes.flatMap((node) =>
          isOf(node, 'Concat') ? (concatCandidate(context, node, weighted) ?? []) : [],
        )
      : [];
  const all = [...layers, ...products, ...residuals, ...concats].map((candidate) =>
    leftInFloat[scheme].includes(candidate.role)
      ? leftOut(candidate, `the scheme '${scheme}' leaves ${roleNames[candidate.role]} in float`)
      : candidate,
  );
  return {
    scheme,
    all,
    concats,
    probabilities: attention.map((block) => probabilitiesOf(context.graph, block)),
  };
}

const roleNames: Readonly<Record<NodeRole, string>> = {
  linear: 'linear layers',
  convolution: 'convolutions',
  'attention-scores': 'attention',
  'attention-context': 'attention',
  attention: 'attention',
  residual: 'residual connections',
  embedding: 'embeddings',
  concat: 'Concat',
  product: 'products of two computed tensors',
};

/** What the scheme does not do, unless something worse speaks against it. */
function leftOut(candidate: Candidate, reason: string): Candidate {
  return {
    ...candidate,
    obstacle: (isQuantized) => {
      const own = candidate.obstacle(isQuantized);
      return own?.isFinal ? own : better(reason);
    },
  };
}

function layerCandidates(
  context: PlacementContext,
  node: NodeProto,
  { embeddings = false }: PlacementOptions,
  scheme: SchemeName,
): Candidate[] {
  if (isProduct(node)) {
    const linear = linearCandidate(context, node, scheme === 'weights-only');
    return [linear ?? stays(node, 'product', never('both factors are computed at run time'))];
  }
  if (isConvolution(node)) return [convolutionCandidate(context, node)];
  if (isOf(node, 'Gather')) {
    const embedding = embeddingCandidate(context, node, embeddings);
    return embedding ? [embedding] : [];
  }
  if (isAttentionOperator(node)) {
    const reason = `TensorRT computes the operator ${node.opType} in half precision and executes Q/DQ around it as rounding; INT8 needs MatMul, Softmax and MatMul`;
    return [stays(node, 'attention', never(reason))];
  }
  return insideOf(node);
}

/** Layers in sub-graphs, which are left as they are. */
function insideOf(owner: NodeProto): Candidate[] {
  const obstacle = never(`it is inside a sub-graph of ${owner.opType} '${owner.name}'`);
  return subgraphsOf(owner).flatMap((graph) =>
    graph.node.flatMap((node) => {
      if (isProduct(node)) return [stays(node, 'linear', obstacle)];
      return isConvolution(node) ? [stays(node, 'convolution', obstacle)] : insideOf(node);
    }),
  );
}

function isOf({ opType, domain }: NodeProto, ...opTypes: string[]): boolean {
  return opTypes.includes(opType) && (domain === '' || domain === 'ai.onnx');
}

function isProduct(node: NodeProto): boolean {
  return isOf(node, 'MatMul', 'Gemm');
}

function isConvolution(node: NodeProto): boolean {
  return isOf(node, 'Conv', 'ConvTranspose');
}

function isAttentionOperator({ opType }: NodeProto): boolean {
  return attentionOperators.has(opType);
}
