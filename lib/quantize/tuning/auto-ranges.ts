import { checkInteger, checkOptions, invalidArgument } from '../../arguments.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import { Calibration } from '../calibration/calibration.js';
import { CalibrationTable, type TensorRange } from '../calibration/table.js';
import { namedCopy } from '../placement/named-copy.js';
import type { PlacementOptions } from '../placement/options.js';
import { type PlacementPlan, tensorsToCalibrate } from '../placement/plan.js';
import { planPlacement } from '../placement/plan-placement.js';
import {
  findScaleUnits,
  leastError,
  type RangeCandidate,
  type ScaleUnit,
} from './range-candidates.js';
import { RangeJudge, type Ranges } from './range-judge.js';
import { mean } from './statistics.js';
import { partsOfTensors } from './tensor-parts.js';

export interface TuneRangesOptions {
  /** What `quantize` will be given: only what it quantizes is tuned. */
  placement?: PlacementOptions | undefined;
  /** Threads that ONNX Runtime computes with. Default: one per core. */
  threads?: number | undefined;
  onProgress?: ((progress: TuningProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface TuningProgress {
  /** How many other choices of ranges have been tried end to end. */
  readonly trials: number;
  readonly elapsedMs: number;
}

/** Samples beyond these add little to what a trial tells, and every trial runs them. */
const mostSamples = 128;

/** Amax values that differ by less make no difference which the samples could show. */
const sameAmax = 0.03;

/**
 * Finds the range of each tensor by the method that suits it.
 *
 * The start is the method with the least mean squared error of the tensor itself. That knows nothing
 * of what the error does to the model's outputs: an outlier that the next normalisation takes away
 * is not worth the coarse steps it costs. So then the model runs, with simulated INT8, with other
 * ranges, and those stay which clearly bring its outputs nearer to the float model's. A method is
 * tried for all tensors at once that play the same part in their layers, then for those parts that
 * mattered tensor by tensor. Half of the samples take no part in that; by them is decided whether
 * its result, or that of one of the earlier steps, is taken.
 *
 * The result depends on calibration and samples only, not on the speed of the machine. The model
 * runs by ONNX Runtime in a child process, a few thousand times for a hundred samples.
 *
 * @param calibration - of the tensors that `placement` quantizes.
 * @param samples - some of those that were calibrated with. At most 128 are used.
 * @throws TensorRTError `ERR_CALIBRATION` when nothing can be quantized, `ERR_RUNTIME` when the model
 * does not run. An abort rejects with the signal's reason.
 */
export async function tuneRanges(
  model: Model,
  calibration: Calibration,
  samples: readonly TensorMap[],
  options: TuneRangesOptions = {},
): Promise<CalibrationTable> {
  checkArguments(model, calibration, samples, options);
  options.signal?.throwIfAborted();
  const named = namedCopy(model);
  const plan = await planPlacement(named, options.placement);
  const units = findScaleUnits(plan, tensorsToCalibrate(plan), calibration);
  const start: Choice = new Map(units.map((unit) => [unit, leastError(unit)]));
  const kept = spread(samples, mostSamples);
  if (kept.length < 2) return tableOf(start, calibration);

  const judge = await RangeJudge.open(named, tableOf(start, calibration), kept, options);
  try {
    const descent = new Descent(judge, start, options);
    const steps = await descent.run(partsOf(named.graph, plan, units));
    return tableOf(await best(judge, steps), calibration);
  } finally {
    await judge.close();
  }
}

function checkArguments(
  model: Model,
  calibration: Calibration,
  samples: readonly TensorMap[],
  options: TuneRangesOptions,
): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  if (!(calibration instanceof Calibration)) {
    throw invalidArgument('calibration', 'a Calibration', calibration);
  }
  if (!Array.isArray(samples)) throw invalidArgument('samples', 'an array of samples', samples);
  checkOptions('options', options, ['placement', 'threads', 'onProgress', 'signal']);
  if (options.threads !== undefined) checkInteger('options.threads', options.threads, 1);
}

type Choice = ReadonlyMap<ScaleUnit, RangeCandidate>;

function tableOf(choice: Choice, calibration: Calibration): CalibrationTable {
  const ranges = Array.from(choice, ([{ tensors }, candidate]) =>
    tensors.map((name, index) => [name, candidate.ranges[index] as TensorRange] as const),
  );
  return new CalibrationTable({
    method: 'auto',
    samples: calibration.samples,
    ranges: new Map(ranges.flat()),
  });
}

/** So many of all, evenly spread. */
function spread<T>(all: readonly T[], most: number): T[] {
  const count = Math.min(all.length, most);
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] as T);
}

