import { invalidArgument } from '../arguments.js';
import { nameMatcher } from '../name-patterns.js';
import { Model } from '../onnx/model.js';
import { inferShapes } from '../onnx/shapes/infer-shapes.js';
import { convertConstants, type HalfConstants } from './constants.js';
import { reportOf } from './make-report.js';
import { type CheckedOptions, checkHalfOptions, type HalfOptions } from './options.js';
import { PrecisionPlan } from './plan.js';
import { prepare } from './prepare.js';
import type { HalfModel } from './report.js';
import { Rewriter } from './rewrite.js';
import { findIntegerArithmetic } from './rules/integers.js';
import { findNormalisations } from './rules/normalisation.js';
import { findOperatorIslands, keepBodies } from './rules/operators.js';
import { findMeasuredRanges } from './rules/ranges.js';
import { findReductions } from './rules/reductions.js';
import { type Islands, keepFloat } from './rules/rule.js';
import { settle } from './settle.js';
import { type ValueGraph, valueGraphOf } from './value-graph.js';

/**
 * Makes a copy of a model that computes in FP16 or BF16. TensorRT 11 and TensorRT for RTX take the
 * precision from the model, so this is what makes their engines compute in it.
 *
 * Calls of functions are replaced by their bodies, and the opset is raised where BF16 or FP32 scales
 * need it. Every float32 tensor becomes half precision, with the weights, the sub-graphs and the casts of the
 * model, except where a rule keeps a node in FP32; `report` names the rule for each. Integers
 * and inputs and outputs of the model keep their types.
 *
 * A promise, because weights in external files are read on the way. Converted weights are held in
 * memory; those that stay are left where they are.
 *
 * @throws TypeError for wrong options, among them a pattern in `keep` that matches no node.
 * @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` when weights cannot be read, `ERR_PRECISION` when
 * half-precision scales would become zero.
 */
export async function toHalf(model: Model, options: HalfOptions = {}): Promise<HalfModel> {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  const checked = checkHalfOptions(options);
  const { signal } = checked;
  signal?.throwIfAborted();

  const { model: copy, problem } = await prepare(model, checked);
  const shapes = await inferShapes(copy, { signal });
  const values = valueGraphOf(copy, shapes, checked);
  const { islands, constants } = await findIslands(copy, values, checked);
  const plan = new PrecisionPlan(values, islands, { ...checked, opset: copy.opset });
  const rewriter = new Rewriter(copy.graph, values, plan, constants, checked.type);
  rewriter.rewrite();
  // Up to IR version 3 every initializer had to be an input as well.
  if (copy.irVersion < 4 && copy.opset > 0) copy.setOpset(copy.opset, 4);
  const opset = { before: model.opset, after: copy.opset, problem };
  const report = reportOf({ values, islands, constants, plan, options: checked, rewriter, opset });
  return Object.assign(copy, { report });
}

async function findIslands(
  model: Model,
  graph: ValueGraph,
  options: CheckedOptions,
): Promise<{ islands: Islands; constants: HalfConstants }> {
  const { type, scales, ranges, maxRange, maxReduction, signal } = options;
  const { opset } = model;
  const input = { graph, opset, type, scales, ranges, maxRange, maxReduction };
  const islands: Islands = new Map();
  keepNamed(graph, options.keep, islands);
  findOperatorIslands(input, islands);
  findNormalisations(input, islands);
  findReductions(input, islands);
  findIntegerArithmetic(input, islands);
  keepBodies(graph, islands);
  const constants = await convertConstants(model, graph, type, islands, signal);
  findMeasuredRanges(input, constants.masked, islands);
  keepBodies(graph, islands);
  settle(graph, options.io, islands);
  return { islands, constants };
}

function keepNamed({ steps }: ValueGraph, patterns: readonly string[], islands: Islands): void {
  if (patterns.length === 0) return;
  const names = steps.map(({ node }) => node.name);
  const isKept = nameMatcher('options.keep', patterns, names, 'nodes of the model');
  for (const step of steps) {
    if (isKept(step.node.name)) keepFloat(islands, step, 'options.keep names it');
  }
}
