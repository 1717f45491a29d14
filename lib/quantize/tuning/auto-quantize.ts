import type { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import type { Samples } from '../calibration/run-samples.js';
import type { CalibrationTable } from '../calibration/table.js';
import { type QuantizedModel, quantize } from '../quantize.js';
import { HalfFallback } from './auto-quantize-half.js';
import {
  type AutoQuantizeOptions,
  type CheckedAutoOptions,
  checkAutoOptions,
} from './auto-quantize-options.js';
import { findSpeedup, type Speedup } from './auto-quantize-speed.js';
import { type QuantizationTrial, TrialRun } from './auto-quantize-trials.js';
import { type Found, Search } from './auto-quantize-variants.js';
import type { QuantizationGroup } from './groups.js';
import type { GroupDistance } from './sensitivity-bench.js';
import { type Evaluate, listSamples } from './sensitivity-options.js';

export interface AutoQuantizeReport {
  /** What was decided and why, in a sentence. */
  readonly outcome: string;
  /** What `evaluate` says of the float model, and what the result had to reach. */
  readonly floatMetric: number;
  readonly bound: number;
  /** What `evaluate` says of the result. */
  readonly metric: number;
  /** The variant that was taken; undefined where nothing is quantized. */
  readonly variant: string | undefined;
  /** The groups that stay in float for the sake of accuracy. */
  readonly float: readonly QuantizationGroup[];
  /** How many linear layers are quantized, of those that could be. */
  readonly linear: { readonly quantized: number; readonly total: number };
  /** Of the best quantized model that was found; undefined where none met the bound. */
  readonly speed: Speedup | undefined;
  /** Every quantized model that was evaluated, in order. */
  readonly trials: readonly QuantizationTrial[];
  /** The groups by what each does on its own, the worst first; empty where that was not needed. */
  readonly ranking: readonly GroupDistance[];
}

export interface AutoQuantizeResult {
  readonly model: Model;
  /** `'quantized'`, or the fallback: half precision, or the model as it was. */
  readonly precision: 'quantized' | 'fp16' | 'bf16' | 'fp32';
  /** The ranges it was quantized with. */
  readonly table: CalibrationTable | undefined;
  readonly report: AutoQuantizeReport;
}

/**
 * Quantizes as much of a model as a bound on its accuracy allows.
 *
 * The float model is evaluated, then each variant (see {@link defaultVariants}) with everything
 * quantized, until one meets the bound. Where none does, the best of them is taken, its groups are
 * ranked by {@link sensitivity}, and the fewest groups that suffice are kept in float: found by
 * binary search on the ranking, then by trying to quantize one after the other again. Every set is
 * evaluated as a whole.
 *
 * The result is in half precision, and says so, when no set of groups meets the bound or when the
 * quantized model is not `minSpeedup` times as fast as that. Where there is a GPU both are built and
 * timed; otherwise a cost model compares them, and `report.speed.kind` is `'estimated'`.
 *
 * Give `evaluate` data that neither calibration nor anything else has seen, and keep the data that
 * you report accuracy on out of it: the search chooses by what it sees there.
 *
 * @param samples - of what the model will meet in use: to calibrate with, and to rank groups by.
 * @param evaluate - your metric of a model; the higher, the better. It must not close the runtime.
 * @throws TypeError for wrong arguments. TensorRTError as `calibrate`, `quantize` and `toHalf`;
 * `ERR_CALIBRATION` when `evaluate` gives no number, `ERR_RUNTIME` when a model does not run. What
 * `evaluate` throws is passed on, and an abort rejects with the signal's reason.
 */
export async function autoQuantize(
  model: Model,
  samples: Samples,
  evaluate: Evaluate,
  options: AutoQuantizeOptions = {},
): Promise<AutoQuantizeResult> {
  const checked = checkAutoOptions(model, evaluate, options);
  checked.signal?.throwIfAborted();
  const list = await listSamples(model, samples, checked.signal);
  const run = new TrialRun(model, list, checked);
  const floatMetric = await run.evaluateFloat();
  const search = new Search(run, checked.variants);
  const found = await search.run();
  const half = new HalfFallback(model, run, checked);
  const candidate = found && (await makeCandidate(found, half, list, run, checked));
  const { ranking, endedEarly } = search;
  const common = { floatMetric, bound: run.bound, trials: run.trials, ranking };
  const reason = candidate
    ? whyNot(candidate, run.bound, checked)
    : `no quantized model met the bound${endedEarly ? ` within ${checked.maxTrials} trials` : ''}`;
  if (candidate && !reason) return quantizedResult(candidate, common);
  const { outcome, metric = floatMetric, ...rest } = await half.take();
  return {
    ...rest,
    table: undefined,
    report: {
      ...common,
      outcome: `${outcome}: ${reason}.`,
      metric,
      variant: undefined,
      float: [],
      linear: { quantized: 0, total: found?.prepared.quantizer.countLinear([]).total ?? 0 },
      speed: candidate?.speed,
    },
  };
}

/** A quantized model that met the bound in FP32, as it would be returned. */
interface Candidate extends Found {
  readonly model: QuantizedModel;
  readonly chosen: readonly QuantizationGroup[];
  readonly metric: number;
  readonly speed: Speedup;
}

async function makeCandidate(
  found: Found,
  half: HalfFallback,
  samples: readonly TensorMap[],
  run: TrialRun,
  { quantize: options, signal, speed }: CheckedAutoOptions,
): Promise<Candidate> {
  const { prepared, float, trial } = found;
  const { quantizer, variant } = prepared;
  const chosen = quantizer.groups.filter((group) => !float.includes(group));
  const choice = { ...quantizer.optionsFor(chosen), signal };
  const model = await quantize(quantizer.model, quantizer.table, choice);
  let { metric } = trial;
  if (options.precision !== undefined && options.precision !== 'fp32') {
    // The trials were in FP32 but for what is quantized. ONNX Runtime has no kernels for FP32 scales
    // in half precision, but for the same with casts.
    const runnable = { ...choice, scales: options.scales ?? 'cast' };
    const same = await quantize(quantizer.model, quantizer.table, runnable);
    ({ metric } = await run.meetsBound(same));
  }
  run.report('speed', variant.name);
  const question = {
    model: quantizer.model,
    quantized: model,
    int8: new Set(quantizedNodes(model)),
    half: () => half.model(),
    sample: samples[Math.floor(samples.length / 2)] as TensorMap,
    profiles: options.profiles,
    signal,
  };
  return { ...found, model, chosen, metric, speed: await findSpeedup(question, speed ?? 'auto') };
}

/** Why a candidate is not taken. */
function whyNot(
  { metric, speed }: Candidate,
  bound: number,
  { minSpeedup, quantize: { precision } }: CheckedAutoOptions,
): string | undefined {
  if (metric < bound) {
    return `the quantized model meets the bound in FP32, but with ${precision} around it it has ${metric}`;
  }
  if (speed.speedup >= minSpeedup) return undefined;
  return `the quantized model is ${describe(speed)} as half precision, and ${minSpeedup} times was asked for`;
}

function quantizedResult(
  { prepared, model, float, chosen, metric, speed }: Candidate,
  common: Pick<AutoQuantizeReport, 'floatMetric' | 'bound' | 'trials' | 'ranking'>,
): AutoQuantizeResult {
  const { quantizer, variant } = prepared;
  const kept = float.length > 0 ? `all but ${float.length} of ` : 'all ';
  return {
    model,
    precision: 'quantized',
    table: quantizer.table,
    report: {
      ...common,
      outcome: `Quantized ${kept}${quantizer.groups.length} groups (${variant.name}), ${describe(speed)} as half precision.`,
      metric,
      variant: variant.name,
      float,
      linear: quantizer.countLinear(chosen),
      speed,
    },
  };
}

function quantizedNodes({ report }: QuantizedModel): string[] {
  return report.filter(({ action }) => action !== 'float').map(({ node }) => node);
}

function describe({ kind, speedup }: Speedup): string {
  return `${kind === 'estimated' ? 'by estimate ' : ''}${speedup.toFixed(2)} times as fast`;
}
