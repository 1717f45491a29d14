import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { floatInputs, floatOutputs, type Step, type Value } from '../value-graph.js';
import { type Islands, keepFloat, type RuleInput } from './rule.js';

/**
 * Keeps arithmetic on whole numbers: positions that become angles (rotary embeddings), buckets
 * (relative positions) or sizes. FP16 has every integer up to 2,048 only, and a position that is off by
 * one gives another bucket, or an angle that is off by whole turns. Such arithmetic begins at
 * casts from integers and constants, and nothing else enters it.
 */
export function findIntegerArithmetic({ graph }: RuleInput, islands: Islands): void {
  const derived = valuesFromIntegers(graph.steps);
  const kept = new Set<Step>();
  const keep = (step: Step, reason: string) => {
    if (kept.has(step)) return;
    kept.add(step);
    keepFloat(islands, step, reason);
    for (const { value } of floatInputs(step)) {
      if (derived.has(value) && value.producer) keep(value.producer, reason);
    }
  };
  for (const step of graph.steps) {
    const reason = needsExactness(step);
    if (reason && floatInputs(step).every(({ value }) => value.constant || derived.has(value))) {
      if (floatInputs(step).some(({ value }) => derived.has(value))) keep(step, reason);
    }
  }
}

function needsExactness(step: Step): string | undefined {
  const { opType } = step.node;
  if (opType === 'Sin' || opType === 'Cos') return 'an angle computed from positions';
  if (['Floor', 'Ceil', 'Round', 'Mod'].includes(opType) || castsToInteger(step)) {
    return 'arithmetic on whole numbers';
  }
  return undefined;
}

const floats = new Set<number>([
  ElementType.FLOAT,
  ElementType.FLOAT16,
  ElementType.BFLOAT16,
  ElementType.DOUBLE,
]);

function castsToInteger({ node }: Step): boolean {
  if (node.opType !== 'Cast') return false;
  const to = getInt(node, 'to') ?? 0;
  return to !== ElementType.BOOL && !floats.has(to);
}

/** Whether it reads floats of another type, as a model with parts in half precision does. */
function readsFloat({ inputs }: Step): boolean {
  return inputs.some((use) => use && floats.has(use.value.elementType ?? ElementType.FLOAT));
}

/** Float32 values that depend on integers and constants alone. */
function valuesFromIntegers(steps: readonly Step[]): Set<Value> {
  const derived = new Set<Value>();
  for (const step of steps) {
    if (!isDerived(step, derived)) continue;
    for (const value of floatOutputs(step)) derived.add(value);
  }
  return derived;
}

function isDerived(step: Step, derived: ReadonlySet<Value>): boolean {
  if (step.bodies.length > 0) return false;
  const inputs = floatInputs(step);
  if (inputs.length === 0) return step.node.opType === 'Cast' && !readsFloat(step);
  return (
    inputs.some(({ value }) => derived.has(value)) &&
    inputs.every(({ value }) => value.constant || derived.has(value))
  );
}
