import type { CheckContext } from './context.js';
import type { Found, Severity } from './finding.js';

/** One thing that can be wrong with a model, with its texts and the way to find it. */
export interface Rule<Code extends string = string> {
  readonly code: Code;
  readonly severity: Severity;
  /** The rule in a few words, for the table of all codes. */
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
  /**
   * The rule foretells a refusal of the parser and nothing else: where a parser takes the node, the
   * rule was wrong for it.
   */
  readonly parserDecides?: boolean;
  readonly find: (context: CheckContext) => Iterable<Found>;
}

/** Keeps the code as a literal type, from which the union of all codes is made. */
export function rule<const Code extends string>(definition: Rule<Code>): Rule<Code> {
  return definition;
}
