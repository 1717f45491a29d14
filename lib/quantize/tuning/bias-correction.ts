import type { NodeProto } from 'onnx-buf';
import { checkInteger, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { loadAddon } from '../../native.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { Model } from '../../onnx/model.js';
import { type OnnxRuntimeOptions, openOnnxRuntime } from '../../runtime/onnxruntime.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type Tensor, type TensorMap, tensor } from '../../tensor.js';
import type { NativeChannelStatistics } from '../calibration/native-calibration.js';
import { noSamples } from '../calibration/run-samples.js';
import type { QuantizedModel } from '../quantize.js';
import { addToBias } from './add-to-bias.js';
import { alsoReturn } from './also-return.js';
import { foldInt8Weights } from './fold-weights.js';

export interface BiasCorrectionOptions {
  /** Threads that ONNX Runtime computes with. Default: one per core. */
  threads?: number | undefined;
  onProgress?: ((progress: BiasCorrectionProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface BiasCorrectionProgress {
  /** How many linear layers have been corrected. */
  readonly layers: number;
  readonly total: number;
  readonly elapsedMs: number;
}

/** By how much the bias of a layer changed. */
export interface BiasCorrection {
  readonly node: string;
  /** The root of the mean squared correction of a channel. */
  readonly rms: number;
}

/**
 * Adds to the bias of each INT8 linear layer what quantization takes from the mean of its outputs
 * (empirical bias correction, Nagel et al., 2019). Layers are corrected in the order of the graph, each
 * behind those before it that are corrected already; a layer without a bias gets one. Convolutions
 * stay as they are.
 *
 * @param quantized - a result of `quantize` with the precision `'fp32'`; convert the rest to FP16
 * afterwards, by `toHalf`.
 * @param model - what it was made from.
 * @param samples - what the model will meet in use; a hundred are enough. Padding counts.
 * @returns a copy of `quantized`, with `corrections` beside the report.
 * @throws TensorRTError `ERR_CALIBRATION` when there are no samples or the models do not belong
 * together, `ERR_RUNTIME` when one does not run. An abort rejects with the signal's reason.
 */
export async function correctBias(
  quantized: QuantizedModel,
  model: Model,
  samples: readonly TensorMap[],
  options: BiasCorrectionOptions = {},
): Promise<QuantizedModel & { readonly corrections: readonly BiasCorrection[] }> {
  checkArguments(quantized, model, samples, options);
  const { threads, signal, onProgress } = options;
  signal?.throwIfAborted();
  const layers = findLayers(quantized, model);
  const runtimeOptions = { threads, signal, isolate: true };
  const expected = await floatMeans(model, layers, samples, runtimeOptions);
  const started = performance.now();
  const corrections = new Map<Layer, Float32Array>(
    Array.from(expected, ([layer, means]) => [layer, new Float32Array(means.length)]),
  );
  await using runtime = await openCorrectable(quantized, layers, runtimeOptions);
  let done = 0;
  for (const stage of stagesOf(quantized.graph, layers)) {
    const feeds = Object.fromEntries(
      Array.from(corrections, ([{ input }, data]) => [
        input,
        tensor('float32', [data.length], data),
      ]),
    );
    const actual = await meansOf(runtime, stage, samples, feeds);
    for (const layer of stage) {
      const means = expected.get(layer) as Float64Array;
      const missing = (actual.get(layer) as Float64Array).map((mean, i) => (means[i] ?? 0) - mean);
      corrections.set(layer, Float32Array.from(missing));
    }
    done += stage.length;
    const elapsedMs = performance.now() - started;
    onProgress?.({ layers: done, total: layers.length, elapsedMs });
  }
  return corrected(quantized, corrections);
}

function checkArguments(
  quantized: QuantizedModel,
  model: Model,
  samples: readonly TensorMap[],
  options: BiasCorrectionOptions,
): void {
  if (!(quantized instanceof Model) || !Array.isArray(quantized.report)) {
    throw invalidArgument('quantized', 'a model that quantize() made', quantized);
  }
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  if (!Array.isArray(samples)) throw invalidArgument('samples', 'an array of samples', samples);
  checkOptions('options', options, ['threads', 'onProgress', 'signal']);
  if (options.threads !== undefined) checkInteger('options.threads', options.threads, 1);
  if (samples.length > 0) return;
  throw noSamples('to measure outputs with');
}

/** An INT8 linear layer. */
interface Layer {
  readonly node: string;
  /** What it computes, before its bias where that is an Add of its own. */
  readonly output: string;
  /** The input through which its correction is fed. */
  readonly input: string;
}

function findLayers(quantized: QuantizedModel, model: Model): Layer[] {
  const { graph } = quantized;
  const isCorrected = new Set(
    quantized.report
      .filter(({ role, action }) => role === 'linear' && action === 'int8')
      .map(({ node }) => node),
  );
  return graph.nodes
    .filter(({ name }) => isCorrected.has(name))
    .map(({ name, output: [output = ''] }) => {
      if (!model.graph.producer(output)) {
        throw new TensorRTError(
          'ERR_CALIBRATION',
          `The quantized model was not made from this model: that has no tensor '${output}'.`,
          { tensor: output, remedy: 'Pass the model that quantize() was given.' },
        );
      }
      return { node: name, output, input: graph.uniqueName(`${output}_correction`) };
    });
}

async function floatMeans(
  model: Model,
  layers: readonly Layer[],
  samples: readonly TensorMap[],
  options: OnnxRuntimeOptions,
): Promise<Map<Layer, Float64Array>> {
  const copy = model.clone();
  alsoReturn(copy.graph, outputsOf(layers));
  await using runtime = await openOnnxRuntime(copy, options);
  return await meansOf(runtime, layers, samples, {});
}

function outputsOf(layers: readonly Layer[]): string[] {
  return layers.map(({ output }) => output);
}

/** The mean of each channel of what the layers compute. */
async function meansOf(
  runtime: Runtime,
  layers: readonly Layer[],
  samples: readonly TensorMap[],
  feeds: TensorMap,
): Promise<Map<Layer, Float64Array>> {
  const { ChannelStatistics } = loadAddon();
  const statistics = new Map<Layer, NativeChannelStatistics>();
  const outputs = outputsOf(layers);
  for (const sample of samples) {
    const values = await runtime.infer({ ...sample, ...feeds }, { outputs });
    for (const layer of layers) {
      const { dims, data, type } = values[layer.output] as Tensor<'float32'>;
      const known = statistics.get(layer) ?? new ChannelStatistics(dims.at(-1) ?? 1);
      known.collect(data, type);
      statistics.set(layer, known);
    }
  }
  return new Map(Array.from(statistics, ([layer, { mean }]) => [layer, mean]));
}

/** The quantized model with a fed correction behind each layer: one session does for all stages. */
async function openCorrectable(
  quantized: Model,
  layers: readonly Layer[],
  options: OnnxRuntimeOptions,
): Promise<Runtime> {
  const model = quantized.clone();
  const { graph } = model;
  foldInt8Weights(graph);
  for (const { output, input } of layers) {
    graph.insertNode(output, { opType: 'Add', inputs: [input], name: `${input}_Add` });
    graph.addInput({ name: input, type: 'float32', dims: [undefined] });
  }
  alsoReturn(graph, outputsOf(layers));
  return openOnnxRuntime(model, options);
}

/** Layers that do not depend on each other, such as query, key and value, are corrected together. */
function stagesOf(graph: Graph, layers: readonly Layer[]): Layer[][] {
  const byNode = new Map(layers.map((layer) => [layer.node, layer]));
  const depths = new Map<string, number>();
  const depthBefore = ({ input }: NodeProto) =>
    Math.max(0, ...input.map((name) => depths.get(name) ?? 0));
  const stages = new Map<number, Layer[]>();
  for (const node of graph.nodes) {
    const before = depthBefore(node);
    const layer = byNode.get(node.name);
    if (layer) stages.set(before, [...(stages.get(before) ?? []), layer]);
    for (const output of node.output) depths.set(output, layer ? before + 1 : before);
  }
  return [...stages.keys()].sort((a, b) => a - b).map((depth) => stages.get(depth) as Layer[]);
}

function corrected(quantized: QuantizedModel, corrections: ReadonlyMap<Layer, Float32Array>) {
  const copy = quantized.clone();
  const nodes = new Map(copy.graph.nodes.map((node) => [node.name, node]));
  const report = Array.from(corrections, ([{ node }, values]): BiasCorrection => {
    addToBias(copy.graph, nodes.get(node) as NodeProto, values);
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    return { node, rms: Math.sqrt(squares / values.length) };
  });
  copy.graph.removeUnused();
  const { report: decisions, upgrades, precision } = quantized;
  return Object.assign(copy, { report: decisions, upgrades, precision, corrections: report });
}
