import {
  checkOneOf,
  checkOptions,
  checkText,
  checkTexts,
  invalidArgument,
} from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import { iterateSamples, type Score, type Scorer, type Task, type TaskSamples } from '../task.js';
import { checkLabels, checkPadding } from '../task-arguments.js';
import { answerOf, chosenOutput, rowsOf } from './answers.js';
import { ConfusionCounts } from './confusion-counts.js';
import { maskOf, rowsWithTokens } from './padding.js';

export interface ClassificationOptions {
  /** What the model is fed: read anew for each model. */
  samples: TaskSamples;
  /** The right class of each row of the output, over all samples: indices from 0. */
  labels: ArrayLike<number>;
  /** Of the classes, by index. Default: the indices. */
  labelNames?: readonly string[] | undefined;
  /** The output with a value for each class, or with a single value. Default: the first. */
  output?: string | undefined;
  /**
   * Of a model with a single value for each row: above it the class is 1, else 0. Default: 0, for
   * logits; give .5 for probabilities.
   */
  threshold?: number | undefined;
  /** Rows without tokens, where this input is 0 everywhere, fill up a batch and have no label. */
  padding?: { readonly mask: string } | undefined;
  /** By which models are compared. Default: `'accuracy'`. */
  metric?: (typeof metrics)[number] | undefined;
}

const metrics = ['accuracy', 'macroF1', 'weightedF1'] as const;

/**
 * Classification of rows: texts, images, or whatever has one class each.
 *
 * The answer is where the largest value stands, of several equal ones the first. A row with a NaN
 * is a wrong answer, and the score tells how many there are. Its standard error is that of the share of
 * right answers: sqrt(p (1 - p) / n).
 *
 * @throws TypeError for wrong arguments. While a model is scored: TensorRTError `ERR_SAMPLES` where
 * labels and outputs do not fit each other.
 */
export function classificationTask(options: ClassificationOptions): Task {
  checkClassification(options);
  const { samples, metric = 'accuracy' } = options;
  return {
    name: 'classification',
    metric,
    better: 'higher',
    samples: () => iterateSamples(samples),
    score: (outputs) => new ClassificationScorer(options, chosenOutput(outputs, options.output)),
  };
}

function checkClassification(options: ClassificationOptions): void {
  checkOptions('options', options, [
    ...['samples', 'labels', 'labelNames', 'output', 'threshold', 'padding', 'metric'],
  ]);
  const { labels, labelNames, output, threshold, padding, metric } = options;
  checkLabels('options.labels', labels);
  if (labelNames !== undefined) checkTexts('options.labelNames', labelNames);
  if (output !== undefined) checkText('options.output', output);
  if (threshold !== undefined && !Number.isFinite(threshold)) {
    throw invalidArgument('options.threshold', 'a finite number', threshold);
  }
  checkPadding(padding);
  if (metric !== undefined) checkOneOf('options.metric', metric, metrics);
}

class ClassificationScorer implements Scorer {
  readonly outputs: readonly [string];
  readonly #options: ClassificationOptions;
  readonly #counts = new ConfusionCounts();
  readonly #answers: number[] = [];
  readonly #right: number[] = [];

  constructor(options: ClassificationOptions, output: string) {
    this.outputs = [output];
    this.#options = options;
  }

  add(outputs: TensorMap, feeds: TensorMap): void {
    const { labels, padding, threshold = 0 } = this.#options;
    const rows = rowsOf(outputs[this.outputs[0]] as Tensor);
    const filled = padding && rowsWithTokens(maskOf(feeds, padding.mask, rows.rows), rows.rows);
    const classes = rows.columns === 1 ? 2 : rows.columns;
    for (let row = 0; row < rows.rows; row++) {
      if (filled && !filled[row]) continue;
      const item = this.#answers.length;
      const answer = answerOf(rows, row, threshold);
      this.#answers.push(answer);
      if (item >= labels.length) continue;
      const label = labels[item] as number;
      if (label >= classes) throw unknownClass(label, item, classes);
      this.#counts.add(label, answer, classes);
      this.#right.push(Number(answer === label));
    }
  }

  finish(): Score {
    const { labels, labelNames, metric = 'accuracy' } = this.#options;
    if (this.#answers.length !== labels.length) throw wrongCount(labels, this.#answers);
    const counts = this.#counts;
    const nameOf = (index: number) => labelNames?.[index] ?? `${index}`;
    const { accuracy, unanswered, items } = counts;
    return {
      metrics: { accuracy, macroF1: counts.macroF1(), weightedF1: counts.weightedF1() },
      scores: metric === 'accuracy' ? this.#right : undefined,
      answers: this.#answers,
      right: Uint8Array.from(this.#right),
      confusion: counts.confusion(nameOf),
      classes: counts.classes(nameOf),
      notes: unanswered > 0 ? [`${unanswered} of ${items} rows hold NaN: wrong answers.`] : [],
    };
  }
}

function unknownClass(label: number, item: number, classes: number): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `Row ${item} has the label ${label}, and the model gives ${classes} classes.`,
    { remedy: 'Labels are indices of classes, from 0.' },
  );
}

function wrongCount(labels: ArrayLike<number>, answers: readonly number[]): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `There are ${labels.length} labels, and the model gives ${answers.length} answers.`,
    { remedy: 'Give one label for each row of the output.' },
  );
}
