import type { GraphProto, NodeProto } from 'onnx-buf';

/** The graphs in a node's attributes: the branches of `If`, the body of `Loop` and `Scan`. */
export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap((attribute) =>
    attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs,
  );
}

/**
 * The tensors a node reads: its inputs, and what its sub-graphs read. Tensors that belong to the
 * sub-graphs are among them, as ONNX forbids that they share a name with an outer one.
 */
export function tensorsReadBy(node: NodeProto): Set<string> {
  const read = new Set(node.input);
  for (const graph of subgraphsOf(node)) {
    for (const { name } of graph.output) read.add(name);
    for (const inner of graph.node) for (const name of tensorsReadBy(inner)) read.add(name);
  }
  read.delete('');
  return read;
}

/** Every name in a graph and its sub-graphs: of tensors and of nodes. */
export function namesIn(graph: GraphProto, names = new Set<string>()): Set<string> {
  for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) names.add(value.name);
  for (const tensor of graph.initializer) names.add(tensor.name);
  for (const sparse of graph.sparseInitializer) names.add(sparse.values?.name ?? '');
  for (const node of graph.node) {
    names.add(node.name);
    for (const name of [...node.input, ...node.output]) names.add(name);
    for (const subgraph of subgraphsOf(node)) namesIn(subgraph, names);
  }
  return names;
}
