import type { NodeProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';
import type { NodePlan, PlannedWeight } from '../placement/plan.js';
import { type Donor, findDonor } from './smooth-donors.js';

/** What became of one tensor that enters linear layers. */
export interface SmoothingDecision {
  readonly tensor: string;
  /** The linear layers whose weights took the inverse factors. */
  readonly layers: readonly string[];
  readonly action: 'folded' | 'inserted' | 'unchanged';
  /** Which node took the factors, or why none did. */
  readonly reason: string;
  /** The strength; undefined where nothing changed. */
  readonly alpha?: number;
}

export interface Layer {
  readonly node: NodeProto;
  readonly weight: PlannedWeight;
}

/** A tensor that enters linear layers. */
export interface Site {
  readonly tensor: string;
  readonly channels: number;
  readonly layers: readonly Layer[];
  /** Undefined where a Mul is inserted. */
  readonly donor: Donor | undefined;
  readonly decision: SmoothingDecision;
}

export function isSmoothable({ decision }: Site): boolean {
  return decision.action !== 'unchanged';
}

/** The tensors that enter the linear layers which a plan quantizes. */
export function findSites(graph: Graph, plan: readonly NodePlan[], insert: boolean): Site[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const layersOf = new Map<string, Layer[]>();
  for (const { node: name, role, action, weight } of plan) {
    const node = nodes.get(name);
    if (role !== 'linear' || action !== 'quantize' || !weight || !node) continue;
    const input = node.input[0] as string;
    const layers = layersOf.get(input) ?? [];
    layers.push({ node, weight });
    layersOf.set(input, layers);
  }
  return Array.from(layersOf, ([name, layers]) => toSite(graph, name, layers, insert));
}

function toSite(graph: Graph, name: string, layers: readonly Layer[], insert: boolean): Site {
  const { tensor: weight, axis } = (layers[0] as Layer).weight;
  const channels = Number(graph.constant(weight)?.dims[1 - axis]);
  const nodes = layers.map(({ node }) => node);
  const common = { tensor: name, layers: nodes.map((node) => node.name) };
  const shared = layers.find((layer) => graph.consumers(layer.weight.tensor).length > 1);
  const donor = shared
    ? `the weight '${shared.weight.tensor}' is read by other nodes too`
    : findDonor(graph, name, channels, nodes);
  const site = { tensor: name, channels, layers, donor: undefined };
  if (typeof donor !== 'string') {
    const reason = `${donor.node.opType} '${donor.node.name}' takes the factors`;
    return { ...site, donor, decision: { ...common, action: 'folded', reason } };
  }
  const action = insert && !shared ? 'inserted' : 'unchanged';
  return { ...site, decision: { ...common, action, reason: donor } };
}
