import type { NodeProto } from 'onnx-buf';
import type { Model } from '../../onnx/model.js';
import { multiplicationsOf, readsWholeTensors } from '../../onnx/multiplications.js';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { InferredShapes } from '../../onnx/shapes/inferred-shapes.js';
import { storedBytes } from '../../onnx/tensor/element-types.js';
import { elementCount } from '../../tensor.js';
import type { Work } from '../bench-report.js';

/**
 * Counts what one inference of a model computes and moves, for a roofline (Williams, Waterman,
 * Patterson, "Roofline", 2009). Operations are those of products: MatMul, Gemm, convolutions,
 * recurrent layers, attention. Bytes are what products, normalisations, reductions and look-ups read
 * and write once, in the types that are stored; elementwise operators are taken to be fused with what
 * is around them. Bodies of loops and branches are not counted.
 *
 * @param shapes - the dims of every input.
 * @returns undefined where the size of a product is not known.
 */
export async function countWork(
  model: Model,
  shapes: Readonly<Record<string, readonly number[]>>,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Work | undefined> {
  const inferred = await inferShapes(model, { inputs: shapes, signal: options.signal });
  const tensors = new Tensors(model, inferred);
  let [multiplications, bytes] = [0, 0];
  for (const node of model.graph.nodes) {
    const own = multiplicationsOf(node, (tensor) => tensors.dims(tensor));
    if (own === undefined) return undefined;
    multiplications += own;
    if (own > 0 || readsWholeTensors.test(node.opType)) bytes += bytesMoved(node, tensors);
  }
  return { flops: 2 * multiplications, bytes };
}

/** A look-up reads of its table what it writes; all others read what they are given. */
function bytesMoved(node: NodeProto, tensors: Tensors): number {
  const written = sum(node.output, tensors);
  return node.opType === 'Gather'
    ? 2 * written + tensors.bytes(node.input[1] ?? '')
    : sum(node.input, tensors) + written;
}

function sum(names: readonly string[], tensors: Tensors): number {
  return names.reduce((total, name) => total + (name === '' ? 0 : tensors.bytes(name)), 0);
}

/** How large the tensors of a model are. */
class Tensors {
  readonly #model: Model;
  readonly #shapes: InferredShapes;

  constructor(model: Model, shapes: InferredShapes) {
    this.#model = model;
    this.#shapes = shapes;
  }

  dims(name: string): readonly number[] | undefined {
    const stored = this.#model.graph.constant(name)?.dims.map(Number);
    if (stored) return stored;
    const { dims } = this.#shapes.tensor(name);
    return dims?.every((dim) => typeof dim === 'number') ? dims : undefined;
  }

  /** What comes out of DequantizeLinear is moved as the integers that went in. */
  bytes(name: string): number {
    const { graph } = this.#model;
    const producer = graph.producer(name);
    const source = producer?.opType === 'DequantizeLinear' ? (producer.input[0] ?? name) : name;
    const type = graph.constant(source)?.dataType ?? this.#shapes.tensor(source).elementType ?? 0;
    return storedBytes(type, elementCount(this.dims(source) ?? [0])) ?? 0;
  }
}