/** Scales that play the same part in their layers, in graph order. */
function partsOf(graph: Graph, plan: PlacementPlan, units: readonly ScaleUnit[]): ScaleUnit[][] {
  const partOf = partsOfTensors(graph, plan);
  const parts = new Map<string, ScaleUnit[]>();
  for (const unit of units) {
    const part = partOf(unit.tensors[0] as string);
    const others = parts.get(part);
    if (others) others.push(unit);
    else parts.set(part, [unit]);
  }
  return [...parts.values()];
}

async function best(judge: RangeJudge, steps: readonly Choice[]): Promise<Choice> {
  const errors: number[] = [];
  for (const step of steps) errors.push(await judge.hiddenError(amaxOf(step)));
  return steps[errors.indexOf(Math.min(...errors))] as Choice;
}

function amaxOf(choice: Choice): Ranges {
  return new Map(
    Array.from(choice, ([{ tensors }, { amax }]) =>
      tensors.map((name) => [name, amax] as const),
    ).flat(),
  );
}

/** Steepest descent: of all parts, the one with the largest gain gets its better method first. */
class Descent {
  readonly #judge: RangeJudge;
  readonly #onProgress: TuneRangesOptions['onProgress'];
  readonly #started = performance.now();
  #choice: Choice;
  /** Of the choice, sample by sample. */
  #errors: readonly number[] = [];
  #trials = 0;

  constructor(judge: RangeJudge, start: Choice, { onProgress }: TuneRangesOptions) {
    this.#judge = judge;
    this.#choice = start;
    this.#onProgress = onProgress;
  }

  /** @returns the start, and the choice after each step. */
  async run(parts: readonly ScaleUnit[][]): Promise<Choice[]> {
    this.#errors = await this.#judge.errors(amaxOf(this.#choice));
    const steps = [this.#choice];
    const changed = await this.#descend(parts, steps);
    await this.#descend(
      changed.flat().map((unit) => [unit]),
      steps,
    );
    return steps;
  }

  /**
   * Each part changes once at most. What remains is tried again after every step: beside the error
   * that is gone, other gains could not be seen, or only seemed to be.
   *
   * @returns the parts that have another method now.
   */
  async #descend(parts: readonly ScaleUnit[][], steps: Choice[]): Promise<ScaleUnit[][]> {
    const rest = new Set(parts);
    for (;;) {
      const step = await this.#steepest([...rest]);
      if (!step) return parts.filter((part) => !rest.has(part));
      rest.delete(step.part);
      this.#choice = step.choice;
      this.#errors = step.errors;
      steps.push(step.choice);
    }
  }

  async #steepest(parts: readonly ScaleUnit[][]): Promise<Step | undefined> {
    let steepest: Step | undefined;
    for (const part of parts) {
      for (const choice of otherChoices(this.#choice, part)) {
        const errors = await this.#judge.errorsIfBetter(amaxOf(choice), this.#errors);
        if (errors && (!steepest || mean(errors) < mean(steepest.errors))) {
          steepest = { part, choice, errors };
        }
        this.#trials++;
        const elapsedMs = performance.now() - this.#started;
        this.#onProgress?.({ trials: this.#trials, elapsedMs });
      }
    }
    return steepest;
  }
}

interface Step {
  readonly part: ScaleUnit[];
  readonly choice: Choice;
  readonly errors: readonly number[];
}

/** The choice with each of the other methods for one part, but no two that are nearly the same. */
function otherChoices(choice: Choice, part: readonly ScaleUnit[]): Choice[] {
  const tried = [part.map((unit) => (choice.get(unit) as RangeCandidate).amax)];
  const methods = part[0]?.candidates.length ?? 0;
  const choices: Choice[] = [];
  for (let method = 0; method < methods; method++) {
    const candidates = part.map((unit) => unit.candidates[method] as RangeCandidate);
    const amax = candidates.map((candidate) => candidate.amax);
    if (tried.some((others) => others.every((other, i) => isSame(other, amax[i] as number)))) {
      continue;
    }
    tried.push(amax);
    const next = new Map(choice);
    part.forEach((unit, index) => {
      next.set(unit, candidates[index] as RangeCandidate);
    });
    choices.push(next);
  }
  return choices;
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= sameAmax * Math.max(a, b);
}
