import type { NodeProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';

/** The nodes, and all that depend on them. */
export function nodesBehind(graph: Graph, nodes: Iterable<NodeProto>): Set<NodeProto> {
  const behind = new Set(nodes);
  // A set iterates over what is added to it on the way.
  for (const node of behind) {
    for (const tensor of node.output) {
      for (const reader of graph.consumers(tensor)) behind.add(reader);
    }
  }
  return behind;
}
