import type { NodeProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { Graph } from '../../onnx/graph/graph.js';
import type { Model } from '../../onnx/model.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { readInlineWeights } from '../../onnx/tensor/weights.js';
import { toValueInfoProto } from '../../onnx/value-info.js';
import { type OnnxRuntimeOptions, openOnnxRuntime } from '../../runtime/onnxruntime.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount, type Tensor, type TensorMap, tensor } from '../../tensor.js';

/**
 * A quantized model whose activation ranges are fed at each run, so that one session judges every
 * choice of them.
 *
 * Weights are dequantized beforehand and products computed in float: INT8 kernels give the same but
 * for the last digits, and on a CPU without INT8 instructions they are slower.
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
    for (const node of [...graph.nodes]) {
      if (node.opType === 'DequantizeLinear') foldWeights(graph, node);
    }
    graph.removeUnused();
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
  graph.proto.input.push(toValueInfoProto({ name: input, type: 'float32', dims: [pairs.length] }));
  graph.changed();
  return input;
}

/** Puts the float values in the place of INT8 weights with a scale per channel. */
function foldWeights(graph: Graph, node: NodeProto): void {
  const [weight = '', scale = ''] = node.input;
  const stored = graph.constant(weight);
  const scales = graph.constant(scale);
  if (!stored || !scales || toDataType(stored.dataType) !== 'int8') return;
  if (scales.dims.length > 1) return;
  const values = dequantize(
    readInlineWeights(stored) as Tensor<'int8'>,
    readInlineWeights(scales) as Tensor<'float32'>,
    getInt(node, 'axis') ?? 1,
  );
  const folded = graph.uniqueName(`${weight}_dequantized`);
  graph.addInitializer(folded, tensor('float32', stored.dims.map(Number), values));
  graph.replaceUses(node.output[0] as string, folded);
}

function dequantize(
  { dims, data }: Tensor<'int8'>,
  { dims: scaleDims, data: scales }: Tensor<'float32'>,
  axis: number,
): Float32Array {
  const values = new Float32Array(data.length);
  const channels = scaleDims.length === 0 ? 1 : scales.length;
  const inner = scaleDims.length === 0 ? data.length : elementCount(dims.slice(axis + 1));
  for (let start = 0, row = 0; start < data.length; start += inner, row++) {
    const factor = scales[row % channels] as number;
    for (let i = start; i < start + inner; i++) values[i] = (data[i] as number) * factor;
  }
  return values;
}
