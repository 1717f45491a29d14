import { getInt, getString } from '../../onnx/attributes.js';
import type { HalfType } from '../../onnx/tensor/half-numbers.js';
import { quantizers } from '../operator-slots.js';
import { floatInputs, floatOutputs, type Step } from '../value-graph.js';
import { type Islands, keepFloat, type RuleInput, typeNames } from './rule.js';

/** Operators whose sub-graphs may change their types with the rest. */
export const controlFlow = new Set(['If', 'Loop', 'Scan']);

const sequenceOperators = new Set([
  'ConcatFromSequence',
  'Optional',
  'OptionalGetElement',
  'OptionalHasElement',
  'SequenceAt',
  'SequenceConstruct',
  'SequenceEmpty',
  'SequenceErase',
  'SequenceInsert',
  'SequenceMap',
  'SplitToSequence',
]);

/** Long sums of oscillating terms, and the tables for them. */
const spectrumOperators = new Set([
  'BlackmanWindow',
  'DFT',
  'HammingWindow',
  'HannWindow',
  'MelWeightMatrix',
  'STFT',
]);

/** Operators whose result is tied to FP32, or that ONNX Runtime has in no half precision. */
const floatOnly: Readonly<Record<string, string>> = {
  BitCast: 'it reads the bits of FP32',
  EyeLike: 'ONNX Runtime has no EyeLike in half precision',
};

/** Operators that compute their statistics in the type that `stash_type` names; 1 is FP32. */
const stashingOperators = new Set(['LayerNormalization', 'RMSNormalization', 'GroupNormalization']);

/** Keeps what has no half-precision form: by the schema, by its kind of values, or because its type is not known. */
export function findOperatorIslands(input: RuleInput, islands: Islands): void {
  for (const step of input.graph.steps) {
    const reason = reasonOf(step, input);
    if (reason) keepFloat(islands, step, reason);
  }
}

/** The first opset in which `Cast` gives the type, and names it by number. */
const firstOpset: Readonly<Record<HalfType, number>> = { fp16: 6, bf16: 13 };

/** Whether a model can have the type at all. */
export function hasCasts(opset: number, type: HalfType): boolean {
  return opset >= firstOpset[type];
}

function reasonOf(step: Step, input: RuleInput): string | undefined {
  const { opset } = input;
  const typeName = typeNames[input.type];
  const { node, slots } = step;
  if (!hasCasts(opset, input.type)) {
    return touchesFloat(step) ? `no Cast gives ${typeName} in opset ${opset}` : undefined;
  }
  if (!slots) return `${node.domain || 'ONNX'} operator ${node.opType} is not known`;
  if (controlFlow.has(node.opType)) return undefined;
  if (sequenceOperators.has(node.opType)) return 'its values are sequences or optional';
  const unknown = unknownTensor(step);
  if (unknown !== undefined) return `the type of '${unknown}' is unknown`;
  if (!touchesFloat(step)) return undefined;
  if (quantizers.has(node.opType)) return reasonForScales(step, input);
  if (!takesHalf(step)) return `${node.opType} takes no ${typeName} in opset ${opset}`;
  if (spectrumOperators.has(node.opType)) return 'a spectrum is a sum of many terms';
  return floatOnly[node.opType] ?? reasonInAttributes(step);
}

/** A tensor that may be float32, as far as the schema tells, of which the model does not say. */
function unknownTensor({ inputs, outputs, slots }: Step): string | undefined {
  for (const [index, use] of inputs.entries()) {
    if (use && use.value.elementType === undefined && slots?.input(index) !== 'none') {
      return use.value.name;
    }
  }
  return outputs.find(
    (value, index) => value && value.elementType === undefined && slots?.output(index) !== 'none',
  )?.name;
}

/** Whether a node computes with float32. What a `Constant` gives is stored, not computed. */
export function touchesFloat(step: Step): boolean {
  if (step.node.opType === 'Constant') return false;
  return floatInputs(step).length > 0 || floatOutputs(step).length > 0;
}

/** Half-precision scales came with opset 19, and scales of a type of their own with 23. */
function reasonForScales(step: Step, { opset, scales, type }: RuleInput): string | undefined {
  if (takesHalf(step)) return undefined;
  if (scales === 'cast') return 'its scales stay FP32, with casts (options.scales)';
  const needed = scales === 'half' ? 19 : 23;
  const what =
    scales === 'half' ? `${typeNames[type]} scales` : `FP32 scales beside ${typeNames[type]}`;
  return `${what} need opset ${needed}, and the model has ${opset}`;
}

function takesHalf({ inputs, outputs, slots }: Step): boolean {
  return (
    inputs.some((use, index) => use && slots?.input(index) === 'either') ||
    outputs.some((value, index) => value && slots?.output(index) === 'either')
  );
}

function reasonInAttributes({ node }: Step): string | undefined {
  const stash = stashingOperators.has(node.opType) ? (getInt(node, 'stash_type') ?? 1) : 1;
  if (stash !== 1) return `its statistics would be in the type ${stash} (stash_type), not in FP32`;
  const reduction = node.opType.startsWith('Scatter') ? getString(node, 'reduction') : undefined;
  if (reduction !== undefined && reduction !== 'none')
    return `it adds up (reduction: ${reduction})`;
  if (node.opType === 'BatchNormalization' && getInt(node, 'training_mode')) {
    return 'it updates running statistics (training_mode)';
  }
  return undefined;
}

/** Keeps what lies in the sub-graphs of nodes that stay in FP32. */
export function keepBodies(graph: RuleInput['graph'], islands: Islands): void {
  for (const owner of graph.steps.toReversed()) {
    const reason = islands.get(owner);
    if (reason === undefined) continue;
    const inside = `it is inside ${owner.node.opType} '${owner.node.name}', which stays FP32: ${reason}`;
    for (const { steps } of owner.bodies) {
      for (const step of steps) keepFloat(islands, step, inside);
    }
  }
}
