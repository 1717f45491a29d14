import type { NodeReference } from '../../errors.js';
import type { CheckContext } from '../context.js';

/** What a mend did at one place, or why it left the place as it was. */
export interface MendNote {
  readonly node?: NodeReference | undefined;
  readonly tensor?: string | undefined;
  /** One sentence. */
  readonly done?: string;
  /** Why nothing was done. */
  readonly left?: string;
}

/** A mechanical mend for what one rule finds. */
export interface Mend<Code extends string = string> {
  readonly code: Code;
  /** For docs/check.md: what it does, and what stays equal. */
  readonly title: string;
  /** Done only where the code is named, since the model then takes or gives something else. */
  readonly onlyByName?: boolean;
  /** Whether tensors stay that nobody reads any more: zero points, scales, integers. */
  readonly leavesUnused?: boolean;
  /** Edits the model of the context. */
  readonly apply: (
    context: CheckContext,
    signal: AbortSignal | undefined,
  ) => AsyncIterable<MendNote> | Iterable<MendNote>;
}

/** Keeps the code as a literal type. */
export function mend<const Code extends string>(definition: Mend<Code>): Mend<Code> {
  return definition;
}
