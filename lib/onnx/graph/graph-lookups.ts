import type { GraphProto, NodeProto, TensorProto } from 'onnx-buf';
import { constantValue } from '../tensor/constants.js';
import { sparseConstant } from '../tensor/sparse.js';
import { fromValueInfoProto, type ValueInfo } from '../value-info.js';
import { GraphIndex } from './graph-index.js';

/** What can be asked of a graph; {@link Graph} adds what can be done to it. */
export abstract class GraphLookups {
  readonly proto: GraphProto;
  abstract readonly outer: GraphLookups | undefined;
  #index: GraphIndex | undefined;

  constructor(proto: GraphProto) {
    this.proto = proto;
  }

  get nodes(): readonly NodeProto[] {
    return this.proto.node;
  }

  /** What has to be fed: the inputs that are not initializers. */
  get inputs(): readonly ValueInfo[] {
    return this.proto.input
      .filter(({ name }) => !this.index.initializers.has(name))
      .map(fromValueInfoProto);
  }

  get outputs(): readonly ValueInfo[] {
    return this.proto.output.map(fromValueInfoProto);
  }

  /** What the model says about a tensor, if it says anything. */
  valueInfo(tensor: string): ValueInfo | undefined {
    const value = this.index.valueInfo(tensor);
    return value && fromValueInfoProto(value);
  }

  /** The node that writes a tensor; undefined for inputs, initializers and unknown names. */
  producer(tensor: string): NodeProto | undefined {
    return this.index.producers.get(tensor);
  }

  /**
   * The nodes that read a tensor, each once. A node whose sub-graph reads it (`If`, `Loop`, `Scan`)
   * is among them, although the tensor is not in its inputs.
   */
  consumers(tensor: string): readonly NodeProto[] {
    return this.index.consumers(tensor);
  }

  isInput(tensor: string): boolean {
    return this.index.inputs.has(tensor);
  }

  isOutput(tensor: string): boolean {
    return this.index.outputs.has(tensor);
  }

  initializer(name: string): TensorProto | undefined {
    return this.index.initializers.get(name);
  }

  /**
   * The value of a tensor that is known without running the model: an initializer, also a sparse
   * one, or a `Constant`, of this graph or of those around it.
   */
  constant(name: string): TensorProto | undefined {
    const index = this.index;
    if (!index.has(name)) return this.outer?.constant(name);
    return (
      index.initializers.get(name) ??
      sparseConstant(index.sparse.get(name)) ??
      constantValue(index.producers.get(name))
    );
  }

  protected get index(): GraphIndex {
    this.#index ??= new GraphIndex(this.proto);
    return this.#index;
  }

  /** Lets the next look-up see the graph anew. */
  protected forget(): void {
    this.#index = undefined;
  }
}
