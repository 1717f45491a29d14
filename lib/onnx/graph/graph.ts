import type { GraphProto, NodeProto, TensorProto } from 'onnx-buf';
import { checkInteger, checkText, invalidArgument } from '../../arguments.js';
import type { Tensor } from '../../tensor.js';
import { toTensorProto } from '../tensor/weights.js';
import { toValueInfoProto, type ValueInfo } from '../value-info.js';
import { GraphLookups } from './graph-lookups.js';
import { Names } from './names.js';
import { type InsertedNode, type NodeSpec, toNodeProto } from './node-spec.js';
import { findPattern, type Match, type NodePattern } from './pattern.js';
import { keepReachable } from './reachable.js';
import { renameAnnotations, renameReads, renameWrites } from './rename.js';
import { inTopologicalOrder } from './sort.js';
import { subgraphsOf } from './subgraphs.js';

export type { InsertedNode, NodeSpec };

/**
 * An editable view of an ONNX graph: of a model's own or of a sub-graph in it. `proto` is the graph;
 * look-ups by tensor name are indexed, and the index follows the edits made here. After editing
 * `proto` itself, call `changed()`.
 *
 * Nodes must stay in an order in which each comes after those it reads from: give a position when
 * a new node feeds existing ones, or call `sort()` at the end.
 */
export class Graph extends GraphLookups {
  /** The graph that a sub-graph lies in, whose tensors it can read. */
  override readonly outer: Graph | undefined;
  readonly #views = new WeakMap<GraphProto, Graph>();
  #currentNames: Names | undefined;

  constructor(proto: GraphProto, outer?: Graph) {
    super(proto);
    this.outer = outer;
  }

  /** The graphs in the attributes of this graph's nodes: branches of `If`, bodies of `Loop`, `Scan`. */
  subgraphs(): readonly Graph[] {
    return this.nodes.flatMap((node) => this.subgraphsOf(node));
  }

  /** The graphs in the attributes of one node. */
  subgraphsOf(node: NodeProto): readonly Graph[] {
    return subgraphsOf(node).map((proto) => {
      const view = this.#views.get(proto) ?? new Graph(proto, this);
      this.#views.set(proto, view);
      return view;
    });
  }

  /** Finds every place where nodes are wired as a {@link pattern} says, in the order of the nodes. */
  findPattern<C extends object>(pattern: NodePattern<C>): Match<C>[] {
    return findPattern(this, pattern);
  }

  /**
   * @param value - the tensor; a `TensorProto`, whose bytes are shared, for what a {@link Tensor}
   * cannot carry.
   * @throws TypeError when a tensor of that name exists.
   */
  addInitializer(name: string, value: Tensor | TensorProto): void {
    const { initializers } = this.index;
    if (this.index.has(name)) throw invalidArgument('name', 'a name that no tensor has', name);
    const initializer = toTensorProto(name, value);
    this.proto.initializer.push(initializer);
    initializers.set(name, initializer);
    this.#root.#currentNames?.add([name]);
  }

  /** Removes an initializer, also from the graph's inputs, where old models list them. */
  removeInitializer(name: string): void {
    const { initializers, inputs } = this.index;
    const initializer = initializers.get(name);
    if (!initializer) throw invalidArgument('name', 'the name of an initializer', name);
    remove(this.proto.initializer, initializer);
    if (inputs.delete(name)) {
      this.proto.input = this.proto.input.filter((input) => input.name !== name);
    }
    initializers.delete(name);
  }

