import type { RuleCode } from '../rules/index.js';
import type { Mend } from './fix-kind.js';
import { float64Mends } from './float64.js';
import { inputMends } from './inputs.js';
import { nameMends } from './names.js';
import { quantizedWeightMends } from './quantized-weights.js';
import { symmetricMends } from './symmetric.js';

const allMends = [
  ...quantizedWeightMends,
  ...symmetricMends,
  ...float64Mends,
  ...inputMends,
  ...nameMends,
] as const satisfies readonly Mend<RuleCode>[];

/** A code that {@link fix} has a mend for. */
export type FixableCode = (typeof allMends)[number]['code'];

/** In the order in which they are applied. */
export const mends: readonly Mend<FixableCode>[] = allMends;

export const fixableCodes: ReadonlySet<string> = new Set(mends.map(({ code }) => code));
