import { halfFormats } from '../../onnx/tensor/half-numbers.js';
import type { CalibrationTable, TensorRange } from '../../quantize/calibration/table.js';
import { isFloat, type Scope, type Step, type Value } from '../value-graph.js';
import { reshaping, selecting } from './data-movement.js';
import { type Islands, keepFloat, type RuleInput, typeNames } from './rule.js';

/**
 * Keeps who writes and who reads a tensor that was measured to be too large for half precision, or
 * so small that nothing of it would be left. What was measured of a tensor also holds for what is
 * taken from it, as by `Reshape` or `Slice`.
 *
 * @param exempt - tensors whose large numbers only mean "masked".
 */
export function findMeasuredRanges(
  input: RuleInput,
  exempt: ReadonlySet<Value>,
  islands: Islands,
): void {
  if (!input.ranges) return;
  for (const [value, range] of rangesOf(input.graph.main, input.ranges)) {
    const problem = exempt.has(value) ? undefined : problemOf(range, input);
    if (!problem) continue;
    const reason = `'${value.name}' ${problem}`;
    if (value.producer && !value.constant) keepFloat(islands, value.producer, reason);
    for (const { step } of value.uses) if (step) keepFloat(islands, step, reason);
  }
}

function problemOf({ absmax, count }: TensorRange, { type, maxRange }: RuleInput) {
  const name = typeNames[type];
  if (absmax > maxRange) return `reached ${show(absmax)}, too near to the end of ${name}`;
  if (count > 0 && absmax > 0 && absmax < halfFormats[type].smallest) {
    return `never exceeded ${show(absmax)}, too small for ${name}`;
  }
  return undefined;
}

export function show(value: number): string {
  return `${Number(value.toPrecision(4))}`;
}

/** The ranges by tensor, handed on to those that hold the same elements. */
function rangesOf(main: Scope, { ranges }: CalibrationTable): Map<Value, TensorRange> {
  const known = new Map<Value, TensorRange>();
  for (const value of main.values.values()) {
    const range = isFloat(value) ? ranges.get(value.name) : undefined;
    if (range) known.set(value, range);
  }
  for (const step of main.steps) {
    if (reshaping.has(step.node.opType) || selecting.has(step.node.opType)) handOn(step, known);
  }
  for (const step of main.steps.toReversed()) {
    if (reshaping.has(step.node.opType)) handBack(step, known);
  }
  return known;
}

function handOn({ inputs: [source], outputs: [target] }: Step, known: Map<Value, TensorRange>) {
  const range = source && known.get(source.value);
  if (range && isFloat(target) && !known.has(target)) known.set(target, range);
}

function handBack({ inputs: [source], outputs: [target] }: Step, known: Map<Value, TensorRange>) {
  const range = target && known.get(target);
  if (range && isFloat(source?.value) && !known.has(source.value)) known.set(source.value, range);
}
