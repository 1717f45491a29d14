import type { Rule } from '../rule.js';
import { attentionRules } from './attention.js';
import { controlFlowRules } from './control-flow.js';
import { inputRules } from './inputs.js';
import { nodeRules } from './nodes.js';
import { operatorFormRules } from './operator-forms.js';
import { operatorRules } from './operators.js';
import { precisionRules } from './precision.js';
import { quantizedGraphRules } from './quantized-graph.js';
import { quantizedWeightRules } from './quantized-weights.js';
import { scaleRules } from './scales.js';
import { typeRules } from './types.js';
import { zeroPointRules } from './zero-points.js';

const allRules = [
  ...operatorRules,
  ...operatorFormRules,
  ...controlFlowRules,
  ...typeRules,
  ...inputRules,
  ...nodeRules,
  ...zeroPointRules,
  ...scaleRules,
  ...quantizedWeightRules,
  ...quantizedGraphRules,
  ...attentionRules,
  ...precisionRules,
] as const;

/** What a rule of this package can find. */
export type RuleCode = (typeof allRules)[number]['code'];

/** Every rule, in the order of docs/check.md. */
export const rules: readonly Rule<RuleCode>[] = allRules;
