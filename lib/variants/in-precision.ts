import { checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import type { Profile } from '../engine/build/profiles.js';
import { Model } from '../onnx/model.js';
import { toHalf } from '../precision/to-half.js';
import { calibrate } from '../quantize/calibrate.js';
import type { Samples } from '../quantize/calibration/run-samples.js';
import type { CalibrationTable } from '../quantize/calibration/table.js';
import type { PlacementOptions } from '../quantize/placement/options.js';
import { quantize } from '../quantize/quantize.js';
import { randomFeeds } from '../samples/random-feeds.js';
import type { TensorMap } from '../tensor.js';
import { type Precision, precisions } from './precision.js';

export interface PrecisionOptions {
  /** What the ranges of activations are measured on, where there is no `table`. */
  samples?: Samples | undefined;
  /** Ranges of activations, from {@link calibrate}. */
  table?: CalibrationTable | undefined;
  /** Which nodes are quantized; `type`, `precision` and `profiles` follow from what is asked for. */
  placement?: PlacementOptions | undefined;
  /** What an engine will be built for: it decides which attention is fused. */
  profiles?: readonly Profile[] | undefined;
  onProgress?: ((progress: { phase: string; elapsedMs: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** A model in a precision, and what is to be known about how it came to that. */
export interface PrecisionVariant {
  readonly model: Model;
  /** In sentences. */
  readonly notes: string[];
  /** Whether ranges were measured on random inputs: right for speed, and for nothing else. */
  readonly randomRanges: boolean;
}

const optionNames = ['samples', 'table', 'placement', 'profiles', 'onProgress', 'signal'];

/** How many random inputs stand in for samples. Ranges of noise do not get better with more. */
const randomSamples = 4;

/** The size of dynamic axes of random inputs, where no profile tells one. */
const randomSize = 16;

/**
 * Gives a model a precision: as it is for `'fp32'`, with {@link toHalf} for `'fp16'` and `'bf16'`,
 * with {@link quantize} for `'int8'` and `'fp8'`, and both for `'int8+fp16'` and `'fp8+fp16'`. A
 * model that came quantized stays so in the first three; {@link quantize} refuses it.
 *
 * Ranges come from `table`, else from calibration with `samples`, else from random inputs, which
 * makes a model that is as fast as the real one and of no use.
 *
 * @throws TypeError for wrong options. TensorRTError as {@link toHalf}, {@link calibrate} and
 * {@link quantize}; the signal's reason.
 */
export async function inPrecision(
  model: Model,
  precision: Precision,
  options: PrecisionOptions = {},
): Promise<PrecisionVariant> {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  checkOneOf('precision', precision, precisions);
  checkOptions('options', options, optionNames);
  const { signal, onProgress } = options;
  if (precision === 'fp32') return { model, notes: quantizedAlready(model), randomRanges: false };
  const begin = performance.now();
  const report = (phase: string) => onProgress?.({ phase, elapsedMs: performance.now() - begin });
  report('convert');
  if (precision === 'fp16' || precision === 'bf16') {
    const half = await toHalf(model, { type: precision, signal });
    const { float } = half.report.summary;
    const notes = float > 0 ? [`${float} nodes stay FP32.`] : [];
    return { model: half, notes, randomRanges: false };
  }
  return quantized(model, precision, options, report);
}

function quantizedAlready({ graph }: Model): string[] {
  const isQuantized = graph.nodes.some(({ opType }) => opType === 'DequantizeLinear');
  return isQuantized ? ['The model came quantized, and stays so.'] : [];
}

async function quantized(
  model: Model,
  precision: 'int8' | 'int8+fp16' | 'fp8' | 'fp8+fp16',
  { samples, table: given, placement: chosen, profiles, signal }: PrecisionOptions,
  report: (phase: string) => void,
): Promise<PrecisionVariant> {
  const [type, half] = precision.split('+') as ['int8' | 'fp8', 'fp16'?];
  const placement: PlacementOptions = {
    ...chosen,
    ...(profiles && { profiles }),
    type,
    precision: half ?? 'fp32',
  };
  const randomRanges = given === undefined && samples === undefined;
  report('calibrate');
  const table =
    given ??
    (await calibrate(model, samples ?? noise(model, profiles), {
      placement,
      // Noise has no outliers, and a percentile of it would only take longer.
      method: randomRanges ? 'absmax' : undefined,
      signal,
    }));
  report('quantize');
  const result = await quantize(model, table, { ...placement, signal });
  const kept = result.report.filter(({ action }) => action === 'float').length;
  const notes = [
    ...(randomRanges
      ? ['The ranges were measured on random inputs: good for speed, and its answers mean nothing.']
      : []),
    `${result.report.length - kept} of ${result.report.length} candidates are ${type.toUpperCase()}.`,
  ];
  return { model: result, notes, randomRanges };
}

function noise(model: Model, profiles: readonly Profile[] | undefined): TensorMap[] {
  const ranges = Object.entries(profiles?.[0] ?? {});
  const shapes = Object.fromEntries(
    ranges.flatMap(([name, range]) => ('opt' in range ? [[name, range.opt] as const] : [])),
  );
  return Array.from({ length: randomSamples }, (_, index) =>
    randomFeeds(model, { shapes, defaultSize: randomSize, seed: index + 1 }),
  );
}
