import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
import { encodeAttributes } from '../onnx/attributes.js';
import type { Graph } from '../onnx/graph/graph.js';
import { shallowCopy } from '../onnx/messages.js';
import { convertedTensor } from '../onnx/tensor/converted-range.js';
import type { HalfType } from '../onnx/tensor/half-numbers.js';
import { toTensorProto } from '../onnx/tensor/weights.js';
import { setElementType } from '../onnx/value-info.js';
import { adaptNode, halfTensor } from './adapt.js';
import type { HalfConstants } from './constants.js';
import type { PrecisionPlan } from './plan.js';
import {
  float32,
  isFloat,
  type Scope,
  type Step,
  type Use,
  type Value,
  type ValueGraph,
} from './value-graph.js';

/** What is added to a graph, by the place where it goes. */
interface Additions {
  readonly first: NodeProto[];
  readonly after: Map<NodeProto, NodeProto[]>;
  readonly initializers: TensorProto[];
}

/**
 * Writes a plan into the graph. A tensor that is wanted in a second type gets one `Cast`, directly
 * after the node that writes it, for all who want it; a constant is stored in the types that are
 * wanted and never cast.
 */
export class Rewriter {
  readonly #graph: Graph;
  readonly #values: ValueGraph;
  readonly #plan: PrecisionPlan;
  readonly #constants: HalfConstants;
  readonly #type: HalfType;
  readonly #additions = new Map<Scope, Additions>();
  /** By tensor: its name in each element type. */
  readonly #names = new Map<Value, Map<number, string>>();
  readonly #aliases = new Map<Value, Value>();
  readonly #replaced = new Map<TensorProto, TensorProto>();
  castsAdded = 0;

  constructor(
    graph: Graph,
    values: ValueGraph,
    plan: PrecisionPlan,
    constants: HalfConstants,
    type: HalfType,
  ) {
    this.#graph = graph;
    this.#values = values;
    this.#plan = plan;
    this.#constants = constants;
    this.#type = type;
  }

  get castsRemoved(): number {
    return this.#aliases.size;
  }

  isStoredInHalf(value: Value): boolean {
    if (value.constant) return this.#names.get(value)?.has(this.#plan.half) ?? false;
    return this.#plan.storedType(value) === this.#plan.half;
  }

