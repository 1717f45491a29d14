import type { PairedComparison } from './statistics/mcnemar.js';
import type { ClassFigures, Confusion } from './task.js';

/** Models side by side on the same labelled data: plain data, which survives JSON unchanged. */
export interface EvaluationReport {
  /** Such as `'classification'`. */
  readonly task: string;
  /** By which the models are compared. */
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  /** Of every `drop`: points of a share (from .84 to .83 is 1), or percent of the reference. */
  readonly unit: 'points' | 'percent';
  readonly maxDrop: number;
  /** Whether no model lost more than `maxDrop`. */
  readonly within: boolean;
  /** What was answered by each model: rows, tokens, questions. Absent where the task does not count. */
  readonly items?: number;
  /** In the order they were given; the first is the reference. */
  readonly models: readonly EvaluatedModel[];
}

export interface EvaluatedModel {
  readonly name: string;
  readonly runtime: string;
  /** The part of the runtime that did the work, such as `'cpu'`. */
  readonly provider: string;
  /** Null where there is no number, such as for the perplexity of a model that gives NaN. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Of the metric that compares. */
  readonly standardError?: number | null;
  /** What it lost against the reference, negative for a gain; 0 for the reference. */
  readonly drop: number | null;
  /** The standard error of `drop`, where the metric is a mean over items. */
  readonly dropError?: number;
  readonly within: boolean;
  /** The share of items that it answers as the reference does; absent for the reference. */
  readonly agreement?: number;
  /** Item by item against the reference. */
  readonly paired?: PairedComparison;
  readonly confusion?: Confusion;
  readonly classes?: readonly ClassFigures[];
  readonly notes: readonly string[];
  /** For all samples, reading and scoring included: no measurement of speed. */
  readonly seconds: number;
}
