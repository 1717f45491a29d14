import type { NodePlan, PlacementPlan, PlannedWeight } from './placement/plan.js';
import type { StoredWeight } from './qdq/store-weights.js';
import type { SettledRange, UsableRange } from './ranges.js';

/** A node that will be quantized, with all that is needed to write it. */
export interface QuantizedNode {
  readonly plan: NodePlan;
  readonly ranges: readonly UsableRange[];
  readonly weight: StoredWeight | undefined;
}

/** A node that stays in float. */
export interface FloatNode {
  readonly plan: NodePlan;
  readonly reason: string;
}

export type SettledNode = QuantizedNode | FloatNode;

/** Reads and quantizes a weight, or says why it cannot be: the end of a sentence about it. */
export type StoreWeight = (weight: PlannedWeight) => Promise<StoredWeight | string>;

/** Why a unit stays in float: because of which node, and what is wrong with that. */
interface Culprit {
  readonly node: string;
  readonly reason: string;
}

/**
 * Decides what remains of a plan once ranges and weights are known. A node that lacks a usable range
 * or weight stays in float, and with it the others of its unit, for the reason of that node.
 */
export async function settle(
  { nodes }: PlacementPlan,
  ranges: ReadonlyMap<string, SettledRange>,
  storeWeight: StoreWeight,
): Promise<SettledNode[]> {
  const culprits = new Map<string, Culprit>();
  const note = ({ unit, node }: NodePlan, reason: string) => {
    if (!culprits.has(unit)) culprits.set(unit, { node, reason });
  };
  const planned = nodes.filter(({ action }) => action === 'quantize');
  for (const plan of planned) {
    for (const { tensor } of plan.activations) {
      const range = ranges.get(tensor);
      if (typeof range === 'string') note(plan, `its input '${tensor}' ${range}`);
    }
  }
  const weights = new Map<string, StoredWeight>();
  for (const plan of planned) {
    if (!plan.weight || culprits.has(plan.unit)) continue;
    const weight = await storeWeight(plan.weight);
    if (typeof weight === 'string') note(plan, `its weight '${plan.weight.tensor}' ${weight}`);
    else weights.set(plan.node, weight);
  }
  spread(planned, culprits, note);
  return nodes.map((plan): SettledNode => {
    if (plan.action === 'float') return { plan, reason: plan.reason };
    const culprit = culprits.get(plan.unit);
    if (culprit) return { plan, reason: reasonFor(plan, culprit) };
    return {
      plan,
      ranges: plan.activations.map(({ tensor }) => ranges.get(tensor) as UsableRange),
      weight: weights.get(plan.node),
    };
  });
}

/** Lets nodes that need others which stay in float stay in float too, and those that need them. */
function spread(
  planned: readonly NodePlan[],
  culprits: ReadonlyMap<string, Culprit>,
  note: (plan: NodePlan, reason: string) => void,
): void {
  const unitOf = new Map(planned.map(({ node, unit }) => [node, unit]));
  const needy = planned.filter(({ needs }) => needs.length > 0);
  for (let before = -1; before < culprits.size; ) {
    before = culprits.size;
    for (const plan of needy) {
      const missing = plan.needs.find((node) => culprits.has(unitOf.get(node) ?? ''));
      if (missing !== undefined) note(plan, `it needs '${missing}', which stays in float`);
    }
  }
}

function reasonFor({ node }: NodePlan, culprit: Culprit): string {
  if (node === culprit.node) return culprit.reason;
  return `it goes with '${culprit.node}', which stays in float: ${culprit.reason}`;
}

export function isQuantized(node: SettledNode): node is QuantizedNode {
  return 'ranges' in node;
}