  rewrite(): void {
    for (const { values } of this.#values.scopes) {
      for (const value of values.values()) this.#nameValue(value);
    }
    for (const step of this.#values.steps) this.#findAlias(step);
    for (const step of this.#values.steps) this.#rewriteStep(step);
    for (const scope of this.#values.scopes) this.#rewriteResults(scope);
    for (const scope of this.#values.scopes) this.#finish(scope);
    this.#graph.changed();
  }

  /** Gives a tensor the name under which it is written in its own type. */
  #nameValue(value: Value): void {
    const type =
      value.constant && isFloat(value) ? this.#storeConstant(value) : this.#plan.storedType(value);
    if (type === undefined) return;
    const names = new Map([[type, value.name]]);
    this.#names.set(value, names);
    const fixed = this.#fixedType(value);
    if (fixed === undefined || fixed === type || value.constant) return;
    names.set(type, this.#uniqueName(value, type));
    this.#replaceOutput(value, names.get(type) as string);
    this.#addCast(value, type, fixed, value.name);
  }

  /** The type of an output of the model, whose name must stay. */
  #fixedType({ uses }: Value): number | undefined {
    const output = uses.find(({ step, scope }) => !step && scope === this.#values.main);
    return output && this.#plan.wantedType(output);
  }

  #replaceOutput({ producer, name }: Value, newName: string): void {
    if (producer) producer.node.output[producer.node.output.indexOf(name)] = newName;
  }

  /** Stores a constant in half precision where no reader wants it otherwise, or an output does. */
  #storeConstant(value: Value): number {
    const wanted = new Set(value.uses.map((use) => this.#plan.wantedType(use)));
    const inHalf = wanted.has(this.#plan.half) && !wanted.has(float32);
    if (!inHalf && this.#fixedType(value) !== this.#plan.half) return float32;
    const half = this.#halfConstant(value, value.name);
    if (value.producer) value.producer.node.attribute = [tensorAttribute('value', half)];
    else if (value.constant) this.#replaced.set(value.constant, half);
    return this.#plan.half;
  }

  #halfConstant(value: Value, name: string): TensorProto {
    const half = this.#constants.converted.get(value);
    const { constant } = value;
    if (!half || !constant) throw new Error(`Constant '${value.name}' was not converted`);
    const { bits, limit } = half;
    if (!bits) return convertedTensor(constant, name, { type: this.#type, limit });
    return toTensorProto(name, halfTensor(this.#plan, bits, constant.dims.map(Number)));
  }

  /** A cast of the model that has become one to the same type is left out. */
  #findAlias(step: Step): void {
    const [source] = step.inputs;
    const [target] = step.outputs;
    if (step.node.opType !== 'Cast' || !source || !target || source.value.constant) return;
    if (target.uses.some((use) => !use.step)) return;
    const type = this.#plan.storedType(source.value);
    if (type === undefined || type !== this.#plan.storedType(target)) return;
    this.#aliases.set(target, source.value);
  }

  #rewriteStep(step: Step): void {
    step.inputs.forEach((use, index) => {
      if (use) step.node.input[index] = this.#nameFor(use);
    });
    adaptNode(step, this.#plan, this.#constants);
  }

  #rewriteResults({ graph, results }: Scope): void {
    if (graph === this.#values.main.graph) return;
    for (const use of results) {
      const output = graph.output[use.index] as ValueInfoProto;
      output.name = this.#nameFor(use);
      const wanted = isFloat(use.value) ? this.#plan.wantedType(use) : undefined;
      if (wanted !== undefined) setElementType(output, wanted);
    }
  }

  #nameFor(use: Use): string {
    return this.#nameIn(use.value, this.#plan.wantedType(use));
  }

  /** The name under which a tensor is had in a type, which is added where nobody wanted it yet. */
  #nameIn(value: Value, wanted: number | undefined): string {
    const alias = this.#aliases.get(value);
    if (alias) return this.#nameIn(alias, wanted);
    const names = this.#names.get(value);
    const [first] = names ?? [];
    if (!names || !first) return value.name;
    const [type, name] = first;
    if (wanted === undefined) return name;
    const known = names.get(wanted);
    if (known !== undefined) return known;
    if (value.constant) return this.#addConstant(value, wanted);
    return this.#castSource(value, wanted) ?? this.#addCast(value, type, wanted);
  }

  /** Of a tensor that the model casts from the very type that is wanted: the tensor before the cast. */
  #castSource({ producer }: Value, wanted: number): string | undefined {
    const [source] = producer?.node.opType === 'Cast' ? producer.inputs : [];
    if (!source || isFloat(source.value) || source.value.elementType !== wanted) return undefined;
    return this.#nameIn(source.value, wanted);
  }

  /** Of a tensor that the model casts from integers: these, which are cast anew and not rounded twice. */
  #otherSource({ producer }: Value): string | undefined {
    const [source] = producer?.node.opType === 'Cast' ? producer.inputs : [];
    return source && !isFloat(source.value) ? this.#nameIn(source.value, undefined) : undefined;
  }

  #addConstant(value: Value, wanted: number): string {
    const name = this.#uniqueName(value, wanted);
    this.#names.get(value)?.set(wanted, name);
    const tensor =
      wanted === float32
        ? Object.assign(shallowCopy(value.constant as TensorProto), { name })
        : this.#halfConstant(value, name);
    this.#additionsTo(value.scope).initializers.push(tensor);
    return name;
  }

  #addCast(
    value: Value,
    type: number,
    wanted: number,
    output = this.#uniqueName(value, wanted),
  ): string {
    const names = this.#names.get(value) as Map<number, string>;
    names.set(wanted, output);
    const source = this.#otherSource(value) ?? (names.get(type) as string);
    const node = create(NodeProtoSchema, {
      name: this.#graph.uniqueName(`${output}_Cast`),
      opType: 'Cast',
      input: [source],
      output: [output],
      attribute: encodeAttributes({ to: wanted }),
    });
    this.castsAdded++;
    const { first, after } = this.#additionsTo(value.scope);
    const producer = value.producer?.node;
    if (!producer) first.push(node);
    else after.set(producer, [...(after.get(producer) ?? []), node]);
    return output;
  }

  #uniqueName({ name }: Value, type: number): string {
    return this.#graph.uniqueName(`${name}_${type === float32 ? 'fp32' : this.#type}`);
  }

  #additionsTo(scope: Scope): Additions {
    let additions = this.#additions.get(scope);
    if (!additions) {
      additions = { first: [], after: new Map(), initializers: [] };
      this.#additions.set(scope, additions);
    }
    return additions;
  }

  #finish(scope: Scope): void {
    const { graph } = scope;
    const { first, after, initializers } = this.#additionsTo(scope);
    const kept = scope.steps.filter(
      ({ outputs: [output] }) => !output || !this.#aliases.has(output),
    );
    graph.node = [...first, ...kept.flatMap(({ node }) => [node, ...(after.get(node) ?? [])])];
    graph.initializer = [
      ...graph.initializer.map((tensor) => this.#replaced.get(tensor) ?? tensor),
      ...initializers,
    ];
    this.#declareTypes(scope, graph);
  }

  #declareTypes({ values }: Scope, graph: GraphProto): void {
    graph.valueInfo = graph.valueInfo.filter(({ name }) => {
      const value = values.get(name);
      return !value || !this.#aliases.has(value);
    });
    const isMain = graph === this.#values.main.graph;
    const outputs = isMain ? graph.output : [];
    for (const info of [...graph.input, ...graph.valueInfo, ...outputs]) {
      const value = values.get(info.name);
      if (!value || !isFloat(value)) continue;
      for (const [type, name] of this.#names.get(value) ?? []) {
        if (name === info.name) setElementType(info, type);
      }
    }
  }
}

function tensorAttribute(name: string, t: TensorProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.TENSOR, t });
}
