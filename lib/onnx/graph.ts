import { create } from '@bufbuild/protobuf';
import { type GraphProto, type NodeProto, NodeProtoSchema, type TensorProto } from 'onnx-buf';
import { checkInteger, invalidArgument } from '../arguments.js';
import type { Tensor } from '../tensor.js';
import { type Attributes, encodeAttributes } from './attributes.js';
import { constantValue } from './constants.js';
import { GraphIndex } from './graph-index.js';
import { namesIn, subgraphsOf, tensorsReadBy } from './subgraphs.js';
import { fromValueInfoProto, toValueInfoProto, type ValueInfo } from './value-info.js';
import { toTensorProto } from './weights.js';

/** A node to be added; empty names in `inputs` are optional inputs left out. */
export interface NodeSpec {
  opType: string;
  inputs: readonly string[];
  outputs: readonly string[];
  name?: string;
  /** Absent for the operators of ONNX itself. */
  domain?: string;
  attributes?: Attributes;
}

/**
 * An editable view of an ONNX graph. `proto` is the graph; look-ups by tensor name are indexed, and
 * the index follows the edits made here. After editing `proto` itself, call `changed()`.
 *
 * Nodes must stay in an order in which each comes after those it reads from: give a position when
 * a new node feeds existing ones.
 */
export class Graph {
  readonly proto: GraphProto;
  #currentIndex: GraphIndex | undefined;
  #names: Set<string> | undefined;

  constructor(proto: GraphProto) {
    this.proto = proto;
  }

  get nodes(): readonly NodeProto[] {
    return this.proto.node;
  }

