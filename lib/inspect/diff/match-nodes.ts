import type { GraphProto, NodeProto } from 'onnx-buf';
import { dimsOf } from '../values.js';
import { attributesOf } from './attributes.js';

/** The nodes of two graphs side by side. */
export interface MatchedNodes {
  readonly pairs: readonly (readonly [NodeProto, NodeProto])[];
  readonly added: readonly NodeProto[];
  readonly removed: readonly NodeProto[];
  /** What the first graph calls a tensor of the second; the same name where nothing is known. */
  readonly nameBefore: (name: string) => string;
}

/**
 * Finds each node of one graph in another: first by the tensor it gives, as most tools keep names;
 * then those that are left by structure, the same operator with the same attributes on the same
 * inputs. That goes in the order of the graph, so that a renamed tensor is followed.
 */
export function matchNodes(before: GraphProto, after: GraphProto): MatchedNodes {
  const byOutput = new Map(before.node.map((node) => [firstOutput(node), node]));
  const namesAfter = new Set(after.node.map(firstOutput));
  const alone = before.node.filter((node) => !namesAfter.has(firstOutput(node)));
  const renamed = new Map<string, string>();
  const nameBefore = (name: string) => renamed.get(name) ?? name;
  const [keyBefore, keyAfter] = [structureKey(before), structureKey(after)];
  const byStructure = new Map<string, NodeProto[]>();
  for (const node of alone) {
    const key = keyBefore(node, (name) => name);
    byStructure.set(key, [...(byStructure.get(key) ?? []), node]);
  }

  const pairs: [NodeProto, NodeProto][] = [];
  const added: NodeProto[] = [];
  for (const node of after.node) {
    const same =
      byOutput.get(firstOutput(node)) ?? byStructure.get(keyAfter(node, nameBefore))?.shift();
    if (!same) {
      added.push(node);
      continue;
    }
    pairs.push([same, node]);
    node.output.forEach((name, index) => {
      const old = same.output[index];
      if (old && old !== name) renamed.set(name, old);
    });
    followWeights(same, node, { before, after, renamed });
  }
  const found = new Set(pairs.map(([node]) => node));
  return { pairs, added, removed: before.node.filter((node) => !found.has(node)), nameBefore };
}

export function firstOutput(node: NodeProto): string {
  return node.output.find((name) => name !== '') ?? '';
}

/** What a node is, apart from names: stored tensors count by their type and dims. */
function structureKey({ initializer }: GraphProto) {
  const stored = new Map(
    initializer.map((tensor) => [tensor.name, `${tensor.dataType} [${dimsOf(tensor)}]`]),
  );
  return (node: NodeProto, nameBefore: (name: string) => string) => {
    const inputs = node.input.map((name) => stored.get(name) ?? `'${nameBefore(name)}'`);
    const attributes = [...attributesOf(node)].map(([name, text]) => `${name}=${text}`);
    return [node.domain, node.opType, ...inputs, ...attributes.sort()].join(' ');
  };
}

/** A weight that was renamed is the one that the same node reads at the same place. */
function followWeights(
  before: NodeProto,
  after: NodeProto,
  graphs: { before: GraphProto; after: GraphProto; renamed: Map<string, string> },
): void {
  after.input.forEach((name, index) => {
    const old = before.input[index];
    if (!old || old === name || graphs.renamed.has(name)) return;
    const isWeight = (graph: GraphProto, tensor: string) => weightNames(graph).has(tensor);
    if (!isWeight(graphs.before, old) || !isWeight(graphs.after, name)) return;
    if (!isWeight(graphs.before, name)) graphs.renamed.set(name, old);
  });
}

const namesOfGraphs = new WeakMap<GraphProto, ReadonlySet<string>>();

function weightNames(graph: GraphProto): ReadonlySet<string> {
  let names = namesOfGraphs.get(graph);
  if (!names) {
    names = new Set(graph.initializer.map(({ name }) => name));
    namesOfGraphs.set(graph, names);
  }
  return names;
}
