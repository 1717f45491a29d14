import type { Target } from '../engine/build/build-switches.js';
import type { Product } from '../engine/library/libraries.js';
import type { Finding, Severity } from './finding.js';
import type { RuleCode } from './rules/index.js';

/** Every code a finding can have; docs/check.md has the table. */
export type CheckCode = RuleCode | 'parser-refuses';

/** What the parser at hand said of the model, or why it was not asked. */
export type ParserAnswer =
  | {
      readonly asked: true;
      /** Such as `'TensorRT for RTX 1.7.1.116'`. */
      readonly by: string;
      /** Whether it takes all of the model. */
      readonly supported: boolean;
      readonly complaints: number;
    }
  | { readonly asked: false; readonly reason: string };

/** What {@link check} found. Plain data: `JSON.stringify` gives the same text for the same model. */
export interface CheckReport {
  /** Whether there is no error. */
  readonly ok: boolean;
  readonly product: Product;
  /** The version of the library that was asked, else the one that was given. */
  readonly version?: string;
  readonly targets: readonly Target[];
  readonly counts: Readonly<Record<Severity, number>>;
  /** Errors first, then warnings; within these by rule and by place in the model. */
  readonly findings: readonly Finding<CheckCode>[];
  readonly parser: ParserAnswer;
}