  /** What has to be fed: the inputs that are not initializers. */
  get inputs(): readonly ValueInfo[] {
    return this.proto.input
      .filter(({ name }) => !this.#index.initializers.has(name))
      .map(fromValueInfoProto);
  }

  get outputs(): readonly ValueInfo[] {
    return this.proto.output.map(fromValueInfoProto);
  }

  /** What the model says about a tensor, if it says anything. */
  valueInfo(tensor: string): ValueInfo | undefined {
    const value = this.#index.values.get(tensor);
    return value && fromValueInfoProto(value);
  }

  /** The node that writes a tensor; undefined for inputs, initializers and unknown names. */
  producer(tensor: string): NodeProto | undefined {
    return this.#index.producers.get(tensor);
  }

  /**
   * The nodes that read a tensor, each once. A node whose sub-graph reads it (`If`, `Loop`, `Scan`)
   * is among them, although the tensor is not in its inputs.
   */
  consumers(tensor: string): readonly NodeProto[] {
    return this.#index.consumers(tensor);
  }

  isOutput(tensor: string): boolean {
    return this.proto.output.some(({ name }) => name === tensor);
  }

  initializer(name: string): TensorProto | undefined {
    return this.#index.initializers.get(name);
  }

  /** The value of a tensor that is known without running the model: an initializer or a `Constant`. */
  constant(name: string): TensorProto | undefined {
    const { initializers, producers } = this.#index;
    return initializers.get(name) ?? constantValue(producers.get(name));
  }

  /** @throws TypeError when a tensor of that name exists. */
  addInitializer(name: string, value: Tensor): void {
    const { initializers, producers, inputs } = this.#index;
    if (initializers.has(name) || producers.has(name) || inputs.has(name)) {
      throw invalidArgument('name', 'a name that no tensor has', name);
    }
    const initializer = toTensorProto(name, value);
    this.proto.initializer.push(initializer);
    initializers.set(name, initializer);
    this.#names?.add(name);
  }

  /** Removes an initializer, also from the graph's inputs, where old models list them. */
  removeInitializer(name: string): void {
    const { initializers, inputs } = this.#index;
    const initializer = initializers.get(name);
    if (!initializer) throw invalidArgument('name', 'the name of an initializer', name);
    remove(this.proto.initializer, initializer);
    this.proto.input = this.proto.input.filter((input) => input.name !== name);
    initializers.delete(name);
    inputs.delete(name);
  }

  /** Adds a node, at the end unless a position is given. */
  addNode(spec: NodeSpec, position: { before?: NodeProto; after?: NodeProto } = {}): NodeProto {
    const { opType, inputs, outputs, name, domain, attributes = {} } = spec;
    const node = create(NodeProtoSchema, {
      opType,
      input: [...inputs],
      output: [...outputs],
      attribute: encodeAttributes(attributes),
      ...(name !== undefined && { name }),
      ...(domain !== undefined && { domain }),
    });
    const index = this.#index;
    this.proto.node.splice(this.#position(position), 0, node);
    index.addNode(node);
    for (const used of [node.name, ...node.output]) this.#names?.add(used);
    return node;
  }

  removeNode(node: NodeProto): void {
    if (!remove(this.proto.node, node)) throw invalidArgument('node', 'a node of the graph', node);
    this.#index.removeNode(node);
  }

  /** Lets the input `index` of a node read another tensor. */
  replaceInput(node: NodeProto, index: number, tensor: string): void {
    checkInteger('index', index, 0, node.input.length - 1);
    this.#index.removeNode(node);
    node.input[index] = tensor;
    this.#index.addNode(node);
  }

  /** Declares an existing tensor as an output of the graph. */
  addOutput(value: ValueInfo): void {
    if (this.isOutput(value.name)) {
      throw invalidArgument('value.name', 'a name that no output has', value.name);
    }
    const output = toValueInfoProto(value);
    this.proto.output.push(output);
    this.#index.values.set(value.name, output);
  }

  /**
   * `base`, or `base` with a number, so that no tensor and no node has the name, in sub-graphs
   * neither. The name is taken from then on: the next call gives another.
   */
  uniqueName(base: string): string {
    this.#names ??= namesIn(this.proto);
    let name = base;
    for (let count = 1; this.#names.has(name); count++) name = `${base}_${count}`;
    this.#names.add(name);
    return name;
  }

  /**
   * Names the nodes that have no name `<OpType>_<index>`, so that TensorRT's errors, which quote
   * node names, point to the node. Nodes of sub-graphs get names too.
   */
  nameNodes(): void {
    this.#nameNodesOf(this.proto);
  }

  /**
   * Removes the nodes and initializers that no output depends on; what sub-graphs read is kept.
   *
   * @returns how many nodes and initializers were removed.
   */
  removeUnused(): number {
    const { live, used } = this.#reachable();
    const { proto } = this;
    const isUnusedInitializer = (name: string) =>
      this.#index.initializers.has(name) && !used.has(name);
    proto.input = proto.input.filter(({ name }) => !isUnusedInitializer(name));
    const before = this.#size();
    proto.node = proto.node.filter((node) => live.has(node));
    proto.initializer = proto.initializer.filter(({ name }) => used.has(name));
    proto.sparseInitializer = proto.sparseInitializer.filter(({ values }) =>
      used.has(values?.name ?? ''),
    );
    const written = new Set(proto.node.flatMap((node) => node.output));
    proto.valueInfo = proto.valueInfo.filter(({ name }) => used.has(name) || written.has(name));
    this.changed();
    return before - this.#size();
  }

  /** Tells the view that `proto` was edited directly. */
  changed(): void {
    this.#currentIndex = undefined;
    // Names that were handed out stay taken.
    if (this.#names) namesIn(this.proto, this.#names);
  }

  #size(): number {
    const { node, initializer, sparseInitializer } = this.proto;
    return node.length + initializer.length + sparseInitializer.length;
  }

  #position({ before, after }: { before?: NodeProto; after?: NodeProto }): number {
    const neighbour = before ?? after;
    if (!neighbour) return this.proto.node.length;
    const index = this.proto.node.indexOf(neighbour);
    if (index === -1) throw invalidArgument('position', 'a node of the graph', neighbour);
    return before ? index : index + 1;
  }

  #nameNodesOf(graph: GraphProto): void {
    graph.node.forEach((node, index) => {
      if (!node.name) node.name = this.uniqueName(`${node.opType}_${index}`);
      for (const subgraph of subgraphsOf(node)) this.#nameNodesOf(subgraph);
    });
  }

  /** Walks back from the outputs. */
  #reachable(): { live: Set<NodeProto>; used: Set<string> } {
    const live = new Set<NodeProto>();
    const used = new Set(this.proto.output.map(({ name }) => name));
    // A set iterates over what is added to it on the way.
    for (const name of used) {
      const node = this.producer(name);
      if (!node || live.has(node)) continue;
      live.add(node);
      for (const read of tensorsReadBy(node)) used.add(read);
    }
    return { live, used };
  }

  get #index(): GraphIndex {
    this.#currentIndex ??= new GraphIndex(this.proto);
    return this.#currentIndex;
  }
}

function remove<T>(list: T[], item: T): boolean {
  const index = list.indexOf(item);
  if (index !== -1) list.splice(index, 1);
  return index !== -1;
}
