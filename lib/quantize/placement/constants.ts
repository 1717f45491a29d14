import type { Graph } from '../../onnx/graph/graph.js';

/** What a tensor is a copy of: exporters share one initializer by Identity nodes. */
export function throughIdentities(graph: Graph, tensor: string): string {
  let source = tensor;
  for (let node = graph.producer(source); node?.opType === 'Identity'; ) {
    source = node.input[0] ?? '';
    node = graph.producer(source);
  }
  return source;
}
