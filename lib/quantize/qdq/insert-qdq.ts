import type { NodeProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';
import { tensor } from '../../tensor.js';
import type { QuantizedWeights } from '../calibration/native-calibration.js';
import type { PlannedActivation, PlannedWeight } from '../placement/plan.js';

/**
 * Puts Q/DQ nodes into a graph, in the form that TensorRT turns into INT8 products:
 *
 * - an activation passes through QuantizeLinear and DequantizeLinear with one scale. All its
 *   readers share the pair, since TensorRT merges products with one input (query, key and value of
 *   attention) only then;
 * - a weight is stored as INT8 and passes through DequantizeLinear, with a scale per output channel;
 * - zero points are written although they are zero: without one, ONNX takes the tensor for UINT8;
 * - a bias stays in float, since TensorRT dequantizes no INT32.
 */
export class QdqWriter {
  readonly #graph: Graph;
  /** The dequantized tensor by the name of the original. */
  readonly #activations = new Map<string, string>();
  readonly #weights = new Map<string, string>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /**
   * Lets an input of a node pass through Q and DQ. Nodes must come in graph order, so that what
   * several of them share stands before the first.
   *
   * @param amax - of the tensor; amax / 127 must be a positive normal float32.
   */
  quantizeActivation(node: NodeProto, { index, tensor: name }: PlannedActivation, amax: number) {
    const dequantized = this.#activations.get(name) ?? this.#addPair(name, amax, node);
    this.#activations.set(name, dequantized);
    this.#graph.replaceInput(node, index, dequantized);
  }

  /** Lets a node read a weight that is stored as INT8. */
  quantizeWeight(node: NodeProto, planned: PlannedWeight, weights: QuantizedWeights): void {
    const { index, tensor: name, axis } = planned;
    const key = `${axis} ${name}`;
    const dequantized = this.#weights.get(key) ?? this.#addWeight(name, axis, weights, node);
    this.#weights.set(key, dequantized);
    this.#graph.replaceInput(node, index, dequantized);
  }

  /** @returns the name of the dequantized tensor. */
  #addPair(input: string, amax: number, before: NodeProto): string {
    const scale = this.#addInitializer(`${input}_scale`, tensor('float32', [], [scaleOf(amax)]));
    const zeroPoint = this.#addInitializer(`${input}_zero_point`, tensor('int8', [], [0]));
    const quantized = this.#addNode('QuantizeLinear', [input, scale, zeroPoint], before, {
      node: `${input}_QuantizeLinear`,
      output: `${input}_quantized`,
    });
    return this.#addNode('DequantizeLinear', [quantized, scale, zeroPoint], before, {
      node: `${input}_DequantizeLinear`,
      output: `${input}_dequantized`,
    });
  }

  /** @returns the name of the dequantized tensor. */
  #addWeight(
    weight: string,
    axis: number,
    { values, scales }: QuantizedWeights,
    before: NodeProto,
  ): string {
    const channels = scales.length;
    const others = values.length / channels;
    const dims = axis === 0 ? [channels, others] : [others, channels];
    const stored = this.#addInitializer(`${weight}_int8`, tensor('int8', dims, values));
    const scale = this.#addInitializer(`${weight}_scale`, tensor('float32', [channels], scales));
    const zeroPoint = this.#addInitializer(
      `${weight}_zero_point`,
      tensor('int8', [channels], new Int8Array(channels)),
    );
    const names = { node: `${weight}_DequantizeLinear`, output: `${weight}_dequantized` };
    return this.#addNode('DequantizeLinear', [stored, scale, zeroPoint], before, names, { axis });
  }

  #addNode(
    opType: string,
    inputs: readonly string[],
    before: NodeProto,
    names: { node: string; output: string },
    attributes: { axis?: number } = {},
  ): string {
    const name = this.#graph.uniqueName(names.node);
    const output = this.#graph.uniqueName(names.output);
    this.#graph.addNode({ opType, inputs, outputs: [output], name, attributes }, { before });
    return output;
  }

  #addInitializer(name: string, value: Parameters<Graph['addInitializer']>[1]): string {
    const unique = this.#graph.uniqueName(name);
    this.#graph.addInitializer(unique, value);
    return unique;
  }
}

/** The scale of a range: 127 steps on each side of zero. As float32, which is how it is stored. */
export function scaleOf(amax: number): number {
  return Math.fround(amax / 127);
}
