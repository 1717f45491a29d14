import type { NodeRole } from './placement/plan.js';
import type { QuantizedType } from './qdq/number-types.js';
import type { WeightForm } from './qdq/store-weights.js';
import { isQuantized, type SettledNode } from './settle.js';

/** What was done with one candidate node, and why. */
export interface QuantizationDecision {
  readonly node: string;
  readonly opType: string;
  readonly role: NodeRole;
  /** The type that it computes in, or that its weight is stored in where only weights are quantized. */
  readonly action: QuantizedType | 'float';
  readonly reason: string;
  /** The ranges of the activations that enter the node quantized, by tensor. */
  readonly amax?: Readonly<Record<string, number>>;
}

export function decisionOn(
  settled: SettledNode,
  form: { readonly type: QuantizedType; readonly weights: WeightForm },
): QuantizationDecision {
  const { node, opType, role, activations, reason } = settled.plan;
  const common = { node, opType, role };
  if (!isQuantized(settled)) return { ...common, action: 'float', reason: settled.reason };
  const { ranges } = settled;
  return {
    ...common,
    action: activations.length > 0 ? form.type : form.weights.type,
    reason: reason + ranges.map(({ notes }) => notes).join(''),
    amax: Object.fromEntries(
      activations.map(({ tensor }, index) => [tensor, ranges[index]?.amax as number]),
    ),
  };
}
