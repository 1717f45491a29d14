import type { Graph } from '../../onnx/graph/graph.js';
import type { DataType } from '../../tensor.js';

/** Makes outputs of tensors that a model computes, where they are none yet. */
export function alsoReturn(
  graph: Graph,
  tensors: Iterable<string>,
  typeOf: (tensor: string) => DataType = () => 'float32',
): void {
  for (const name of tensors) {
    if (!graph.producer(name) || graph.isOutput(name)) continue;
    graph.addOutput({ name, type: typeOf(name), dims: undefined });
  }
}
