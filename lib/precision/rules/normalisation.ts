import type { Step, Value } from '../value-graph.js';
import { readers } from '../value-graph.js';
import { type Islands, keepFloat, type RuleInput } from './rule.js';
import { constantNumber } from './scalar.js';

/**
 * Keeps the statistics of normalisations that an exporter wrote out node by node, such as
 * `(x - mean) / sqrt(mean((x - mean)^2) + epsilon)`: squares of values above 255 are beyond FP16,
 * and the usual epsilons are below what it holds. Starts at each square root and goes back to the
 * mean of squares. The fused operators compute them in FP32 inside, and need no island.
 */
export function findNormalisations({ graph }: RuleInput, islands: Islands): void {
  for (const root of graph.steps) {
    if (root.node.opType !== 'Sqrt') continue;
    const statistics = statisticsOf(root);
    for (const step of statistics) {
      keepFloat(islands, step, `normalisation statistics, around '${root.node.name}'`);
    }
  }
}

const means = new Set(['ReduceMean', 'ReduceSum', 'GlobalAveragePool', 'AveragePool']);
const scalings = new Set([
  'Add',
  'Max',
  'Clip',
  'Div',
  'Mul',
  'Sub',
  'Cast',
  'Unsqueeze',
  'Squeeze',
]);

function statisticsOf(root: Step): Step[] {
  const back = [root];
  let mean = producerOf(root);
  while (mean && scalings.has(mean.node.opType)) {
    back.push(mean);
    mean = producerOf(mean);
  }
  if (!mean || !(means.has(mean.node.opType) || mean.node.opType === 'ReduceSumSquare')) return [];
  const square = producerOf(mean);
  if (mean.node.opType === 'ReduceSumSquare') return [...back, mean, ...quotients(root)];
  if (!square || !isSquare(square)) return [];
  return [...back, mean, square, ...centering(square), ...quotients(root)];
}

/** The node that computes a step's first computed input. */
function producerOf(step: Step): Step | undefined {
  return step.inputs.find((use) => use?.value.producer && !use.value.constant)?.value.producer;
}

function isSquare({ node, inputs: [left, right] }: Step): boolean {
  if (node.opType === 'Mul') return left?.value === right?.value;
  return node.opType === 'Pow' && constantNumber(right?.value) === 2;
}

/** The subtraction of the mean whose result is squared, and that mean. */
function centering(square: Step): Step[] {
  const subtraction = producerOf(square);
  if (subtraction?.node.opType !== 'Sub') return [];
  const mean = subtraction.inputs[1]?.value.producer;
  return mean && means.has(mean.node.opType) ? [subtraction, mean] : [subtraction];
}

/** What divides by the root: a division, or a reciprocal and its products. */
function quotients(root: Step): Step[] {
  return readersOf(root).flatMap((step) => {
    if (step.node.opType === 'Div') return [step];
    if (step.node.opType !== 'Reciprocal') return [];
    return [step, ...readersOf(step).filter(({ node }) => node.opType === 'Mul')];
  });
}

function readersOf(step: Step): Step[] {
  return step.outputs.flatMap((value: Value | undefined) => (value ? readers(value) : []));
}
