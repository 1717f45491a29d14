import type { NodeProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';
import type { Model } from '../../onnx/model.js';
import { readInlineWeights } from '../../onnx/tensor/weights.js';
import { type OnnxRuntimeOptions, openOnnxRuntime } from '../../runtime/onnxruntime.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type TensorMap, tensor } from '../../tensor.js';
import { foldInt8Weights } from './fold-weights.js';

/**
 * A quantized model whose activation ranges are fed at each run, so that one session judges every
 * choice of them.
 *
 * Weights are dequantized beforehand, so that products compute in float.
 */
export class RangeSimulation {
  /** Whose ranges can be chosen. Those that `quantize` left in float are not among them. */
  readonly tensors: readonly string[];
  readonly #runtime: Runtime;
  readonly #input: string;
  /** What turns the amax of a tensor into its scale. */
  readonly #scalePerAmax: Float64Array;

  private constructor(runtime: Runtime, input: string, pairs: readonly Pair[]) {
    this.#runtime = runtime;
    this.#input = input;
    this.tensors = pairs.map((pair) => pair.tensor);
    this.#scalePerAmax = Float64Array.from(pairs, ({ scale, amax }) => scale / amax);
  }

  /**
   * @param quantized - a result of `quantize`.
   * @param ranges - the amax by tensor that it was quantized with.
   */
  static async open(
    quantized: Model,
    ranges: ReadonlyMap<string, number>,
    options: OnnxRuntimeOptions,
  ): Promise<RangeSimulation> {
    const model = quantized.clone();
    const { graph } = model;
    const pairs = findPairs(graph, ranges);
    const input = feedScales(graph, pairs);
    foldInt8Weights(graph);
    return new RangeSimulation(await openOnnxRuntime(model, options), input, pairs);
  }

  /** @param amax - of every tensor of {@link tensors}. */
  run(sample: TensorMap, amax: ReadonlyMap<string, number>): Promise<TensorMap> {
    const scales = Float32Array.from(
      this.tensors,
      (name, index) => (amax.get(name) as number) * (this.#scalePerAmax[index] as number),
    );
    return this.#runtime.infer({
      ...sample,
      [this.#input]: tensor('float32', [scales.length], scales),
    });
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }
}

/** The QuantizeLinear of a tensor with all that share its scale. */
interface Pair {
  readonly tensor: string;
  readonly amax: number;
  readonly scale: number;
  readonly nodes: readonly NodeProto[];
}

function findPairs(graph: Graph, ranges: ReadonlyMap<string, number>): Pair[] {
  return Array.from(ranges, ([name, amax]) => {
    const nodes = graph.consumers(name).filter(({ opType }) => opType === 'QuantizeLinear');
    const scale = nodes[0] && graph.constant(nodes[0].input[1] as string);
    if (!scale) return [];
    const dequantizers = nodes.flatMap(({ output }) => graph.consumers(output[0] as string));
    return [
      {
        tensor: name,
        amax,
        scale: Number(readInlineWeights(scale).data[0]),
        nodes: [...nodes, ...dequantizers],
      },
    ];
  }).flat();
}

/** @returns the name of the new input [pairs], which holds the scales. */
function feedScales(graph: Graph, pairs: readonly Pair[]): string {
  const input = graph.uniqueName('activation_scales');
  const [first] = graph.nodes;
  pairs.forEach(({ nodes }, index) => {
    const position = graph.uniqueName(`${input}_index`);
    const scale = graph.uniqueName(`${input}_scale`);
    graph.addInitializer(position, tensor('int64', [], [index]));
    graph.addNode(
      { opType: 'Gather', inputs: [input, position], outputs: [scale], name: scale },
      first ? { before: first } : {},
    );
    for (const node of nodes) graph.replaceInput(node, 1, scale);
  });
  graph.addInput({ name: input, type: 'float32', dims: [pairs.length] });
  return input;
}
