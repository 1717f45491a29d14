import type { GraphProto, ModelProto, NodeProto, TensorProto } from 'onnx-buf';
import { subgraphsOf } from '../onnx/graph/subgraphs.js';
import { constantValue } from '../onnx/tensor/constants.js';

/** A list of nodes and the initializers that belong to it: a graph, or a function without any. */
export interface Body {
  readonly nodes: readonly NodeProto[];
  readonly graph?: GraphProto;
}

/** The model's graph, its sub-graphs at any depth, and its functions with theirs. */
export function* bodiesOf(model: ModelProto): Generator<Body> {
  if (model.graph) yield* graphAndInner(model.graph);
  for (const { node } of model.functions) {
    yield { nodes: node };
    for (const inner of node) for (const graph of subgraphsOf(inner)) yield* graphAndInner(graph);
  }
}

function* graphAndInner(graph: GraphProto): Generator<Body> {
  yield { nodes: graph.node, graph };
  for (const node of graph.node) {
    for (const inner of subgraphsOf(node)) yield* graphAndInner(inner);
  }
}

/** A tensor that the model stores, under the name by which nodes read it. */
export interface StoredTensor {
  readonly name: string;
  readonly tensor: TensorProto;
}

/** The initializers of a body, dense and sparse, and the values of its `Constant` nodes. */
export function* storedTensors({ nodes, graph }: Body): Generator<StoredTensor> {
  for (const tensor of graph?.initializer ?? []) yield { name: tensor.name, tensor };
  for (const { values, indices } of graph?.sparseInitializer ?? []) {
    const name = values?.name ?? '';
    if (values) yield { name, tensor: values };
    if (indices) yield { name: `${name} (indices)`, tensor: indices };
  }
  for (const node of nodes) {
    const tensor = constantValue(node);
    if (tensor) yield { name: node.output[0] ?? '', tensor };
  }
}
