import type { TensorMap } from '../tensor.js';

/** Labelled data, and how a model's answers to it are scored. */
export interface Task {
  /** Such as `'classification'`. */
  readonly name: string;
  /** The metric by which models are compared: a key of {@link Score.metrics}. */
  readonly metric: string;
  /** Shares and scores from 0 to 1 fall in points; others, as the perplexity, grow in parts. */
  readonly better: 'higher' | 'lower';
  /** What the model is fed; iterated once for each model. */
  samples(): AsyncIterable<TensorMap>;
  /**
   * Begins to score one model.
   *
   * @param outputs - the names of the model's outputs, in its order. A `TensorMap` does not keep it:
   * JavaScript puts names that look like numbers first.
   */
  score(outputs: readonly string[]): Scorer;
}

export interface Scorer {
  /** The outputs that it reads; the others need not be computed or copied. Default: all. */
  readonly outputs?: readonly string[] | undefined;
  /** Outputs in the order of the samples. @throws TensorRTError ERR_SAMPLES */
  add(outputs: TensorMap, feeds: TensorMap): void;
  /** @throws TensorRTError `ERR_SAMPLES` where there were more or fewer outputs than labels. */
  finish(): Score;
}

export interface Score {
  /** Such as `{ accuracy: .8384, macroF1: .8371 }`. */
  readonly metrics: Readonly<Record<string, number>>;
  /**
   * For each item what it adds to the metric that compares, where that is their mean, as accuracy is
   * of 0 and 1. Gives its standard error, and that of the difference of two models.
   */
  readonly scores?: ArrayLike<number> | undefined;
  /** Of the metric that compares, where it is no mean of `scores`; undefined where it has none. */
  readonly standardError?: number | undefined;
  /** For each item what was answered, to tell how often two models agree; NaN for no answer. */
  readonly answers?: readonly (number | string)[] | undefined;
  /**
   * For each item whether it was right (1) or not (0), for McNemar's test: items that do not depend
   * on each other, such as sentences rather than their words.
   */
  readonly right?: Uint8Array | undefined;
  /** [label][answer], with labels in the order of `labels`. */
  readonly confusion?: Confusion | undefined;
  /** The figures of each class, or of each kind of entity. */
  readonly classes?: readonly ClassFigures[] | undefined;
  /** What a reader of the figures should know, such as answers that are NaN. */
  readonly notes?: readonly string[] | undefined;
}

export interface Confusion {
  readonly labels: readonly string[];
  /** [label][answer]: items. What has no answer is in none of them. */
  readonly counts: readonly (readonly number[])[];
}

export interface ClassFigures {
  readonly label: string;
  /** Of the items that were answered with it, the share that has the label; 0 where there are none. */
  readonly precision: number;
  /** Of the items that have the label, the share that was answered with it; 0 where there are none. */
  readonly recall: number;
  /** The harmonic mean of both; 0 where both are. */
  readonly f1: number;
  /** Items with the label. */
  readonly support: number;
}

/**
 * Feeds that can be iterated several times, once for each model: a list, what `readSamples` returns,
 * or a function that begins anew, such as a generator function.
 */
export type TaskSamples =
  | Iterable<TensorMap>
  | AsyncIterable<TensorMap>
  | (() => Iterable<TensorMap> | AsyncIterable<TensorMap>);

export async function* iterateSamples(samples: TaskSamples): AsyncGenerator<TensorMap> {
  yield* typeof samples === 'function' ? samples() : samples;
}
