import { getInt, getInts } from '../../onnx/attributes.js';
import { floatInputs, type Step } from '../value-graph.js';
import { type Islands, keepFloat, type RuleInput } from './rule.js';
import { constantNumbers } from './scalar.js';

/** What a sum in half precision still adds up well: each term counts for more than its rounding. */
const defaultTerms = 256;
/** Beyond, the even share 1 / n of a probability is below the smallest normal FP16. */
const defaultSoftmax = 16384;

const sums = new Set([
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMean',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
]);
/** Sums that are as long as an axis, with squares or powers in them. */
const norms = new Set([
  'CumSum',
  'GlobalLpPool',
  'LpNormalization',
  'LpPool',
  'LRN',
  'MeanVarianceNormalization',
]);
const softmaxes = new Set(['Softmax', 'LogSoftmax', 'Hardmax']);

/** Keeps sums over many elements: they overflow FP16 or lose their last terms. */
export function findReductions({ graph, opset, maxReduction }: RuleInput, islands: Islands): void {
  for (const step of graph.steps) {
    const reason = reasonOf(step, opset, maxReduction);
    if (reason) keepFloat(islands, step, reason);
  }
}

function reasonOf(step: Step, opset: number, max: number | undefined): string | undefined {
  const { opType } = step.node;
  if (floatInputs(step).length === 0) return undefined;
  if (norms.has(opType)) return `${opType} sums over a whole axis`;
  if (sums.has(opType)) return reduceReason(step, max ?? defaultTerms);
  if (softmaxes.has(opType)) return softmaxReason(step, opset, max ?? defaultSoftmax);
  if (max === undefined) return undefined;
  const terms = productTerms(step);
  return terms !== undefined && terms > max ? tooLong(terms, max) : undefined;
}

function tooLong(terms: number, max: number): string {
  return `a sum of ${terms} terms, more than ${max}`;
}

function reduceReason(step: Step, max: number): string | undefined {
  const sizes = reducedSizes(step);
  if (!sizes?.every((size) => typeof size === 'number')) return 'a sum of unknown length';
  const terms = sizes.reduce((product, size) => product * size, 1);
  return terms > max ? tooLong(terms, max) : undefined;
}

function reducedSizes({ node, inputs }: Step): readonly unknown[] | undefined {
  const dims = inputs[0]?.value.dims;
  if (!dims) return undefined;
  const axes = inputs[1] ? constantNumbers(inputs[1].value) : (getInts(node, 'axes') ?? []);
  if (!axes) return undefined;
  if (axes.length === 0) return getInt(node, 'noop_with_empty_axes') ? [] : dims;
  return axes.map((axis) => dims.at(axis));
}

/** An axis of unknown length is taken for one of attention, which the fused kernels sum in FP32. */
function softmaxReason({ node, inputs }: Step, opset: number, max: number): string | undefined {
  const dims = inputs[0]?.value.dims;
  const length = dims?.at(getInt(node, 'axis') ?? (opset < 13 ? 1 : -1));
  return typeof length === 'number' && length > max ? tooLong(length, max) : undefined;
}

/** The terms of each sum of a product, where they are known. */
function productTerms({ node, inputs: [left, right] }: Step): number | undefined {
  const weight = right?.value.dims;
  let terms: unknown;
  if (node.opType === 'MatMul') terms = left?.value.dims?.at(-1) ?? weight?.at(-2);
  if (node.opType === 'Gemm') terms = weight?.at(getInt(node, 'transB') ? 1 : 0);
  if (node.opType === 'Conv') {
    terms = weight?.slice(1).reduce((product, dim) => Number(product) * Number(dim), 1);
  }
  return typeof terms === 'number' && Number.isFinite(terms) ? terms : undefined;
}
