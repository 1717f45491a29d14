import type { NodeProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';
import { tensorsReadBy } from '../../onnx/graph/subgraphs.js';
import type { NodePlan, PlacementPlan } from '../placement/plan.js';
import { nodesBehind } from './sensitivity-flow.js';

/**
 * What is judged together. `'node'`: each node on its own, but for those that can only be quantized
 * together. `'unit'`: also layers that read the same tensor, such as query, key and value, which
 * TensorRT merges into one product. `'block'`: attention, feed-forward and residual blocks as wholes.
 */
export type GroupBy = 'node' | 'unit' | 'block';

export const groupings = ['node', 'unit', 'block'] as const satisfies readonly GroupBy[];

/** Nodes of a model that are quantized together or stay in float together. */
export interface QuantizationGroup {
  /**
   * `'attention 3'`, counted from 0 in graph order, for a block; otherwise after its first node.
   * No two groups have the same.
   */
  readonly name: string;
  readonly kind: 'attention' | 'feed-forward' | 'convolution' | 'layer';
  /** The names of the nodes, in graph order. */
  readonly nodes: readonly string[];
}

/** The groups of all nodes that a plan quantizes, in graph order. Each node is in one group. */
export function groupNodes(
  graph: Graph,
  plan: PlacementPlan,
  groupBy: GroupBy,
): QuantizationGroup[] {
  const candidates = plan.nodes.filter(({ action }) => action === 'quantize');
  const sets = new JoinedSets(candidates.length);
  sets.joinEqual(candidates.map(({ unit }) => unit));
  const places = new Map(candidates.map(({ node }, index) => [node, index]));
  candidates.forEach(({ needs = [] }, index) => {
    for (const need of needs) sets.join(index, places.get(need) ?? index);
  });
  if (groupBy === 'unit') sets.joinEqual(candidates.map(sharedInput));
  const flow = groupBy === 'block' ? new Flow(graph, candidates) : undefined;
  if (flow) sets.joinEqual(candidates.map(({ node }) => flow.regionOf(node)));
  const groups = sets.lists().map((members) => members.map((i) => candidates[i] as NodePlan));
  const counts = new Map<string, number>();
  return groups.map((members) => {
    const kind = kindOf(members, flow);
    const nodes = members.map(({ node }) => node);
    const [first = '', ...others] = nodes;
    if (others.length === 0) return { name: first, kind, nodes };
    if (!flow) return { name: `${first} and ${others.length} more`, kind, nodes };
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return { name: `${kind} ${count}`, kind, nodes };
  });
}

/** Layers that read one tensor have one pair of Q and DQ; what joins branches is none of them. */
function sharedInput({ role, activations }: NodePlan): string | undefined {
  return role === 'linear' || role === 'convolution' ? activations[0]?.tensor : undefined;
}

function kindOf(members: readonly NodePlan[], flow: Flow | undefined): QuantizationGroup['kind'] {
  const has = (pattern: RegExp) => members.some(({ role }) => pattern.test(role));
  const normalizes = members.some(({ node }) => flow?.hasSoftmax(flow.regionOf(node)));
  if (has(/^attention/) || (members.length > 1 && normalizes)) return 'attention';
  if (has(/^convolution$/)) return 'convolution';
  const linear = members.filter(({ role }) => role === 'linear');
  return flow && linear.length > 1 ? 'feed-forward' : 'layer';
}

/**
 * A tensor that is alive over more candidates than this is no part of a block but passes it: the
 * output of an encoder that all decoder layers read, the skip connections of a U-Net.
 */
const longestBlock = 16;

/**
 * The regions of a model between its narrow places, where all that goes on is in one tensor: the
 * stream of residuals between two blocks. Only what depends on candidates counts, which leaves out
 * masks and positions.
 */
class Flow {
  readonly #regions = new Map<string, string>();
  readonly #softmax = new Set<string>();

  constructor(graph: Graph, candidates: readonly NodePlan[]) {
    const names = new Set(candidates.map(({ node }) => node));
    const isCandidate = ({ name }: NodeProto) => names.has(name);
    const starts = graph.nodes.filter(isCandidate);
    const behind = nodesBehind(graph, starts);
    const nodes = graph.nodes.filter((node) => behind.has(node));
    const alive = countAlive(graph, nodes, isCandidate);
    let region = 0;
    nodes.forEach((node, place) => {
      const id = String(region);
      if (isCandidate(node)) this.#regions.set(node.name, id);
      if (node.opType === 'Softmax') this.#softmax.add(id);
      if ((alive[place] as number) <= 1) region++;
    });
  }

  regionOf(node: string): string {
    return this.#regions.get(node) ?? '';
  }

  hasSoftmax(region: string): boolean {
    return this.#softmax.has(region);
  }
}

/** For each node the number of tensors that exist when it has run and are still to be read. */
function countAlive(
  graph: Graph,
  nodes: readonly NodeProto[],
  isCandidate: (node: NodeProto) => boolean,
): Int32Array {
  const candidatesBefore = new Int32Array(nodes.length + 1);
  const life = new Map<string, { from: number; to: number }>();
  nodes.forEach((node, place) => {
    const candidate = isCandidate(node);
    candidatesBefore[place + 1] = (candidatesBefore[place] as number) + Number(candidate);
    for (const tensor of tensorsReadBy(node)) {
      const known = life.get(tensor);
      if (known) known.to = place;
      // What enters from outside counts from its first reader on, if that is where blocks begin.
      else if (candidate && !graph.constant(tensor)) life.set(tensor, { from: place, to: place });
    }
    for (const tensor of node.output) life.set(tensor, { from: place, to: place });
  });
  const changes = new Int32Array(nodes.length + 1);
  for (const { from, to } of life.values()) {
    const passed = (candidatesBefore[to] as number) - (candidatesBefore[from] as number);
    if (passed > longestBlock) continue;
    changes[from] = (changes[from] as number) + 1;
    changes[to] = (changes[to] as number) - 1;
  }
  let alive = 0;
  return changes.map((change) => {
    alive += change;
    return alive;
  });
}

/** Sets of indices that grow together (union-find). */
class JoinedSets {
  readonly #parents: number[];

  constructor(size: number) {
    this.#parents = Array.from({ length: size }, (_, index) => index);
  }

  /** Joins those whose key is the same; undefined joins none. */
  joinEqual(keys: readonly (string | undefined)[]): void {
    const first = new Map<string, number>();
    keys.forEach((key, index) => {
      if (key === undefined) return;
      const known = first.get(key);
      if (known === undefined) first.set(key, index);
      else this.join(index, known);
    });
  }

  join(one: number, other: number): void {
    this.#parents[this.#root(one)] = this.#root(other);
  }

  /** The sets, in the order of their first members. */
  lists(): number[][] {
    const lists = new Map<number, number[]>();
    this.#parents.forEach((_, index) => {
      const root = this.#root(index);
      const list = lists.get(root);
      if (list) list.push(index);
      else lists.set(root, [index]);
    });
    return [...lists.values()];
  }

  #root(index: number): number {
    let root = index;
    while (this.#parents[root] !== root) {
      this.#parents[root] = this.#parents[this.#parents[root] as number] as number;
      root = this.#parents[root] as number;
    }
    return root;
  }
}
