import type { Graph } from '../../onnx/graph/graph.js';
import type { Model } from '../../onnx/model.js';

/** A copy of a model in which each node has a name of its own, as plans need it. */
export function namedCopy(model: Model): Model {
  const copy = model.clone();
  nameApart(copy.graph);
  return copy;
}

/** Names the nodes that have no name, and those that share one: a plan tells nodes by their names. */
export function nameApart(graph: Graph): void {
  graph.nameNodes();
  const taken = new Set<string>();
  for (const node of graph.nodes) {
    if (taken.has(node.name)) node.name = graph.uniqueName(node.name);
    taken.add(node.name);
  }
}
