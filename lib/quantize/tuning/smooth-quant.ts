import type { TensorProto } from 'onnx-buf';
import { checkBoolean, checkOptions, invalidArgument } from '../../arguments.js';
import { loadAddon } from '../../native.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { Model } from '../../onnx/model.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { openOnnxRuntime } from '../../runtime/onnxruntime.js';
import { type Tensor, tensor } from '../../tensor.js';
import type { NativeChannelStatistics } from '../calibration/native-calibration.js';
import { noSamples, type Samples } from '../calibration/run-samples.js';
import { namedCopy } from '../placement/named-copy.js';
import type { PlacementOptions } from '../placement/options.js';
import { planPlacement } from '../placement/plan-placement.js';
import { alsoReturn } from './also-return.js';
import { KeptRows, searchAlpha, someColumns } from './smooth-alpha.js';
import { giveFactors, multiplyInput } from './smooth-donors.js';
import { findSites, isSmoothable, type Site, type SmoothingDecision } from './smooth-sites.js';

export type { SmoothingDecision };

export interface SmoothQuantOptions {
  /**
   * How much of the difficulty moves from the activations to the weights: 0 none, 1 all of it.
   * `'auto'` takes for each tensor the strength that brings some of the INT8 products nearest to the
   * float ones, and leaves it as it is where none does. Default: `'auto'`.
   */
  alpha?: number | 'auto' | undefined;
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
  samples: Samples,
  options: SmoothQuantOptions = {},
): Promise<SmoothedModel> {
  checkArguments(model, options);
  const { insert = false, placement, signal } = options;
  signal?.throwIfAborted();
  const copy = namedCopy(model);
  const sites = findSites(copy.graph, (await planPlacement(copy, placement)).nodes, insert);
  const observations = await observe(copy, sites.filter(isSmoothable), samples, options);
  const report: SmoothingDecision[] = [];
  for (const site of sites) {
    signal?.throwIfAborted();
    const observed = observations.get(site.tensor);
    report.push(observed ? await smooth(copy, site, observed, options) : site.decision);
  }
  copy.graph.removeUnused();
  return Object.assign(copy, { report });
}

async function smooth(
  model: Model,
  site: Site,
  { statistics, kept }: Observation,
  { alpha: wanted = 'auto' }: SmoothQuantOptions,
): Promise<SmoothingDecision> {
  const weights = await readAll(model, site);
  const absmax = weightAbsmax(weights, site.channels);
  const factorsFor = (alpha: number) => factorsOf(statistics.absmax, absmax, alpha);
  const columns = () => weights.flatMap(({ data, axis }) => someColumns(data, site.channels, axis));
  const alpha = wanted === 'auto' ? searchAlpha(kept.rows, columns(), factorsFor) : wanted;
  if (alpha === undefined) {
    const reason = 'no strength brings the INT8 products nearer to the float ones';
    return { ...site.decision, action: 'unchanged', reason };
  }
  const factors = factorsFor(alpha);
  const inverse = factors.map((factor) => 1 / factor);
  if (site.donor) await giveFactors(model, site.donor, inverse);
  else insertMul(model.graph, site, inverse);
  for (const { node, weight } of site.layers) {
    await multiplyInput(model, node, weight.index, 1 - weight.axis, factors);
  }
  return { ...site.decision, alpha };
}

function checkArguments(model: Model, options: SmoothQuantOptions): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  const known = ['alpha', 'insert', 'placement', 'threads', 'onProgress', 'signal'];
  checkOptions('options', options, known);
  const { alpha, insert } = options;
  const isStrength = typeof alpha === 'number' && alpha >= 0 && alpha <= 1;
  if (alpha !== undefined && alpha !== 'auto' && !isStrength) {
    throw invalidArgument('options.alpha', "a number from 0 to 1 or 'auto'", alpha);
  }
  if (insert !== undefined) checkBoolean('options.insert', insert);
}

/** What samples showed of a tensor. */
interface Observation {
  readonly statistics: NativeChannelStatistics;
  readonly kept: KeptRows;
}

async function observe(
  model: Model,
  sites: readonly Site[],
  samples: Samples,
  { threads, signal, onProgress }: SmoothQuantOptions,
): Promise<Map<string, Observation>> {
  const { ChannelStatistics } = loadAddon();
  const observations = new Map(
    sites.map(({ tensor: name, channels }) => {
      const statistics = new ChannelStatistics(channels);
      return [name, { statistics, kept: new KeptRows(channels) }] as const;
    }),
  );
  const observed = model.clone();
  alsoReturn(observed.graph, [...observations.keys()]);
  const started = performance.now();
  let count = 0;
  await using runtime = await openOnnxRuntime(observed, { threads, signal, isolate: true });
  for await (const sample of samples) {
    const outputs = { ...sample, ...(await runtime.infer(sample)) };
    for (const [name, { statistics, kept }] of observations) {
      const { data, type } = outputs[name] as Tensor<'float32'>;
      statistics.collect(data, type);
      kept.add(data);
    }
    count++;
    onProgress?.({ samples: count, elapsedMs: performance.now() - started });
  }
  if (count > 0) return observations;
  throw noSamples('to measure activations with');
}

interface Weight {
  readonly data: Float32Array;
  /** The axis that counts the outputs. */
  readonly axis: number;
}

async function readAll(model: Model, { layers }: Site): Promise<Weight[]> {
  const weights: Weight[] = [];
  for (const { weight } of layers) {
    const proto = model.graph.constant(weight.tensor) as TensorProto;
    const { data } = (await readWeights(model, proto)) as Tensor<'float32'>;
    weights.push({ data, axis: weight.axis });
  }
  return weights;
}

/** The largest |w| that each channel of the input meets, in all of the layers. */
function weightAbsmax(weights: readonly Weight[], channels: number): Float32Array {
  const absmax = new Float32Array(channels);
  for (const { data, axis } of weights) {
    const inner = axis === 1 ? data.length / channels : 1;
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
