import { type GraphProto, type NodeProto, type TensorProto, TensorProto_DataType } from 'onnx-buf';
import { subgraphsOf } from '../onnx/graph/subgraphs.js';
import type { Model } from '../onnx/model.js';
import type { InferredShapes } from '../onnx/shapes/inferred-shapes.js';
import { constantValue } from '../onnx/tensor/constants.js';
import { type Link, linkBodies } from './links.js';
import { type OperatorSlots, type SlotChoice, slotsOf } from './operator-slots.js';

export const float32 = TensorProto_DataType.FLOAT;

/** A graph or sub-graph, with what it holds. */
export interface Scope {
  readonly graph: GraphProto;
  readonly parent: Scope | undefined;
  /** The node whose sub-graph it is. */
  readonly owner: Step | undefined;
  readonly values: Map<string, Value>;
  readonly steps: Step[];
  /** The reads by the graph's outputs, in their order. */
  readonly results: Use[];
}

/** A node, with its tensors resolved. */
export interface Step {
  readonly node: NodeProto;
  readonly scope: Scope;
  /** Undefined where the schema of the operator is not known. */
  readonly slots: OperatorSlots | undefined;
  /** By position; undefined for optional inputs left out. */
  readonly inputs: (Use | undefined)[];
  readonly outputs: (Value | undefined)[];
  readonly bodies: Scope[];
}

/** A tensor. */
export interface Value {
  readonly name: string;
  readonly scope: Scope;
  /** As the model has it; undefined where that is not known. */
  readonly elementType: number | undefined;
  readonly dims: readonly (number | string | undefined)[] | undefined;
  readonly producer: Step | undefined;
  /** Its value where it is an initializer or the output of a `Constant` node. */
  readonly constant: TensorProto | undefined;
  readonly uses: Use[];
}

/** A place where a tensor is read: an input of a node, or an output of a graph. */
export interface Use {
  readonly value: Value;
  readonly scope: Scope;
  /** Undefined for an output of a graph. */
  readonly step: Step | undefined;
  readonly index: number;
}

/** A model's tensors and nodes with who reads what, across sub-graphs. */
export interface ValueGraph {
  readonly main: Scope;
  /** Every node, each after those it reads from, and after the nodes of its sub-graphs. */
  readonly steps: readonly Step[];
  readonly scopes: readonly Scope[];
  /** The tensors that have one type because they are handed in and out of sub-graphs. */
  readonly links: readonly Link[];
}

export function valueGraphOf(
  model: Model,
  shapes: InferredShapes,
  { type, scales }: Pick<SlotChoice, 'type' | 'scales'>,
): ValueGraph {
  const builder = new Builder(shapes, { opset: model.opset, type, scales });
  const main = builder.addScope(model.graph.proto);
  return { main, steps: builder.steps, scopes: builder.scopes, links: builder.links };
}

class Builder {
  readonly steps: Step[] = [];
  readonly scopes: Scope[] = [];
  readonly links: Link[] = [];
  readonly #shapes: InferredShapes;
  readonly #opset: number;
  readonly #slotsOf: (node: NodeProto) => OperatorSlots | undefined;

  constructor(shapes: InferredShapes, choice: SlotChoice) {
    this.#shapes = shapes;
    this.#opset = choice.opset;
    this.#slotsOf = (node) => slotsOf(node, choice);
  }

  addScope(graph: GraphProto, owner?: Step): Scope {
    const scope: Scope = {
      graph,
      parent: owner?.scope,
      owner,
      values: new Map(),
      steps: [],
      results: [],
    };
    this.scopes.push(scope);
    for (const tensor of graph.initializer) this.#addValue(scope, tensor.name, undefined, tensor);
    for (const { name } of graph.input) {
      if (!scope.values.has(name)) this.#addValue(scope, name);
    }
    for (const node of graph.node) this.#addStep(scope, node);
    graph.output.forEach(({ name }, index) => {
      const use = this.#use(scope, name, undefined, index);
      if (use) scope.results.push(use);
    });
    return scope;
  }

  #addStep(scope: Scope, node: NodeProto): void {
    const slots = this.#slotsOf(node);
    const step: Step = { node, scope, slots, inputs: [], outputs: [], bodies: [] };
    node.input.forEach((name, index) => {
      step.inputs.push(this.#use(scope, name, step, index));
    });
    for (const graph of subgraphsOf(node)) step.bodies.push(this.addScope(graph, step));
    const constant = constantValue(node);
    for (const name of node.output) {
      step.outputs.push(name === '' ? undefined : this.#addValue(scope, name, step, constant));
    }
    scope.steps.push(step);
    this.steps.push(step);
    this.links.push(...linkBodies(step, this.#opset));
  }

  #addValue(scope: Scope, name: string, producer?: Step, constant?: TensorProto): Value {
    const { elementType, dims } = this.#shapes.tensor(name, scope.graph);
    const value: Value = {
      name,
      scope,
      producer,
      constant,
      elementType: constant ? constant.dataType : elementType,
      dims: constant ? constant.dims.map(Number) : dims,
      uses: [],
    };
    scope.values.set(name, value);
    return value;
  }

  #use(scope: Scope, name: string, step: Step | undefined, index: number): Use | undefined {
    const value = name === '' ? undefined : this.#resolve(scope, name);
    if (!value) return undefined;
    const use: Use = { value, scope, step, index };
    value.uses.push(use);
    return use;
  }

  /** Looks in the graph and in those around it. A name that nobody gives is of unknown type. */
  #resolve(scope: Scope, name: string): Value {
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const value = at.values.get(name);
      if (value) return value;
    }
    return this.#addValue(scope, name);
  }
}

export type FloatValue = Value & { readonly elementType: typeof float32 };

export function isFloat(value: Value | undefined): value is FloatValue {
  return value?.elementType === float32;
}

/** The inputs of a step that are present and float32. */
export function floatInputs(step: Step): Use[] {
  return step.inputs.filter((use): use is Use => isFloat(use?.value));
}

export function floatOutputs(step: Step): Value[] {
  return step.outputs.filter(isFloat);
}

/** Float32 inputs whose value is computed when the model runs. */
export function computedInputs(step: Step): Use[] {
  return floatInputs(step).filter(({ value }) => !value.constant);
}

/** The nodes that read a value, each as often as it does. */
export function readers(value: Value): Step[] {
  return value.uses.flatMap(({ step }) => step ?? []);
}
