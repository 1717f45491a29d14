import type { Model } from '../../onnx/model.js';
import { openOnnxRuntime } from '../../runtime/onnxruntime.js';
import type { TensorMap } from '../../tensor.js';
import type { CalibrationTable } from '../calibration/table.js';
import type { PlacementOptions } from '../placement/options.js';
import { quantize } from '../quantize.js';
import { outputDistance } from './output-distance.js';
import { RangeSimulation } from './range-simulation.js';
import { mean, standardError } from './statistics.js';

export interface JudgeOptions {
  readonly placement?: PlacementOptions | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The amax of every tensor. */
export type Ranges = ReadonlyMap<string, number>;

/**
 * A gain counts only if its mean over the samples exceeds its standard error so many times: with
 * dozens of trials on few samples, some seem better by chance.
 */
const certainty = 2;

/** After so many samples, and twice as many and so on, a trial without gain is given up. */
const firstLook = 8;

/** Tells which of two choices of ranges leaves a model's outputs nearer to those of its float form. */
export class RangeJudge {
  readonly #simulation: RangeSimulation;
  /** Samples to choose by, and the float model's outputs for them. */
  readonly #shown: readonly Exam[];
  /** Samples that no choice has seen. */
  readonly #hidden: readonly Exam[];

  private constructor(simulation: RangeSimulation, exams: readonly Exam[]) {
    this.#simulation = simulation;
    this.#shown = exams.filter((_, index) => index % 2 === 0);
    this.#hidden = exams.filter((_, index) => index % 2 === 1);
  }

  /**
   * @param table - any ranges for the tensors to choose ranges for.
   * @param samples - at least two: every second one is hidden.
   */
  static async open(
    model: Model,
    table: CalibrationTable,
    samples: readonly TensorMap[],
    { placement, threads, signal }: JudgeOptions,
  ): Promise<RangeJudge> {
    const options = { threads, signal, isolate: true };
    const exams = await examine(model, samples, options);
    const ranges = new Map(Array.from(table.ranges, ([name, { amax }]) => [name, amax]));
    // The precision of all else decides about attention, but is not what ranges are judged in.
    const quantized = await quantize(model, table, { ...placement, precision: 'fp32' });
    return new RangeJudge(await RangeSimulation.open(quantized, ranges, options), exams);
  }

  /** The mean squared error of the outputs for each of the shown samples. */
  async errors(ranges: Ranges): Promise<number[]> {
    const errors: number[] = [];
    for (const exam of this.#shown) errors.push(await this.#errorOf(exam, ranges));
    return errors;
  }

  /**
   * The errors that a trial makes, or undefined where it is not clearly better.
   *
   * @param present - the errors of what it has to be better than.
   */
  async errorsIfBetter(trial: Ranges, present: readonly number[]): Promise<number[] | undefined> {
    const errors: number[] = [];
    const gains: number[] = [];
    let look = firstLook;
    for (const [index, exam] of this.#shown.entries()) {
      const error = await this.#errorOf(exam, trial);
      errors.push(error);
      gains.push((present[index] as number) - error);
      if (gains.length < look) continue;
      if (mean(gains) <= 0) return undefined;
      look *= 2;
    }
    return mean(gains) > certainty * standardError(gains) ? errors : undefined;
  }

  /** The mean squared error for the hidden samples. */
  async hiddenError(ranges: Ranges): Promise<number> {
    const errors: number[] = [];
    for (const exam of this.#hidden) errors.push(await this.#errorOf(exam, ranges));
    return mean(errors);
  }

  close(): Promise<void> {
    return this.#simulation.close();
  }

  async #errorOf({ sample, expected }: Exam, ranges: Ranges): Promise<number> {
    const actual = await this.#simulation.run(sample, ranges);
    return outputDistance([expected], [actual]).rmse ** 2;
  }
}

interface Exam {
  readonly sample: TensorMap;
  readonly expected: TensorMap;
}

async function examine(
  model: Model,
  samples: readonly TensorMap[],
  options: Parameters<typeof openOnnxRuntime>[1],
): Promise<Exam[]> {
  const runtime = await openOnnxRuntime(model, options);
  try {
    const exams: Exam[] = [];
    for (const sample of samples) exams.push({ sample, expected: await runtime.infer(sample) });
    return exams;
  } finally {
    await runtime.close();
  }
}
