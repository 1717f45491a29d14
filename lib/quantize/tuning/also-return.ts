import type { Graph } from '../../onnx/graph/graph.js';

/** Makes outputs of float32 tensors that a model computes, where they are none yet. */
export function alsoReturn(graph: Graph, tensors: Iterable<string>): void {
  for (const name of tensors) {
    if (!graph.producer(name) || graph.isOutput(name)) continue;
    graph.addOutput({ name, type: 'float32', dims: undefined });
  }
}
