import { halfFormats } from '../onnx/tensor/half-numbers.js';
import type { HalfConstants } from './constants.js';
import type { CheckedOptions } from './options.js';
import type { PrecisionPlan } from './plan.js';
import type {
  ConvertedTensor,
  PrecisionDecision,
  PrecisionReport,
  RangeFinding,
} from './report.js';
import type { Rewriter } from './rewrite.js';
import { controlFlow, touchesFloat } from './rules/operators.js';
import type { Islands } from './rules/rule.js';
import type { Step, ValueGraph } from './value-graph.js';

interface Outcome {
  readonly values: ValueGraph;
  readonly islands: Islands;
  readonly constants: HalfConstants;
  readonly plan: PrecisionPlan;
  readonly options: CheckedOptions;
  readonly rewriter: Rewriter;
  readonly opset: PrecisionReport['opset'];
}

export function reportOf(outcome: Outcome): PrecisionReport {
  const { values, rewriter, options } = outcome;
  const nodes = values.steps.flatMap((step) => decisionOn(step, outcome) ?? []);
  const tensors = convertedTensors(outcome);
  const total = (count: (tensor: ConvertedTensor) => number) =>
    tensors.reduce((sum, tensor) => sum + count(tensor), 0);
  const half = nodes.filter(({ action }) => action === 'half').length;
  return {
    type: options.type,
    opset: outcome.opset,
    nodes,
    tensors,
    ranges: rangeFindings(options),
    summary: {
      half,
      float: nodes.length - half,
      other: values.steps.length - nodes.length,
      castsAdded: rewriter.castsAdded,
      castsRemoved: rewriter.castsRemoved,
      saturated: total(({ saturated }) => saturated),
      flushed: total(({ flushed }) => flushed),
      nonFinite: total(({ nan, infinite }) => nan + infinite),
    },
  };
}

function decisionOn(step: Step, { islands, plan, values }: Outcome): PrecisionDecision | undefined {
  const { name, opType } = step.node;
  const reason = islands.get(step);
  if (reason !== undefined) return { node: name, opType, action: 'float', reason };
  if (!touchesFloat(step)) return undefined;
  if (controlFlow.has(opType)) {
    const links = values.links.filter(({ owner }) => owner === step);
    return links.some((link) => plan.isLinkedHalf(link))
      ? { node: name, opType, action: 'half', reason: 'it hands on what its sub-graphs compute' }
      : { node: name, opType, action: 'float', reason: 'what it hands on is not FP32 throughout' };
  }
  return { node: name, opType, action: 'half', reason: 'no rule keeps it in FP32' };
}

function convertedTensors({ constants, rewriter }: Outcome): ConvertedTensor[] {
  return [...constants.converted].flatMap(([value, { count, counts, masks }]) =>
    rewriter.isStoredInHalf(value) ? [{ tensor: value.name, count, masks, ...counts }] : [],
  );
}

function rangeFindings({ ranges, type, maxRange }: CheckedOptions): RangeFinding[] {
  return [...(ranges?.ranges ?? [])].flatMap(([tensor, { absmax, nonFinite }]) => {
    const tooSmall = absmax > 0 && absmax < halfFormats[type].smallest;
    const problem =
      nonFinite > 0
        ? 'nonFinite'
        : absmax > maxRange
          ? 'overflow'
          : tooSmall
            ? 'underflow'
            : undefined;
    return problem ? [{ tensor, absmax, nonFinite, problem }] : [];
  });
}
