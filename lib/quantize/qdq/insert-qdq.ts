import type { NodeProto, TensorProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';
import { toNodeProto } from '../../onnx/graph/node-spec.js';
import { storedBytes } from '../../onnx/tensor/element-types.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';
import type { PlannedActivation, PlannedWeight } from '../placement/plan.js';
import { numberTypes, type QuantizedType, scaleOf } from './number-types.js';
import { rawTensor, type StoredWeight, weightProto } from './store-weights.js';

export interface QdqForm {
  /** The type of quantized activations. */
  readonly type: 'int8' | 'fp8';
  /** `'float'`: float weights that pass through QuantizeLinear as well. */
  readonly storeWeights: 'quantized' | 'float';
}

/** What is dequantized, and by what: the inputs of a pair, and its attributes. */
interface Quantization {
  readonly inputs: readonly [scale: string, zeroPoint: string];
  readonly attributes: Readonly<Record<string, number>>;
}

/**
 * Puts Q/DQ nodes into a graph, in the form that TensorRT turns into quantized products:
 *
 * - an activation passes through QuantizeLinear and DequantizeLinear with one scale. All its
 *   readers share the pair, since TensorRT merges products with one input (query, key and value of
 *   attention) only then;
 * - a weight is stored quantized and passes through DequantizeLinear, with a scale per output channel
 *   or per block;
 * - zero points are written although they are zero: without one, ONNX takes the tensor for UINT8;
 * - a bias stays in float, since TensorRT dequantizes no INT32.
 */
export class QdqWriter {
  readonly #graph: Graph;
  readonly #form: QdqForm;
  /** The dequantized tensor by the name of the original. */
  readonly #activations = new Map<string, string>();
  readonly #weights = new Map<string, string>();
  /** New nodes by the one they are to stand before: all are put in place at once. */
  readonly #additions = new Map<NodeProto, NodeProto[]>();

  constructor(graph: Graph, form: QdqForm) {
    this.#graph = graph;
    this.#form = form;
  }

  /**
   * Lets an input of a node pass through Q and DQ. Nodes must come in graph order, so that what
   * several of them share stands before the first.
   *
   * @param amax - of the tensor; its scale must be a positive normal float32.
   */
  quantizeActivation(node: NodeProto, { index, tensor: name }: PlannedActivation, amax: number) {
    const dequantized = this.#activations.get(name) ?? this.#addPair(name, amax, node);
    this.#activations.set(name, dequantized);
    node.input[index] = dequantized;
  }

  /** Lets a node read a weight that is stored quantized. Nodes must come in graph order. */
  quantizeWeight(node: NodeProto, planned: PlannedWeight, weight: StoredWeight): void {
    const { index, tensor: name } = planned;
    const key = `${weight.axis} ${name}`;
    const dequantized = this.#weights.get(key) ?? this.#addWeight(name, weight, node);
    this.#weights.set(key, dequantized);
    node.input[index] = dequantized;
  }

  /** Puts the new nodes into the graph, and removes what nobody reads any more. */
  finish(): void {
    const { proto } = this.#graph;
    proto.node = proto.node.flatMap((node) => [...(this.#additions.get(node) ?? []), node]);
    this.#graph.changed();
    this.#graph.removeUnused();
  }

  #addPair(input: string, amax: number, before: NodeProto): string {
    const { type } = this.#form;
    const scales = tensor('float32', [], [scaleOf(amax, type)]);
    const quantization = this.#addQuantization(input, type, scales, {});
    return this.#addDequantize(
      input,
      this.#addQuantize(input, quantization, before),
      quantization,
      before,
    );
  }

  #addWeight(name: string, weight: StoredWeight, before: NodeProto): string {
    const { type, scales, axis, blockSize } = weight;
    const attributes = { axis, ...(blockSize !== undefined && { block_size: blockSize }) };
    const quantization = this.#addQuantization(name, type, scales, attributes);
    const quantized =
      this.#form.storeWeights === 'float'
        ? this.#addQuantize(name, quantization, before)
        : this.#addInitializer(`${name}_${type}`, weightProto(weight));
    return this.#addDequantize(name, quantized, quantization, before);
  }

  #addQuantization(
    name: string,
    type: QuantizedType,
    scales: Tensor<'float32'>,
    attributes: Quantization['attributes'],
  ): Quantization {
    const count = storedBytes(numberTypes[type].elementType, elementCount(scales.dims)) ?? 0;
    const scale = this.#addInitializer(`${name}_scale`, scales);
    // All bits zero are the number 0 in each of the types.
    const zeros = rawTensor(type, scales.dims, new Uint8Array(count));
    return { inputs: [scale, this.#addInitializer(`${name}_zero_point`, zeros)], attributes };
  }

  #addQuantize(input: string, quantization: Quantization, before: NodeProto): string {
    return this.#addNode('QuantizeLinear', input, input, quantization, before, 'quantized');
  }

  #addDequantize(
    name: string,
    quantized: string,
    quantization: Quantization,
    before: NodeProto,
  ): string {
    return this.#addNode('DequantizeLinear', name, quantized, quantization, before, 'dequantized');
  }

  /** @param name - of the tensor that the node is about. */
  #addNode(
    opType: 'QuantizeLinear' | 'DequantizeLinear',
    name: string,
    input: string,
    { inputs, attributes }: Quantization,
    before: NodeProto,
    suffix: string,
  ): string {
    const output = this.#graph.uniqueName(`${name}_${suffix}`);
    const node = toNodeProto({
      opType,
      name: this.#graph.uniqueName(`${name}_${opType}`),
      inputs: [input, ...inputs],
      outputs: [output],
      attributes,
    });
    const additions = this.#additions.get(before);
    if (additions) additions.push(node);
    else this.#additions.set(before, [node]);
    return output;
  }

  #addInitializer(name: string, value: Tensor | TensorProto): string {
    const unique = this.#graph.uniqueName(name);
    this.#graph.addInitializer(unique, value);
    return unique;
  }
}
