import { TensorProto_DataType as ElementType } from 'onnx-buf';
import type { HalfType } from '../onnx/tensor/half-numbers.js';
import type { Link } from './links.js';
import { hasCasts } from './rules/operators.js';
import type { Islands } from './rules/rule.js';
import { float32, isFloat, type Use, type Value, type ValueGraph } from './value-graph.js';

const elementTypes: Readonly<Record<HalfType, ElementType>> = {
  fp16: ElementType.FLOAT16,
  bf16: ElementType.BFLOAT16,
};

/** Inputs of which only the shape or a conversion is taken: any type will do. */
const indifferent: Readonly<Record<string, readonly number[]>> = {
  Cast: [0],
  CastLike: [0],
  EyeLike: [0],
  RandomNormalLike: [0],
  RandomUniformLike: [0],
  Shape: [0],
  Size: [0],
};

/** The element type that every tensor gets, and the one that every reader of it wants. */
export class PrecisionPlan {
  readonly half: ElementType;
  /** The data type of the same. */
  readonly typeName: 'float16' | 'bfloat16';
  readonly #graph: ValueGraph;
  readonly #islands: Islands;
  readonly #boundary: ElementType;
  readonly #inputs: ReadonlySet<string>;
  readonly #linked = new Map<Use | Value, ElementType>();

  constructor(
    graph: ValueGraph,
    islands: Islands,
    { type, io, opset }: { type: HalfType; io: 'keep' | 'convert'; opset: number },
  ) {
    this.half = elementTypes[type];
    this.typeName = type === 'fp16' ? 'float16' : 'bfloat16';
    this.#graph = graph;
    this.#islands = islands;
    this.#inputs = new Set(graph.main.graph.input.map(({ name }) => name));
    this.#boundary = io === 'convert' && hasCasts(opset, type) ? this.half : float32;
    for (const link of graph.links) this.#addLink(link);
  }

  /** Whether tensors that are handed in or out of the sub-graphs of a node become half. */
  isLinkedHalf({ sinks, sources }: Link): boolean {
    const [first] = [...sinks, ...sources];
    return first !== undefined && this.#linked.get(first) === this.half;
  }

  #addLink({ owner, sinks, sources }: Link): void {
    const values = [...sinks.map(({ value }) => value), ...sources];
    const canBeHalf = !this.#islands.has(owner) && values.every(isFloat);
    for (const place of [...sinks, ...sources]) {
      this.#linked.set(place, canBeHalf ? this.half : float32);
    }
  }

  /** The type that a tensor is computed in; of constants, undefined: they are had in any type. */
  storedType(value: Value): number | undefined {
    if (!isFloat(value)) return value.elementType;
    if (value.constant) return undefined;
    const linked = this.#linked.get(value);
    if (linked !== undefined) return linked;
    const { producer } = value;
    if (!producer) return this.#isInput(value) ? this.#boundary : float32;
    if (this.#islands.has(producer)) return float32;
    const place = producer.outputs.indexOf(value);
    return producer.slots?.output(place) === 'either' ? this.half : float32;
  }

  /** Not so a sparse initializer, which nothing writes either. */
  #isInput({ scope, name }: Value): boolean {
    return scope === this.#graph.main && this.#inputs.has(name);
  }

  /** The type that a reader wants of a tensor that was float32; undefined where any will do. */
  wantedType(use: Use): number | undefined {
    const { step, index, scope, value } = use;
    if (!isFloat(value)) return value.elementType;
    const linked = this.#linked.get(use);
    if (linked !== undefined) return linked;
    if (!step) return scope === this.#graph.main ? this.#boundary : float32;
    if (step.slots?.input(index) === 'either') {
      if (indifferent[step.node.opType]?.includes(index)) return undefined;
      if (!this.#islands.has(step)) return this.half;
    }
    return float32;
  }
}
