import type { HalfType } from '../../onnx/tensor/half-numbers.js';
import type { CalibrationTable } from '../../quantize/calibration/table.js';
import type { Scales } from '../operator-slots.js';
import type { Step, ValueGraph } from '../value-graph.js';

/** What a rule looks at. */
export interface RuleInput {
  readonly graph: ValueGraph;
  readonly opset: number;
  readonly type: HalfType;
  readonly scales: Scales;
  readonly maxReduction: number | undefined;
  readonly ranges: CalibrationTable | undefined;
  readonly maxRange: number;
}

/** The nodes that stay in FP32, each with the reason. The first rule that names a node gives it. */
export type Islands = Map<Step, string>;

export function keepFloat(islands: Islands, step: Step, reason: string): void {
  if (!islands.has(step)) islands.set(step, reason);
}

export const typeNames: Readonly<Record<HalfType, string>> = { fp16: 'FP16', bf16: 'BF16' };
