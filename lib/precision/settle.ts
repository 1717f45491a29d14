import { quantizers } from './operator-slots.js';
import { touchesFloat } from './rules/operators.js';
import type { Islands } from './rules/rule.js';
import {
  computedInputs,
  floatInputs,
  floatOutputs,
  type Step,
  type Use,
  type ValueGraph,
} from './value-graph.js';

/** Operators worth running in half precision even between islands. */
const heavy = new Set([
  'Attention',
  'Conv',
  'ConvTranspose',
  'Einsum',
  'Gemm',
  'GRU',
  'LSTM',
  'MatMul',
  'RNN',
]);

/**
 * Widens the islands by light nodes that lie between them, where half precision would cost two casts
 * and gain nothing, and by nodes that only look at FP32 tensors, such as comparisons.
 *
 * @param io - whether the inputs and outputs of the model stay FP32.
 */
export function settle(graph: ValueGraph, io: 'keep' | 'convert', islands: Islands): void {
  joinIslands(graph, io === 'keep' ? 'float' : 'mixed', islands);
  for (const step of graph.steps) {
    if (islands.has(step) || !onlyLooks(step)) continue;
    if (computedInputs(step).some(({ value }) => value.producer && islands.has(value.producer))) {
      islands.set(step, 'it reads FP32 and gives no floats');
    }
  }
}

function onlyLooks(step: Step): boolean {
  return floatInputs(step).length > 0 && floatOutputs(step).length === 0;
}

/** What a light node has on one side: FP32 only, and whether an island is among it. */
type Side = 'mixed' | 'float' | 'island';

function joinIslands({ steps, main }: ValueGraph, boundary: Side, islands: Islands): void {
  const after = new Map<Step, Side>();
  const isIsland = (step: Step) => islands.has(step) && !quantizers.has(step.node.opType);
  const sideOf = (use: Use): Side => {
    if (!use.step) return use.scope === main ? boundary : 'mixed';
    if (isIsland(use.step) || use.step.slots?.input(use.index) === 'float') return 'island';
    if (onlyLooks(use.step) && !quantizers.has(use.step.node.opType)) return 'float';
    return after.get(use.step) ?? 'mixed';
  };
  for (const step of steps.toReversed()) {
    if (islands.has(step) || !isLight(step) || onlyLooks(step)) continue;
    after.set(step, join(floatOutputs(step).flatMap(({ uses }) => uses.map(sideOf))));
  }
  for (const step of steps) {
    const next = after.get(step);
    if (!next || next === 'mixed' || islands.has(step)) continue;
    const before = join(
      floatInputs(step).flatMap(({ value }): Side[] => {
        if (value.constant) return [];
        if (!value.producer) return [value.scope === main ? boundary : 'mixed'];
        return [isIsland(value.producer) ? 'island' : 'mixed'];
      }),
    );
    if (before === 'mixed') continue;
    if (before === 'island' || next === 'island' || makesResults(step)) {
      islands.set(step, 'it lies between nodes in FP32');
    }
  }
}

/** Whether a node makes floats of other things, such as integers, for outputs of the model alone. */
function makesResults(step: Step): boolean {
  if (floatInputs(step).length > 0) return false;
  return floatOutputs(step).every(({ uses }) => uses.every((use) => !use.step));
}

function join(sides: readonly Side[]): Side {
  if (sides.includes('mixed')) return 'mixed';
  return sides.includes('island') ? 'island' : 'float';
}

/** Nodes that read nothing but weights stay half, so that the weights do; scales are no weights. */
function isLight(step: Step): boolean {
  const { opType } = step.node;
  if (!touchesFloat(step) || step.bodies.length > 0 || heavy.has(opType)) return false;
  return (
    floatInputs(step).length === 0 || computedInputs(step).length > 0 || quantizers.has(opType)
  );
}