  /** Adds a node, at the end unless a position is given. */
  addNode(spec: NodeSpec, position: { before?: NodeProto; after?: NodeProto } = {}): NodeProto {
    const node = toNodeProto(spec);
    const index = this.index;
    this.proto.node.splice(this.#position(position), 0, node);
    index.addNode(node);
    this.#edited(node);
    return node;
  }

  removeNode(node: NodeProto): void {
    if (!remove(this.proto.node, node)) throw invalidArgument('node', 'a node of the graph', node);
    this.index.removeNode(node);
    this.#edited();
  }

  /** Removes many nodes in one go; those that are not in the graph are passed over. */
  removeNodes(nodes: Iterable<NodeProto>): void {
    const removed = new Set(nodes);
    if (removed.size === 0) return;
    this.proto.node = this.proto.node.filter((node) => !removed.has(node));
    this.forget();
    this.#edited();
  }

  /**
   * Puts a new node in the place of another. Inputs, outputs and name are those of the old one unless
   * given; attributes and domain are not.
   */
  replaceNode(node: NodeProto, spec: Partial<NodeSpec> & Pick<NodeSpec, 'opType'>): NodeProto {
    const { input: inputs, output: outputs, name } = node;
    const added = toNodeProto({ inputs, outputs, name, ...spec });
    const place = this.#position({ before: node });
    this.index.removeNode(node);
    this.proto.node[place] = added;
    this.index.addNode(added);
    this.#edited(added);
    return added;
  }

  /**
   * Puts a node between a tensor and those who read it.
   *
   * @param readers - the nodes that read the new one's output instead of the tensor. When left out,
   * all do, and an output of the graph keeps its name and has the new value.
   */
  insertNode(tensor: string, spec: InsertedNode, readers?: readonly NodeProto[]): NodeProto {
    const { inputs = [], output, ...rest } = spec;
    const result = output ?? this.uniqueName(`${tensor}_${spec.opType}`);
    const read = [tensor, ...inputs];
    const { node: nodes } = this.proto;
    const last = Math.max(...read.map((name) => this.#placeOfProducer(name)));
    const before = nodes[last + 1];
    const node = this.addNode(
      { ...rest, inputs: read, outputs: [result] },
      before ? { before } : {},
    );
    this.replaceUses(tensor, result, readers ? { readers } : { except: [node] });
    return node;
  }

  /** Lets the input `index` of a node read another tensor. */
  replaceInput(node: NodeProto, index: number, tensor: string): void {
    checkInteger('index', index, 0, node.input.length - 1);
    this.index.removeNode(node);
    node.input[index] = tensor;
    this.index.addNode(node);
    this.#edited();
  }

  /**
   * Lets all who read a tensor read another, also in sub-graphs.
   *
   * Where `from` is an output of the graph, the output keeps its name and gets the value of `to`:
   * what `to` was is then called `from`, and what `from` was has a new name. Where `to` cannot be
   * renamed, because it is an input or an output itself, an `Identity` links both.
   *
   * @param options - `readers`: only these nodes, and no output; `except`: not these.
   * @returns the name that the value of `to` has then.
   */
  replaceUses(
    from: string,
    to: string,
    options: { readers?: Iterable<NodeProto>; except?: Iterable<NodeProto> } = {},
  ): string {
    if (from === to) return to;
    const chosen = options.readers && new Set(options.readers);
    const except = new Set(options.except);
    const takesOutput = !chosen && this.isOutput(from);
    if (takesOutput && this.isInput(from)) {
      throw invalidArgument('from', 'a tensor that is not both an input and an output', from);
    }
    const moved = this.consumers(from).filter(
      (node) => !except.has(node) && (chosen?.has(node) ?? true),
    );
    for (const node of moved) renameReads(node, from, to);
    this.index.moveConsumers(from, to, new Set(moved));
    this.#forgetInside(moved);
    this.#edited();
    return takesOutput ? this.#takeOutput(from, to) : to;
  }

  /**
   * Gives a tensor of this graph another name, wherever it is used: by nodes, as input or output of
   * the graph, in sub-graphs, and where its type and its quantization are told.
   *
   * @throws TypeError when the graph has no such tensor, or has one with the new name.
   */
  rename(tensor: string, name: string): void {
    checkText('name', name);
    if (tensor === name) return;
    if (!this.index.has(tensor)) {
      throw invalidArgument('tensor', 'the name of a tensor of the graph', tensor);
    }
    if (this.#names.has(name)) throw invalidArgument('name', 'a name that nothing has', name);
    this.#names.add([name]);
    this.#rename(tensor, name);
    const { outputs } = this.index;
    const output = outputs.get(tensor);
    if (!output) return;
    output.name = name;
    outputs.delete(tensor);
    outputs.set(name, output);
  }

  /** Declares an input of the graph, which nodes may read already. */
  addInput(value: ValueInfo): void {
    if (this.isInput(value.name)) {
      throw invalidArgument('value.name', 'a name that no input has', value.name);
    }
    const input = toValueInfoProto(value);
    this.proto.input.push(input);
    this.index.inputs.set(value.name, input);
  }

  /** Declares an existing tensor as an output of the graph. */
  addOutput(value: ValueInfo): void {
    if (this.isOutput(value.name)) {
      throw invalidArgument('value.name', 'a name that no output has', value.name);
    }
    const output = toValueInfoProto(value);
    this.proto.output.push(output);
    this.index.outputs.set(value.name, output);
  }

  /**
   * `base`, or `base` with a number, so that no tensor and no node has the name, in sub-graphs and in
   * graphs around neither. The name is taken from then on: the next call gives another.
   */
  uniqueName(base: string): string {
    return this.#names.unique(base);
  }

  /**
   * Names the nodes that have no name `<OpType>_<index>`, so that TensorRT's errors, which quote
   * node names, point to the node. Nodes of sub-graphs get names too.
   */
  nameNodes(): void {
    this.nodes.forEach((node, index) => {
      if (!node.name) node.name = this.uniqueName(`${node.opType}_${index}`);
    });
    for (const subgraph of this.subgraphs()) subgraph.nameNodes();
  }

  /**
   * Brings the nodes into an order in which each comes after those it reads from, also those that
   * its sub-graphs read, and those of sub-graphs too. What is in order already stays as it is.
   *
   * @throws TensorRTError `ERR_ONNX_INVALID` that names the nodes which read from each other in a
   * circle.
   */
  sort(): void {
    this.proto.node = inTopologicalOrder(this.nodes, (tensor) => this.producer(tensor));
    for (const subgraph of this.subgraphs()) subgraph.sort();
  }

  /**
   * Removes the nodes and initializers that no output depends on; what sub-graphs read is kept.
   *
   * @returns how many nodes and initializers were removed.
   */
  removeUnused(): number {
    const before = this.#size();
    keepReachable(this.proto, (tensor) => this.producer(tensor));
    this.forget();
    this.#edited();
    return before - this.#size();
  }

  /** Tells the view that `proto` was edited directly. */
  changed(): void {
    this.forget();
    this.#forgetInside(this.nodes);
    this.#edited();
    // Names that were handed out stay taken.
    this.#root.#currentNames?.addGraph(this.proto);
  }

  /** The tensor `to` becomes the output `from`. */
  #takeOutput(from: string, to: string): string {
    if (this.index.has(from)) this.#rename(from, this.uniqueName(from));
    const { producers, initializers } = this.index;
    const isFree = (producers.has(to) || initializers.has(to)) && !this.isOutput(to);
    if (isFree && !this.isInput(to)) {
      this.#rename(to, from);
      // The output itself says what it is.
      const told = this.index.between.get(from);
      if (told) remove(this.proto.valueInfo, told);
      this.index.between.delete(from);
      return from;
    }
    this.addNode({ opType: 'Identity', inputs: [to], outputs: [from] });
    return to;
  }

  /** Renames a tensor in all but the outputs of the graph. */
  #rename(from: string, to: string): void {
    const { producers, initializers, sparse, inputs, between } = this.index;
    const writer = producers.get(from);
    if (writer) renameWrites(writer, from, to);
    const owners = [initializers.get(from), sparse.get(from)?.values, inputs.get(from)];
    for (const owner of [...owners, between.get(from)]) if (owner) owner.name = to;
    const readers = this.consumers(from);
    for (const node of readers) renameReads(node, from, to);
    renameAnnotations(this.proto, from, to);
    this.index.rename(from, to);
    this.#forgetInside(readers);
    this.#edited();
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

  #placeOfProducer(tensor: string): number {
    const producer = this.producer(tensor);
    return producer ? this.proto.node.indexOf(producer) : -1;
  }

  /** What the graphs around know about who reads their tensors may have changed. */
  #edited(added?: NodeProto): void {
    for (let graph = this.outer; graph; graph = graph.outer) graph.forget();
    if (added) this.#root.#currentNames?.add([added.name, ...added.output]);
  }

  /** The views of these nodes' sub-graphs have to look anew. */
  #forgetInside(nodes: readonly NodeProto[]): void {
    for (const subgraph of nodes.flatMap(subgraphsOf)) {
      const view = this.#views.get(subgraph);
      if (!view) continue;
      view.forget();
      view.#forgetInside(view.nodes);
    }
  }

  get #root(): Graph {
    return this.outer ? this.outer.#root : this;
  }

  get #names(): Names {
    const root = this.#root;
    root.#currentNames ??= new Names(root.proto);
    return root.#currentNames;
  }
}

function remove<T>(list: T[], item: T): boolean {
  const index = list.indexOf(item);
  if (index !== -1) list.splice(index, 1);
  return index !== -1;
}
