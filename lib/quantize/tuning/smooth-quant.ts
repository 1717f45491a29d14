import type { NodeProto, TensorProto } from 'onnx-buf';
import { checkBoolean, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { loadAddon } from '../../native.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { Model } from '../../onnx/model.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { openOnnxRuntime } from '../../runtime/onnxruntime.js';
import { type Tensor, type TensorMap, tensor } from '../../tensor.js';
import type { NativeChannelStatistics } from '../calibration/native-calibration.js';
import type { PlacementOptions } from '../placement/options.js';
import type { NodePlan, PlannedWeight } from '../placement/plan.js';
import { planPlacement } from '../placement/plan-placement.js';
import { type Donor, findDonor, giveFactors, multiplyInput } from './smooth-donors.js';

export interface SmoothQuantOptions {
  /**
   * How much of the difficulty moves from the activations to the weights: 0 none, 1 all of it.
   * Default: 0.5.
   */
  alpha?: number | undefined;
  /**
   * Puts a Mul before linear layers whose input comes from nothing that can take the factors, such as
   * a LayerNormalization that a residual connection reads too. It costs time. Default: false.
   */
  insert?: boolean | undefined;
  /** What `quantize` will be given: the linear layers that it quantizes are smoothed. */
  placement?: PlacementOptions | undefined;
  /** Threads that ONNX Runtime computes with. Default: one per core. */
  threads?: number | undefined;
  onProgress?: ((progress: { samples: number; elapsedMs: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** What became of one tensor that enters linear layers. */
export interface SmoothingDecision {
  readonly tensor: string;
  /** The linear layers whose weights took the inverse factors. */
  readonly layers: readonly string[];
  readonly action: 'folded' | 'inserted' | 'unchanged';
  /** Which node took the factors, or why none did. */
  readonly reason: string;
}

/** A model that computes the same with flatter activations. */
export interface SmoothedModel extends Model {
  readonly report: readonly SmoothingDecision[];
}

/**
 * Makes the inputs of linear layers easier to quantize (SmoothQuant, Xiao et al., 2023): each channel
 * is divided by s = max|x|^alpha / max|w|^(1 - alpha), and the weights that it meets are multiplied by
 * s. The division is folded into what makes the input: a LayerNormalization, a linear layer, the Mul
 * that GELU ends with. The model computes the same as before but for rounding, and is then
 * calibrated and quantized as any other.
 *
 * Weights that other nodes read too are not touched. Sums of the residual stream, which post-norm
 * models such as BERT feed to linear layers directly, take factors only with `insert`.
 *
 * @param samples - what the model will meet in use; a hundred are enough. Padding counts.
 * @throws TensorRTError `ERR_CALIBRATION` when there are no samples or nothing can be quantized,
 * `ERR_FEED`, `ERR_RUNTIME` when the model does not run. An abort rejects with the signal's reason.
 */
export async function smoothQuant(
  model: Model,
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  options: SmoothQuantOptions = {},
): Promise<SmoothedModel> {
  checkArguments(model, options);
  const { alpha = 0.5, insert = false, placement, signal } = options;
  signal?.throwIfAborted();
  const copy = model.clone();
  copy.graph.nameNodes();
  const sites = findSites(copy.graph, (await planPlacement(copy, placement)).nodes, insert);
  const smoothed = sites.filter(isSmoothable);
  const statistics = await measure(copy, smoothed, samples, options);
  for (const site of smoothed) {
    signal?.throwIfAborted();
    const { absmax } = statistics.get(site.tensor) as NativeChannelStatistics;
    const factors = factorsOf(absmax, await weightAbsmax(copy, site), alpha);
    const inverse = factors.map((factor) => 1 / factor);
    if (site.donor) await giveFactors(copy, site.donor, inverse);
    else insertMul(copy.graph, site, inverse);
    for (const { node, weight } of site.layers) {
      await multiplyInput(copy, node, weight.index, 1 - weight.axis, factors);
    }
  }
  copy.graph.removeUnused();
  return Object.assign(copy, { report: sites.map(({ decision }) => decision) });
}

function checkArguments(model: Model, options: SmoothQuantOptions): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  const known = ['alpha', 'insert', 'placement', 'threads', 'onProgress', 'signal'];
  checkOptions('options', options, known);
  const { alpha, insert } = options;
  if (alpha !== undefined && !(typeof alpha === 'number' && alpha >= 0 && alpha <= 1)) {
    throw invalidArgument('options.alpha', 'a number from 0 to 1', alpha);
  }
  if (insert !== undefined) checkBoolean('options.insert', insert);
}

interface Layer {
  readonly node: NodeProto;
  readonly weight: PlannedWeight;
}

/** A tensor that enters linear layers. */
interface Site {
  readonly tensor: string;
  readonly channels: number;
  readonly layers: readonly Layer[];
  /** Undefined where a Mul is inserted. */
  readonly donor: Donor | undefined;
  readonly decision: SmoothingDecision;
}

function isSmoothable({ decision }: Site): boolean {
  return decision.action !== 'unchanged';
}

function findSites(graph: Graph, plan: readonly NodePlan[], insert: boolean): Site[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const layersOf = new Map<string, Layer[]>();
  for (const { node: name, role, action, weight } of plan) {
    const node = nodes.get(name);
    if (role !== 'linear' || action !== 'quantize' || !weight || !node) continue;
    const input = node.input[0] as string;
    const layers = layersOf.get(input) ?? [];
    layers.push({ node, weight });
    layersOf.set(input, layers);
  }
  return Array.from(layersOf, ([name, layers]) => toSite(graph, name, layers, insert));
}

function toSite(graph: Graph, name: string, layers: readonly Layer[], insert: boolean): Site {
  const { tensor: weight, axis } = (layers[0] as Layer).weight;
  const channels = Number(graph.constant(weight)?.dims[1 - axis]);
  const nodes = layers.map(({ node }) => node);
  const common = { tensor: name, layers: nodes.map((node) => node.name) };
  const shared = layers.find((layer) => graph.consumers(layer.weight.tensor).length > 1);
  const donor = shared
    ? `the weight '${shared.weight.tensor}' is read by other nodes too`
    : findDonor(graph, name, channels, nodes);
  const site = { tensor: name, channels, layers, donor: undefined };
  if (typeof donor !== 'string') {
    const reason = `${donor.node.opType} '${donor.node.name}' takes the factors`;
    return { ...site, donor, decision: { ...common, action: 'folded', reason } };
  }
  const action = insert && !shared ? 'inserted' : 'unchanged';
  return { ...site, decision: { ...common, action, reason: donor } };
}

/** The largest |x| of each channel of every site. */
async function measure(
  model: Model,
  sites: readonly Site[],
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  { threads, signal, onProgress }: SmoothQuantOptions,
): Promise<Map<string, NativeChannelStatistics>> {
  const { ChannelStatistics } = loadAddon();
  const statistics = new Map(
    sites.map(({ tensor: name, channels }) => [name, new ChannelStatistics(channels)]),
  );
  const observed = withOutputs(model, [...statistics.keys()]);
  const started = performance.now();
  let count = 0;
  await using runtime = await openOnnxRuntime(observed, { threads, signal, isolate: true });
  for await (const sample of samples) {
    const outputs = { ...sample, ...(await runtime.infer(sample)) };
    for (const [name, channels] of statistics) {
      const { data, type } = outputs[name] as Tensor<'float32'>;
      channels.collect(data, type);
    }
    count++;
    onProgress?.({ samples: count, elapsedMs: performance.now() - started });
  }
  if (count > 0) return statistics;
  throw new TensorRTError('ERR_CALIBRATION', 'There are no samples to measure activations with.', {
    remedy: 'Pass at least one, better a hundred, of what the model will meet in use.',
  });
}

function withOutputs(model: Model, tensors: readonly string[]): Model {
  const copy = model.clone();
  for (const name of tensors) {
    if (copy.graph.producer(name) && !copy.graph.isOutput(name)) {
      copy.graph.addOutput({ name, type: 'float32', dims: undefined });
    }
  }
  return copy;
}

/** The largest |w| that each channel of the input meets, in all of the layers. */
async function weightAbsmax(model: Model, { layers, channels }: Site): Promise<Float32Array> {
  const absmax = new Float32Array(channels);
  for (const { weight } of layers) {
    const proto = model.graph.constant(weight.tensor) as TensorProto;
    const { data } = (await readWeights(model, proto)) as Tensor<'float32'>;
    const inner = weight.axis === 1 ? data.length / channels : 1;
    for (let i = 0; i < data.length; i++) {
      const channel = Math.floor(i / inner) % channels;
      absmax[channel] = Math.max(absmax[channel] as number, Math.abs(data[i] as number));
    }
  }
  return absmax;
}

/** Beyond this, a channel was hardly ever seen, and the next text may be other. */
const largestFactor = 1e4;

/** The factors have a geometric mean of 1, so that the tensor keeps its magnitude. */
function factorsOf(activations: Float32Array, weights: Float32Array, alpha: number): Float32Array {
  const logs = Float64Array.from(activations, (activation, channel) => {
    const weight = weights[channel] as number;
    return activation > 0 && weight > 0
      ? alpha * Math.log(activation) - (1 - alpha) * Math.log(weight)
      : Number.NaN;
  });
  const known = logs.filter((log) => !Number.isNaN(log));
  const middle = known.reduce((sum, log) => sum + log, 0) / Math.max(known.length, 1);
  const limit = Math.log(largestFactor);
  return Float32Array.from(logs, (log) =>
    Number.isNaN(log) ? 1 : Math.exp(Math.min(Math.max(log - middle, -limit), limit)),
  );
}

function insertMul(graph: Graph, { tensor: name, layers }: Site, inverse: Float32Array): void {
  const factors = graph.uniqueName(`${name}_smooth_factors`);
  graph.addInitializer(factors, tensor('float32', [inverse.length], inverse));
  const nodes = layers.map(({ node }) => node);
  const label = graph.uniqueName(`${name}_smooth`);
  graph.insertNode(name, { opType: 'Mul', inputs: [factors], name: label }, nodes);
}
