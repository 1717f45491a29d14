import { checkOptions, checkText, invalidArgument } from '../arguments.js';
import type { Runtime } from '../runtime/runtime.js';
import { agreementOf } from './agreement.js';
import type { EvaluatedModel, EvaluationReport } from './evaluation-report.js';
import { compareRight } from './statistics/mcnemar.js';
import { errorOfDifference, errorOfMean } from './statistics/standard-error.js';
import type { Score, Task } from './task.js';

/** A model that is evaluated. */
export interface Contender {
  readonly name: string;
  /**
   * It stays open; a function opens it when its turn comes, and then it is closed after its turn, so
   * that only one model is in memory.
   */
  readonly runtime: Runtime | (() => Promise<Runtime>);
}

export interface EvaluateOptions {
  /**
   * What a model may lose against the first: points where the metric is a share, as accuracy and F1
   * are, percent of the reference where it is not, as the perplexity. Default: 1.
   */
  maxDrop?: number | undefined;
  onProgress?: ((progress: EvaluationProgress) => void) | undefined;
  /** Gives up after the sample that is being run. */
  signal?: AbortSignal | undefined;
}

export interface EvaluationProgress {
  readonly name: string;
  /** From 0, of `models`. */
  readonly model: number;
  readonly models: number;
  /** That this model has been run on. */
  readonly samples: number;
  readonly elapsedMs: number;
}

/**
 * Runs models on labelled data, one after the other, and compares each with the first. Samples are
 * read anew for each model, and none is kept.
 *
 * @throws TypeError for wrong arguments. What the task and the runtimes throw is passed on:
 * TensorRTError `ERR_SAMPLES`, `ERR_FEED`, `ERR_RUNTIME` and others; an abort rejects with the
 * signal's reason.
 */
export async function evaluate(
  models: readonly Contender[],
  task: Task,
  options: EvaluateOptions = {},
): Promise<EvaluationReport> {
  checkArguments(models, options);
  const { maxDrop = 1, onProgress, signal } = options;
  const start = performance.now();
  const evaluated: EvaluatedModel[] = [];
  let reference: Score | undefined;
  for (const [index, { name, runtime }] of models.entries()) {
    const onSample = (samples: number) =>
      onProgress?.({
        name,
        model: index,
        models: models.length,
        samples,
        elapsedMs: performance.now() - start,
      });
    const opened = typeof runtime === 'function' ? await runtime() : runtime;
    try {
      const begin = performance.now();
      const score = await scoreOf(opened, task, { onSample, signal });
      const seconds = (performance.now() - begin) / 1000;
      evaluated.push({
        name,
        runtime: opened.runtime,
        provider: opened.provider,
        ...compared(task, score, reference, maxDrop),
        seconds,
      });
      reference ??= score;
    } finally {
      if (typeof runtime === 'function') await opened.close();
    }
  }
  const items = reference?.answers?.length ?? reference?.right?.length;
  return {
    task: task.name,
    metric: task.metric,
    better: task.better,
    unit: task.better === 'higher' ? 'points' : 'percent',
    maxDrop,
    within: evaluated.every(({ within }) => within),
    ...(items !== undefined && { items }),
    models: evaluated,
  };
}

export interface ScoreOptions {
  /** @param samples - that have been run. */
  onSample?: ((samples: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Runs one model on all samples of a task. */
export async function scoreOf(
  runtime: Runtime,
  task: Task,
  { onSample, signal }: ScoreOptions = {},
): Promise<Score> {
  signal?.throwIfAborted();
  const scorer = task.score(runtime.outputs.map(({ name }) => name));
  const { outputs } = scorer;
  let samples = 0;
  for await (const feeds of task.samples()) {
    signal?.throwIfAborted();
    scorer.add(await runtime.infer(feeds, { outputs, signal }), feeds);
    onSample?.(++samples);
  }
  return scorer.finish();
}

function checkArguments(models: readonly Contender[], options: EvaluateOptions): void {
  checkOptions('options', options, ['maxDrop', 'onProgress', 'signal']);
  if (!Array.isArray(models) || models.length === 0) {
    throw invalidArgument('models', 'a list with one model or more', models);
  }
  for (const [index, { name }] of models.entries()) checkText(`models[${index}].name`, name);
  const { maxDrop } = options;
  if (maxDrop !== undefined && !(maxDrop >= 0)) {
    throw invalidArgument('options.maxDrop', 'a number from 0', maxDrop);
  }
}

/** @param reference - undefined for the reference itself. */
function compared(
  { metric, better }: Task,
  score: Score,
  reference: Score | undefined,
  maxDrop: number,
): Omit<EvaluatedModel, 'name' | 'runtime' | 'provider' | 'seconds'> {
  const { scores, confusion, classes, notes = [] } = score;
  const standardError = score.standardError ?? (scores && errorOfMean(scores));
  const value = score.metrics[metric] ?? Number.NaN;
  const drop = dropOf(value, reference?.metrics[metric] ?? value, better);
  return {
    metrics: Object.fromEntries(
      Object.entries(score.metrics).map(([name, number]) => [name, finite(number)]),
    ),
    ...(standardError !== undefined && { standardError: finite(standardError) }),
    drop: finite(drop),
    ...(reference?.scores &&
      scores && { dropError: 100 * errorOfDifference(reference.scores, scores) }),
    // A reference without a number is no measure: then nothing is within.
    within: drop <= maxDrop,
    ...(reference?.answers &&
      score.answers && { agreement: agreementOf(reference.answers, score.answers) }),
    ...(reference?.right && score.right && { paired: compareRight(reference.right, score.right) }),
    ...(confusion && { confusion }),
    ...(classes && { classes }),
    notes,
  };
}

/** In points of a share, or in percent of the reference. */
function dropOf(value: number, reference: number, better: Task['better']): number {
  // Two decimals that differ by .01 shall not differ by 1.0000000000000009 points.
  const drop = better === 'higher' ? reference - value : value / reference - 1;
  return Number((drop * 100).toPrecision(12));
}

/** What JSON has a number for. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
