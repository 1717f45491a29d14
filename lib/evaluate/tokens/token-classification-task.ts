import {
  checkInteger,
  checkOneOf,
  checkOptions,
  checkText,
  checkTexts,
  invalidArgument,
} from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import { answerOf, chosenOutput, rowsOf } from '../classification/answers.js';
import { ConfusionCounts } from '../classification/confusion-counts.js';
import { maskOf, rowsWithTokens } from '../classification/padding.js';
import { errorOfRatio, sum } from '../statistics/standard-error.js';
import { iterateSamples, type Score, type Scorer, type Task, type TaskSamples } from '../task.js';
import { checkLabels, checkPadding } from '../task-arguments.js';
import { EntityCounts } from './entity-counts.js';

export interface TokenClassificationOptions {
  /** What the model is fed: read anew for each model. */
  samples: TaskSamples;
  /**
   * The right class of each token, a list for each row of the output [rows, tokens, classes]. It
   * begins with the row; tokens behind its end are padding.
   */
  labels: readonly ArrayLike<number>[];
  /** Of tokens that are not scored, such as `[CLS]` and the later pieces of a word. Default: -100. */
  ignore?: number | undefined;
  /**
   * Of the classes, by index. Where they are tags such as `O`, `B-PER` and `I-PER`, entities are
   * scored as well. Default: the indices.
   */
  labelNames?: readonly string[] | undefined;
  /** The output with a value for each class. Default: the first. */
  output?: string | undefined;
  /** Tokens where this input is 0 are not scored; rows without any others have no labels. */
  padding?: { readonly mask: string } | undefined;
  /** By which models are compared. Default: `'f1'` of entities where there are, else `'accuracy'`. */
  metric?: (typeof metrics)[number] | undefined;
}

const metrics = ['accuracy', 'f1'] as const;

/**
 * Classification of tokens: names, parts of speech.
 *
 * `accuracy` is the share of right tokens. Where labels are tags, `precision`, `recall` and `f1` count
 * entities, which are right where the type and both ends are: over all types together, as seqeval's
 * default mode has it. Standard errors are those of ratios over sentences, because the tokens of a
 * sentence are not independent of each other; so McNemar's test takes sentences, too, of which all
 * tokens are right or not. A token with a NaN is a wrong answer, and no part of an entity.
 *
 * @throws TypeError for wrong arguments. While a model is scored: TensorRTError `ERR_SAMPLES` where
 * labels and outputs do not fit each other.
 */
export function tokenClassificationTask(options: TokenClassificationOptions): Task {
  checkTokenClassification(options);
  const { samples, metric = hasTags(options.labelNames) ? 'f1' : 'accuracy' } = options;
  return {
    name: 'token classification',
    metric,
    better: 'higher',
    samples: () => iterateSamples(samples),
    score: (outputs) => new TokenScorer(options, metric, chosenOutput(outputs, options.output)),
  };
}

function checkTokenClassification(options: TokenClassificationOptions): void {
  checkOptions('options', options, [
    ...['samples', 'labels', 'ignore', 'labelNames', 'output', 'padding', 'metric'],
  ]);
  const { labels, ignore = -100, labelNames, output, padding, metric } = options;
  if (!Array.isArray(labels)) throw invalidArgument('options.labels', 'a list of lists', labels);
  checkInteger('options.ignore', ignore, Number.MIN_SAFE_INTEGER);
  for (const [row, list] of labels.entries()) {
    checkLabels(`options.labels[${row}]`, list, Math.min(0, ignore));
  }
  if (labelNames !== undefined) checkTexts('options.labelNames', labelNames);
  if (output !== undefined) checkText('options.output', output);
  checkPadding(padding);
  if (metric === undefined) return;
  checkOneOf('options.metric', metric, metrics);
  if (metric === 'f1' && !hasTags(labelNames)) {
    throw invalidArgument(
      'options.labelNames',
      "tags such as 'B-PER' beside metric 'f1'",
      labelNames,
    );
  }
}

/** Whether labels tell where entities begin. */
function hasTags(names: readonly string[] | undefined): names is readonly string[] {
  return names?.some((name) => name !== 'O') === true && names.every((name) => tag.test(name));
}

const tag = /^(O$|[BIESLU](-|$))/;

