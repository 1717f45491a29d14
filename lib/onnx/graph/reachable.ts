import type { GraphProto, NodeProto } from 'onnx-buf';
import { tensorsReadBy } from './subgraphs.js';

type Producer = (tensor: string) => NodeProto | undefined;

/** Leaves of a graph what its outputs depend on, and its inputs. */
export function keepReachable(graph: GraphProto, producer: Producer): void {
  const { live, used } = reachable(graph, producer);
  const unused = new Set(graph.initializer.flatMap(({ name }) => (used.has(name) ? [] : [name])));
  graph.input = graph.input.filter(({ name }) => !unused.has(name));
  graph.node = graph.node.filter((node) => live.has(node));
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
  graph.sparseInitializer = graph.sparseInitializer.filter(({ values }) =>
    used.has(values?.name ?? ''),
  );
  const written = new Set(graph.node.flatMap((node) => node.output));
  graph.valueInfo = graph.valueInfo.filter(({ name }) => used.has(name) || written.has(name));
}

/** Walks back from the outputs. */
function reachable({ output }: GraphProto, producer: Producer) {
  const live = new Set<NodeProto>();
  const used = new Set(output.map(({ name }) => name));
  // A set iterates over what is added to it on the way.
  for (const name of used) {
    const node = producer(name);
    if (!node || live.has(node)) continue;
    live.add(node);
    for (const read of tensorsReadBy(node)) used.add(read);
  }
  return { live, used };
}
