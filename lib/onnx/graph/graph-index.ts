import type {
  GraphProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
  ValueInfoProto,
} from 'onnx-buf';
import { tensorsReadBy } from './subgraphs.js';

/** Look-ups by tensor name, kept in step with the edits of a graph. */
export class GraphIndex {
  readonly producers = new Map<string, NodeProto>();
  readonly initializers: Map<string, TensorProto>;
  readonly sparse: Map<string, SparseTensorProto>;
  readonly inputs: Map<string, ValueInfoProto>;
  readonly outputs: Map<string, ValueInfoProto>;
  readonly between: Map<string, ValueInfoProto>;
  /** The lists are replaced, never changed: somebody may be editing the graph while iterating. */
  readonly #consumers = new Map<string, readonly NodeProto[]>();

  constructor(graph: GraphProto) {
    const byName = <T extends { name: string }>(items: T[]) =>
      new Map(items.map((item) => [item.name, item]));
    this.initializers = byName(graph.initializer);
    this.sparse = new Map(
      graph.sparseInitializer.map((tensor) => [tensor.values?.name ?? '', tensor]),
    );
    this.inputs = byName(graph.input);
    this.outputs = byName(graph.output);
    this.between = byName(graph.valueInfo);
    for (const node of graph.node) this.#addProducer(node);
    this.#addAllConsumers(graph);
  }

  /** What the graph itself says about a tensor. */
  valueInfo(tensor: string): ValueInfoProto | undefined {
    return this.inputs.get(tensor) ?? this.outputs.get(tensor) ?? this.between.get(tensor);
  }

  /** Whether the graph makes or is given a tensor, rather than taking it from around it. */
  has(tensor: string): boolean {
    return (
      this.producers.has(tensor) ||
      this.initializers.has(tensor) ||
      this.sparse.has(tensor) ||
      this.inputs.has(tensor)
    );
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

  /** Notes that the nodes which read `from` read `to` from now on. */
  moveConsumers(from: string, to: string, moved: ReadonlySet<NodeProto>): void {
    this.#consumers.set(to, [...new Set([...this.consumers(to), ...moved])]);
    this.#consumers.set(
      from,
      this.consumers(from).filter((node) => !moved.has(node)),
    );
  }

  /** Notes that a tensor has another name, in all but the outputs of the graph. */
  rename(from: string, to: string): void {
    const maps = [this.producers, this.initializers, this.sparse, this.inputs, this.between];
    for (const map of maps as Map<string, unknown>[]) {
      const value = map.get(from);
      if (value === undefined) continue;
      map.delete(from);
      map.set(to, value);
    }
    this.moveConsumers(from, to, new Set(this.consumers(from)));
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
