/** What a reproduction is: rows that set what was measured here beside what others have published. */
import type { ParseArgsConfig } from 'node:util';
import type { Published } from './published.js';
import type { Tools } from './tools.js';

/** A table that users quote, and how it is measured again. */
export interface Reproduction {
  /** Of the script: `npx tsx scripts/repro/<name>.ts`. */
  readonly name: string;
  readonly title: string;
  /** How it is measured, and what is not as it was for the published figures; a sentence each. */
  readonly method: readonly string[];
  /** Options of this script alone. */
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  rows(context: Context): Promise<Row[]>;
}

export interface Row {
  readonly what: string;
  readonly published: readonly Published[];
  readonly outcome: Outcome;
}

export type Outcome = Measured | NotMeasured;

/** A figure of this run, in the unit of the published one. */
export interface Measured {
  readonly value: number;
  /** The device that did the work, as the runtime names it. */
  readonly device: string;
  /** What ran it, and what has to be known about the figure. */
  readonly remarks: readonly string[];
}

export interface NotMeasured {
  /** A sentence on what is missing. */
  readonly notMeasured: string;
}

export interface Context {
  /** What the command line says, by the names of {@link Reproduction.options}. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly tools: Tools;
  readonly signal?: AbortSignal | undefined;
}
