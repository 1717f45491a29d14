import { TensorRTError } from '../../errors.js';
import type { TextLayout } from '../../samples/text-samples.js';
import type { TextTokenizer } from '../../samples/tokenizer.js';
import type { TensorMap } from '../../tensor.js';
import { errorOfMean } from '../statistics/standard-error.js';
import type { Score, Scorer } from '../task.js';
import { type AnswerOptions, AnswerSearch, type SquadAnswer } from './answers.js';
import { type SquadScores, scoreSquad } from './metrics.js';
import { SpanLogits, type SpanOutputs } from './span-logits.js';
import type { SquadWindow, SquadWindows, WindowedQuestion } from './windows.js';

/** A file of questions, cut into windows for a model. */
export interface PreparedSquad {
  readonly questions: readonly WindowedQuestion[];
  readonly windows: SquadWindows;
  readonly layout: TextLayout;
  readonly tokenizer: TextTokenizer;
  /** Windows in each sample, but the last. */
  readonly batchSize: number;
  readonly outputs: SpanOutputs | undefined;
  readonly version: 'v1.1' | 'v2.0';
  readonly nullThreshold: number;
  readonly metric: 'f1' | 'exact';
  readonly search: AnswerOptions;
}

/** Puts the outputs for windows together to answers, and scores these. */
export class SquadScorer implements Scorer {
  readonly #prepared: () => PreparedSquad;
  readonly #answers: SquadAnswer[] = [];
  #search: AnswerSearch | undefined;
  /** The window that the next row of outputs is about. */
  #question = 0;
  #window = 0;

  /** @param prepared - what the samples are, known when the first of them was. */
  constructor(prepared: () => PreparedSquad) {
    this.#prepared = prepared;
  }

  add(outputs: TensorMap): void {
    const { questions, batchSize, outputs: names } = this.#prepared();
    const logits = new SpanLogits(outputs, names);
    for (let row = 0; row < batchSize; row++) {
      const question = questions[this.#question];
      if (!question) return;
      if (row >= logits.rows) throw tooFewRows(logits.rows, batchSize);
      this.#addWindow(question.windows[this.#window] as SquadWindow, logits, row);
    }
  }

  #addWindow(window: SquadWindow, logits: SpanLogits, row: number): void {
    const { windows, tokenizer, search } = this.#prepared();
    const { question } = window;
    const length = windows.lengthOf(window);
    if (logits.length < length) throw tooShort(logits.length, length);
    // Logits of padding say nothing about the text.
    const from = tokenizer.padLeft ? logits.length - length : 0;
    this.#search ??= new AnswerSearch(question, search);
    const textStart = windows.textStart(question);
    this.#search.add({ window, textStart, ...logits.row(row, from, length) });
    this.#window++;
    if (this.#window < question.windows.length) return;
    this.#answers.push(this.#search.answer());
    this.#search = undefined;
    this.#question++;
    this.#window = 0;
  }

  finish(): Score {
    const { questions, version, nullThreshold, metric } = this.#prepared();
    const items = questions.map(({ item }) => item);
    if (this.#answers.length !== items.length) throw tooFewAnswers(this.#answers.length, items);
    const texts = this.#answers.map(({ text, nullDifference }) =>
      version === 'v2.0' && nullDifference > nullThreshold ? '' : text,
    );
    const byId = <T>(values: readonly T[]) =>
      new Map(items.map(({ id }, index) => [id, values[index] as T]));
    // What could be reached by another threshold is asked of the answers before this one was applied.
    const differences = this.#answers.map(({ nullDifference: difference }) =>
      Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference,
    );
    const untouched = this.#answers.map(({ text }) => text);
    const scores = scoreSquad(items, byId(texts), { rules: version });
    const best =
      version === 'v2.0'
        ? scoreSquad(items, byId(untouched), { rules: version, noAnswer: byId(differences) }).best
        : undefined;
    return {
      metrics: metricsOf({ ...scores, best }),
      standardError: errorOfMean(Array.from(scores.scores.values(), (score) => score[metric])),
      answers: texts,
      right: Uint8Array.from(scores.scores.values(), ({ exact }) => exact),
      notes: [...nanNotes(this.#answers), ...bestNotes({ ...scores, best }, nullThreshold)],
    };
  }
}

function metricsOf({ exact, f1, hasAnswer, noAnswer, best }: SquadScores): Record<string, number> {
  const percent = {
    f1,
    exact,
    hasAnswerF1: hasAnswer?.f1,
    hasAnswerExact: hasAnswer?.exact,
    // The same as its F1: there is nothing between right and wrong.
    noAnswerExact: noAnswer?.exact,
    bestF1: best?.bestF1,
    bestExact: best?.bestExact,
  };
  return Object.fromEntries(
    Object.entries(percent).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value / 100]],
    ),
  );
}

function nanNotes(answers: readonly SquadAnswer[]): string[] {
  const count = answers.filter(({ nullDifference }) => Number.isNaN(nullDifference)).length;
  return count === 0
    ? []
    : [`${count} of ${answers.length} questions have logits that are NaN: wrong answers.`];
}

function bestNotes({ best }: SquadScores, threshold: number): string[] {
  if (!best) return [];
  const { bestF1, bestF1Threshold: at } = best;
  return [
    `With a null threshold of ${threshold}; F1 would be best, ${(bestF1 / 100).toFixed(4)}, with ${Number(at.toPrecision(6))}.`,
  ];
}

function tooFewRows(rows: number, batch: number): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `The model gives logits for ${rows} windows of the ${batch} that it was fed.`,
    { remedy: 'The first axis of the outputs has to be the batch.' },
  );
}

function tooShort(length: number, expected: number): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `The model gives logits for ${length} tokens of the ${expected} that it was fed.`,
    { remedy: 'The second axis of the outputs has to be the length.' },
  );
}

function tooFewAnswers(answers: number, items: readonly unknown[]): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `There are ${items.length} questions, and the model gave answers to ${answers}.`,
    { remedy: 'Add the outputs of every sample, in their order.' },
  );
}
