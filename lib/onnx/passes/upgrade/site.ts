import { setFloat16 } from '@petamoriken/float16';
import { type AttributeProto, TensorProto_DataType as ElementType, type NodeProto } from 'onnx-buf';
import { TensorRTError } from '../../../errors.js';
import { type Tensor, tensor } from '../../../tensor.js';
import type { Graph } from '../../graph/graph.js';
import type { Model } from '../../model.js';
import type { InferredTensor } from '../../shapes/inferred-shapes.js';

/** Where a node is raised, and the tools for it. */
export class Site {
  readonly model: Model;
  readonly graph: Graph;
  readonly known: (tensor: string) => InferredTensor;
  /** The names of what was added, by content: one list of axes serves many nodes. */
  readonly #added = new Map<string, string>();

  constructor(model: Model, graph: Graph, known: (tensor: string) => InferredTensor) {
    this.model = model;
    this.graph = graph;
    this.known = known;
  }

  /** Adds a list of integers, such as axes, and returns its name. */
  ints(what: string, values: readonly number[]): string {
    return this.#add(what, tensor('int64', [values.length], values));
  }

  floats(what: string, values: readonly number[]): string {
    return this.#add(what, tensor('float32', [values.length], values));
  }

  /** Adds a number without dimensions. */
  scalar(what: string, type: 'int64' | 'float32', value: number): string {
    return this.#add(what, tensor(type, [], [value]));
  }

  /** Adds a number of the type that the node's first input has. */
  scalarLikeInput(node: NodeProto, what: string, value: number): string {
    const { elementType } = this.known(node.input[0] ?? '');
    switch (elementType) {
      case ElementType.FLOAT:
        return this.#add(what, tensor('float32', [], [value]));
      case ElementType.DOUBLE:
        return this.#add(what, tensor('float64', [], [value]));
      case ElementType.FLOAT16:
        return this.#add(what, tensor('float16', [], Uint16Array.of(halfBits(value))));
      default:
        throw this.cannot(node, `the type of its input '${node.input[0]}' is not known`);
    }
  }

  cannot(node: NodeProto, why: string): TensorRTError {
    const { name, opType } = node;
    const label = name || node.output[0];
    return new TensorRTError(
      'ERR_UNSUPPORTED',
      `Node '${label}' (${opType}) cannot be raised to a later opset: ${why}.`,
      { node: { name, opType }, remedy: 'Export the model again with a later opset.' },
    );
  }

  #add(what: string, value: Tensor): string {
    const key = [what, value.type, value.dims, value.data].join(' ');
    const known = this.#added.get(key);
    if (known !== undefined) return known;
    const name = this.graph.uniqueName([what, ...value.data].join('_'));
    this.graph.addInitializer(name, value);
    this.#added.set(key, name);
    return name;
  }
}

function halfBits(value: number): number {
  const bits = new Uint16Array(1);
  setFloat16(new DataView(bits.buffer), 0, value, true);
  return bits[0] as number;
}

/** Removes an attribute and returns it. */
export function take(node: NodeProto, name: string): AttributeProto | undefined {
  const found = node.attribute.find((attribute) => attribute.name === name);
  if (found) node.attribute = node.attribute.filter((attribute) => attribute !== found);
  return found;
}

/** Sets an input, with those before it that are left out. */
export function setInput(node: NodeProto, index: number, tensor: string): void {
  while (node.input.length <= index) node.input.push('');
  node.input[index] = tensor;
}
