import type { NodeProto } from 'onnx-buf';
import type { HalfType } from '../onnx/tensor/half-numbers.js';
import { type HalfTypes, halfTypes } from './half-types.js';

/**
 * What a place of an operator takes, of float32 and its half-precision counterpart: `'either'` where
 * its type follows the other places of that kind, `'float'` where only float32 fits, `'none'` where
 * neither does.
 */
export type Slot = 'either' | 'float' | 'none';

/** The inputs and outputs of an operator. Places past the last are as the last, where it repeats. */
export interface OperatorSlots {
  input(index: number): Slot;
  output(index: number): Slot;
}

/** Variables that stay float32: what they hold is coordinates, not data. */
const keptVariables: Readonly<Record<string, readonly string[]>> = { Resize: ['T2'] };

export function isOnnxOperator({ domain }: NodeProto): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** The type of the scales beside quantized tensors; see {@link HalfOptions.scales}. */
export type Scales = 'float32' | 'half' | 'cast';

/** What the places of an operator depend on, besides the operator. */
export interface SlotChoice {
  readonly opset: number;
  readonly type: HalfType;
  readonly scales: Scales;
}

/** Undefined for operators that are not ONNX's own. */
export function slotsOf(
  node: NodeProto,
  { opset, type, scales }: SlotChoice,
): OperatorSlots | undefined {
  const versions = isOnnxOperator(node) ? halfTypes[node.opType] : undefined;
  if (!versions) return undefined;
  const version = versions.findLast(([since]) => since <= opset);
  if (!version) return { input: () => 'none', output: () => 'none' };
  const [, inputs, outputs] = version;
  const variables = halfVariables(node, version, type);
  const slots = { input: reader(inputs, variables), output: reader(outputs, variables) };
  return quantizers.has(node.opType) ? withScales(slots, opset, scales) : slots;
}

export const quantizers: ReadonlySet<string> = new Set(['QuantizeLinear', 'DequantizeLinear']);

/** From opset 23 on, the type of the scales does not depend on that of the tensor. */
const freeScales = 23;
const scaleInput = 1;

function withScales(slots: OperatorSlots, opset: number, scales: Scales): OperatorSlots {
  const float = (slot: Slot): Slot => (slot === 'either' ? 'float' : slot);
  if (scales === 'half') return slots;
  if (scales === 'cast' || opset < freeScales) {
    return { input: (i) => float(slots.input(i)), output: (i) => float(slots.output(i)) };
  }
  const input = (index: number) => slots.input(index);
  return { ...slots, input: (index) => (index === scaleInput ? 'float' : input(index)) };
}

function halfVariables({ opType }: NodeProto, version: HalfTypes, type: HalfType): Set<string> {
  const names = new Set(version[type === 'fp16' ? 3 : 4].split(' '));
  for (const name of keptVariables[opType] ?? []) names.delete(name);
  return names;
}

function reader(text: string, halfVariables: ReadonlySet<string>): (index: number) => Slot {
  const places = text === '' ? [] : text.split(' ');
  return (index) => {
    const last = places.at(-1);
    const place = places[index] ?? (last?.endsWith('*') ? last : '-');
    if (place.startsWith('-')) return 'none';
    return halfVariables.has(place.replace('*', '')) ? 'either' : 'float';
  };
}
