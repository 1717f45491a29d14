import type { GraphProto, NodeProto, TensorProto } from 'onnx-buf';
import {
  getFloat,
  getFloats,
  getGraph,
  getInt,
  getInts,
  getString,
  getStrings,
} from '../attributes.js';
import type { Size } from './expression.js';
import { type Fact, unknown, type Value } from './fact.js';

/** What the rules need from the walk over the graph. */
export interface Surroundings {
  /** A size of which nothing is known. */
  fresh(): Size;
  problem(node: NodeProto, message: string): void;
  /** What a tensor of the model is, with its values where it is small. */
  constant(tensor: TensorProto): Fact;
  /** Infers a sub-graph, whose inputs are what is given. */
  inferGraph(graph: GraphProto, inputs: readonly Fact[]): Fact[];
}

/** What an operator's rule sees: the node, its attributes, and what is known about its inputs. */
export class NodeView {
  readonly node: NodeProto;
  /** The version of the operator's domain that the model imports. */
  readonly opset: number;
  readonly inputs: readonly (Fact | undefined)[];
  readonly #surroundings: Surroundings;

  /** @param inputs - undefined for optional inputs that are left out. */
  constructor(
    node: NodeProto,
    opset: number,
    inputs: readonly (Fact | undefined)[],
    surroundings: Surroundings,
  ) {
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
    this.#surroundings = surroundings;
  }

  /** The same node with its inputs in another order. */
  withInputs(inputs: readonly (Fact | undefined)[]): NodeView {
    return new NodeView(this.node, this.opset, inputs, this.#surroundings);
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  input(index: number): Fact {
    return this.inputs[index] ?? unknown;
  }

  type(index: number): number | undefined {
    return this.input(index).type;
  }

  dims(index: number): readonly Size[] | undefined {
    return this.input(index).dims;
  }

  rank(index: number): number | undefined {
    return this.dims(index)?.length;
  }

  values(index: number): readonly Value[] | undefined {
    return this.input(index).values;
  }

  /** The elements of an input, where all are known as numbers. */
  numbers(index: number): readonly number[] | undefined {
    const values = this.values(index);
    return values?.every((value) => typeof value === 'number')
      ? (values as readonly number[])
      : undefined;
  }

  /** The one element of an input. */
  scalar(index: number): Value {
    const values = this.values(index);
    return values?.length === 1 ? values[0] : undefined;
  }

  int(name: string): number | undefined;
  int(name: string, fallback: number): number;
  int(name: string, fallback?: number): number | undefined {
    return getInt(this.node, name) ?? fallback;
  }

  ints(name: string): number[] | undefined {
    return getInts(this.node, name);
  }

  float(name: string): number | undefined {
    return getFloat(this.node, name);
  }

  floats(name: string): number[] | undefined {
    return getFloats(this.node, name);
  }

  text(name: string): string | undefined {
    return getString(this.node, name);
  }

  strings(name: string): string[] | undefined {
    return getStrings(this.node, name);
  }

  graph(name: string): GraphProto | undefined {
    return getGraph(this.node, name);
  }

  get outputCount(): number {
    return this.node.output.length;
  }

  /** An axis counted from the front; undefined, with a problem noted, where there is no such axis. */
  axis(axis: number, rank: number): number | undefined {
    const counted = axis < 0 ? axis + rank : axis;
    if (counted >= 0 && counted < rank) return counted;
    return this.problem(`axis ${axis} of a tensor with ${rank} dimensions`);
  }

  /** Notes what is wrong with the node. Returns undefined, which is then what is known. */
  problem(message: string): undefined {
    this.#surroundings.problem(this.node, message);
  }

  fresh(): Size {
    return this.#surroundings.fresh();
  }

  freshDims(rank: number): Size[] {
    return Array.from({ length: rank }, () => this.fresh());
  }

  constant(tensor: TensorProto): Fact {
    return this.#surroundings.constant(tensor);
  }

  inferGraph(graph: GraphProto, inputs: readonly Fact[]): Fact[] {
    return this.#surroundings.inferGraph(graph, inputs);
  }
}

/** Finds what a node's outputs are, as far as its inputs are known. */
export type Rule = (n: NodeView) => readonly (Fact | undefined)[];

export type Rules = Readonly<Record<string, Rule>>;
