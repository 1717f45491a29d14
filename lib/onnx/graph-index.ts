import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from 'onnx-buf';
import { tensorsReadBy } from './subgraphs.js';

/** Look-ups by tensor name, kept in step with the edits of a graph. */
export class GraphIndex {
  readonly producers = new Map<string, NodeProto>();
  readonly initializers: Map<string, TensorProto>;
  readonly inputs: Map<string, ValueInfoProto>;
  readonly values: Map<string, ValueInfoProto>;
  /** The lists are replaced, never changed: somebody may be editing the graph while iterating. */
  readonly #consumers = new Map<string, readonly NodeProto[]>();

  constructor(graph: GraphProto) {
    const byName = <T extends { name: string }>(items: T[]) =>
      new Map(items.map((item) => [item.name, item]));
    this.initializers = byName(graph.initializer);
    this.inputs = byName(graph.input);
    this.values = byName([...graph.valueInfo, ...graph.output, ...graph.input]);
    for (const node of graph.node) this.#addProducer(node);
    this.#addAllConsumers(graph);
  }

  consumers(tensor: string): readonly NodeProto[] {
    return this.#consumers.get(tensor) ?? [];
  }

  addNode(node: NodeProto): void {
    this.#addProducer(node);
    for (const tensor of tensorsReadBy(node)) {
      this.#consumers.set(tensor, [...this.consumers(tensor), node]);
    }
  }

  removeNode(node: NodeProto): void {
    for (const tensor of node.output) {
      if (this.producers.get(tensor) === node) this.producers.delete(tensor);
    }
    for (const tensor of tensorsReadBy(node)) {
      this.#consumers.set(
        tensor,
        this.consumers(tensor).filter((consumer) => consumer !== node),
      );
    }
  }

  #addProducer(node: NodeProto): void {
    for (const tensor of node.output) if (tensor !== '') this.producers.set(tensor, node);
  }

  #addAllConsumers(graph: GraphProto): void {
    const lists = new Map<string, NodeProto[]>();
    for (const node of graph.node) {
      for (const tensor of tensorsReadBy(node)) {
        const list = lists.get(tensor);
        if (list) list.push(node);
        else lists.set(tensor, [node]);
      }
    }
    for (const [tensor, list] of lists) this.#consumers.set(tensor, list);
  }
}