class TokenScorer implements Scorer {
  readonly outputs: readonly [string];
  readonly #options: TokenClassificationOptions;
  readonly #metric: string;
  readonly #counts = new ConfusionCounts();
  readonly #entities: EntityCounts | undefined;
  readonly #answers: number[] = [];
  /** Of each sentence. */
  readonly #rightTokens: number[] = [];
  readonly #tokens: number[] = [];
  #row = 0;

  constructor(options: TokenClassificationOptions, metric: string, output: string) {
    this.outputs = [output];
    this.#options = options;
    this.#metric = metric;
    this.#entities = hasTags(options.labelNames) ? new EntityCounts(options.labelNames) : undefined;
  }

  add(outputs: TensorMap, feeds: TensorMap): void {
    const { padding, labels } = this.#options;
    const output = outputs[this.outputs[0]] as Tensor;
    if (output.dims.length !== 3) throw noTokens(output.dims);
    const [sentences = 0, length = 0] = output.dims;
    const rows = rowsOf(output);
    const mask = padding && maskOf(feeds, padding.mask, sentences);
    const filled = mask && rowsWithTokens(mask, sentences);
    for (let sentence = 0; sentence < sentences; sentence++) {
      if (filled && !filled[sentence]) continue;
      const row = this.#row++;
      const list = labels[row];
      if (!list) continue;
      this.#addSentence(row, list, length, rows.columns, (place) => {
        const at = sentence * length + place;
        return mask && mask[at] === 0 ? undefined : answerOf(rows, at, 0);
      });
    }
  }

  /** @param answerAt - undefined at padding. */
  #addSentence(
    row: number,
    list: ArrayLike<number>,
    length: number,
    classes: number,
    answerAt: (place: number) => number | undefined,
  ): void {
    const { ignore = -100 } = this.#options;
    const labels: number[] = [];
    const answers: number[] = [];
    for (let place = 0; place < list.length; place++) {
      const label = list[place] as number;
      if (label === ignore) continue;
      if (place >= length) throw beyond(row, place, length);
      const answer = answerAt(place);
      if (answer === undefined) continue;
      if (label < 0 || label >= classes) throw unknownLabel(row, place, label, classes);
      labels.push(label);
      answers.push(answer);
      this.#counts.add(label, answer, classes);
    }
    this.#answers.push(...answers);
    this.#tokens.push(labels.length);
    this.#rightTokens.push(labels.filter((label, place) => label === answers[place]).length);
    this.#entities?.add(labels, answers);
  }

  finish(): Score {
    const { labels, labelNames } = this.#options;
    if (this.#row !== labels.length) throw wrongCount(labels.length, this.#row);
    const [right, tokens] = [this.#rightTokens, this.#tokens];
    const counts = this.#counts;
    const nameOf = (index: number) => labelNames?.[index] ?? `${index}`;
    const { unanswered, accuracy } = counts;
    return {
      metrics: this.#entities
        ? { ...this.#entities.overall(), accuracy }
        : { accuracy, macroF1: counts.macroF1() },
      standardError:
        this.#metric === 'f1' ? this.#entities?.standardError() : errorOfRatio(right, tokens),
      answers: this.#answers,
      right: Uint8Array.from(right, (count, row) => Number(count === tokens[row])),
      confusion: counts.confusion(nameOf),
      classes: this.#entities?.byType() ?? counts.classes(nameOf),
      notes:
        unanswered > 0 ? [`${unanswered} of ${sum(tokens)} tokens hold NaN: wrong answers.`] : [],
    };
  }
}

function noTokens(dims: readonly number[]): TensorRTError {
  return new TensorRTError('ERR_SAMPLES', `The output is [${dims.join(', ')}].`, {
    remedy: 'Name the output [rows, tokens, classes].',
  });
}

function beyond(row: number, place: number, length: number): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `Row ${row} has a label for token ${place}, and the model gives ${length} tokens.`,
    { remedy: 'Give labels for tokens, special ones among them, not for words.' },
  );
}

function unknownLabel(row: number, place: number, label: number, classes: number): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `Row ${row} has the label ${label} at token ${place}, and the model gives ${classes} classes.`,
    { remedy: 'Labels are indices of classes, from 0.' },
  );
}

function wrongCount(labels: number, rows: number): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `There are labels for ${labels} rows, and the model gives ${rows}.`,
    { remedy: 'Give one list of labels for each row of the output.' },
  );
}
