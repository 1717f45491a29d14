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
  /** Begins to score one model. */
  score(): Scorer;
}

export interface Scorer {
  /** Outputs in the order of the samples. @throws TensorRTError ERR_SAMPLES */
  add(outputs: TensorMap, feeds: TensorMap): void;
  finish(): Score;
}

export interface Score {
  /** Such as `{ accuracy: .8384, f1: .8371 }`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the metric that compares; undefined where it has none. */
  readonly standardError?: number | undefined;
  /** For each item what was answered, to tell how often two models agree. */
  readonly answers?: readonly (number | string)[] | undefined;
  /** For each item whether it was right (1) or not (0), for McNemar's test. */
  readonly right?: Uint8Array | undefined;
  /** [label][answer], with labels in the order of `labels`. */
  readonly confusion?: { labels: readonly string[]; counts: readonly (readonly number[])[] };
}
