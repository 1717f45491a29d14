import type { NodeProto } from 'onnx-buf';
import type { NodeReference } from '../errors.js';

/**
 * `'error'`: the model will not parse or build, or the engine computes other numbers than the model
 * says. `'warning'`: it builds, and silently loses INT8, speed or accuracy. `'info'`: worth knowing.
 */
export type Severity = 'error' | 'warning' | 'info';

export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** What a rule found at one place of a model. */
export interface Found {
  /** One sentence. */
  readonly what: string;
  readonly node?: NodeReference | undefined;
  readonly tensor?: string | undefined;
  /** Where this place is graver or more harmless than the rule's others. */
  readonly severity?: Severity;
  /** Where the rule's own text does not fit this place. */
  readonly remedy?: string | undefined;
}

/** What the parser at hand says of the node of a finding. */
export interface ParserVerdict {
  readonly verdict: 'refused' | 'accepted';
  /** Its own words, where it refused. */
  readonly complaint?: string;
}

/** A node in a sentence: `If 'name'`, or the operator alone where it has no name. */
export function nodeText({ opType, name }: NodeProto): string {
  return name ? `${opType} '${name}'` : opType;
}

/** One thing that {@link check} found. */
export interface Finding<Code extends string = string> {
  /** Stable: switch on it, not on the texts. */
  readonly code: Code;
  readonly severity: Severity;
  /** The node concerned; without `index` where it is in a sub-graph. */
  readonly node?: NodeReference;
  readonly tensor?: string;
  /** What is so, in one sentence. */
  readonly what: string;
  /** Why that matters. */
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Whether {@link fix} has a mechanical mend for findings of this code. */
  readonly fixable: boolean;
  /** For findings at a node, where a parser was asked. */
  readonly parser?: ParserVerdict;
}
