import type { NodeProto } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { nameMatcher } from '../../name-patterns.js';
import type { Model } from '../../onnx/model.js';
import { type Candidate, never, type Obstacle } from './candidate.js';
import { type Candidates, findCandidates } from './candidates.js';
import { joinUnions } from './concat.js';
import { PlacementContext } from './context.js';
import { checkPlacementOptions, type PlacementOptions } from './options.js';
import type { NodePlan, PlacementPlan } from './plan.js';

/**
 * Decides for every candidate node of a model whether it is quantized, and why.
 *
 * @param model - whose nodes all have names of their own; see {@link namedCopy}.
 * @throws TypeError for wrong options, when a pattern of `keepFloat` matches no candidate, or when
 * the profiles do not fit the model.
 * @throws TensorRTError `ERR_CALIBRATION` when the model has nothing that can be quantized.
 */
export async function planPlacement(
  model: Model,
  options: PlacementOptions = {},
): Promise<PlacementPlan> {
  checkPlacementOptions('options', options);
  const context = await PlacementContext.of(model, options.profiles);
  const candidates = findCandidates(context, options);
  const decide = decider(context, candidates, options);
  const quantized = new Set<NodeProto>();
  const plans = new Map<NodeProto, NodePlan>();
  for (const unit of unitsOf(candidates.all)) {
    const obstacle = decide(unit, (node) => quantized.has(node));
    for (const candidate of unit) {
      if (!obstacle) quantized.add(candidate.node);
      plans.set(candidate.node, toPlan(candidate, obstacle, quantized));
    }
  }
  const nodes = inGraphOrder(context, candidates.all).map(
    ({ node }) => plans.get(node) as NodePlan,
  );
  checkThatSomethingCanBe(model, candidates, quantized);
  const tensors = new Set(nodes.flatMap(({ activations }) => activations.map((one) => one.tensor)));
  return {
    nodes,
    fixed: new Map(
      candidates.probabilities.flatMap((tensor) => (tensors.has(tensor) ? [[tensor, 1]] : [])),
    ),
    unions: joinUnions(
      candidates.concats.flatMap(({ node, union }) => (quantized.has(node) ? [union] : [])),
    ),
  };
}

/** Candidates that are decided together, in the order in which they come first. */
function unitsOf(candidates: readonly Candidate[]): Candidate[][] {
  const units = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const unit = units.get(candidate.unit);
    if (unit) unit.push(candidate);
    else units.set(candidate.unit, [candidate]);
  }
  return [...units.values()];
}

/** What speaks against quantizing a unit: the user first, then what cannot be, then what does not pay. */
function decider(
  context: PlacementContext,
  { all }: Candidates,
  { keepFloat = [], rules = [] }: PlacementOptions,
) {
  const isKept = nameMatcher(
    'options.keepFloat',
    keepFloat,
    all.map(({ node }) => node.name),
    'nodes that could be quantized',
  );
  return (
    unit: readonly Candidate[],
    isQuantized: (node: NodeProto) => boolean,
  ): Obstacle | undefined => {
    const obstacles = unit.flatMap((candidate) => candidate.obstacle(isQuantized) ?? []);
    const obstacle = obstacles.find(({ isFinal }) => isFinal) ?? obstacles[0];
    const kept = unit.find(({ node }) => isKept(node.name));
    if (kept) {
      return never(
        unit.length === 1
          ? 'options.keepFloat names it'
          : `options.keepFloat names '${kept.node.name}', and attention is quantized as a whole`,
      );
    }
    const verdicts = unit.map((candidate) => askRules(context, candidate, obstacle, rules));
    const against = verdicts.find((verdict) => verdict?.answer === 'float');
    if (against) return never(`${against.rule} says so`);
    const wanted = verdicts.find((verdict) => verdict?.answer === 'quantize');
    return wanted && !obstacle?.isFinal ? undefined : obstacle;
  };
}

function askRules(
  context: PlacementContext,
  { node, role, unit }: Candidate,
  obstacle: Obstacle | undefined,
  rules: NonNullable<PlacementOptions['rules']>,
) {
  const { name, opType, input } = node;
  for (const [index, rule] of rules.entries()) {
    const inputs = input.map((tensor) => context.dims(tensor));
    const answer = rule({ node: name, opType, role, unit, inputs, obstacle: obstacle?.reason });
    if (answer !== undefined) return { answer, rule: `options.rules[${index}]` };
  }
  return undefined;
}

function toPlan(
  candidate: Candidate,
  obstacle: Obstacle | undefined,
  quantized: ReadonlySet<NodeProto>,
): NodePlan {
  const { node, role, unit, reason, activations, weight } = candidate;
  const common = { node: node.name, opType: node.opType, role, unit };
  if (obstacle) {
    const nothing = { activations: [], weight: undefined, needs: [] };
    return { ...common, ...nothing, action: 'float', reason: obstacle.reason };
  }
  const needs = candidate.needs.flatMap((need) => (quantized.has(need) ? [need.name] : []));
  return { ...common, action: 'quantize', reason, activations, weight, needs };
}

function inGraphOrder(context: PlacementContext, candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((a, b) => context.position(a.node) - context.position(b.node));
}

function checkThatSomethingCanBe(
  model: Model,
  { all }: Candidates,
  quantized: ReadonlySet<NodeProto>,
): void {
  if (quantized.size > 0) return;
  const obstacles = all.flatMap((candidate) => candidate.obstacle(() => true) ?? []);
  if (all.length > 0 && obstacles.length < all.length) return;
  const reasons = new Set(obstacles.map(({ reason }) => reason));
  throw new TensorRTError(
    'ERR_CALIBRATION',
    all.length === 0
      ? 'The model has no MatMul, no Gemm and no convolution, and nothing else is quantized.'
      : `None of the ${all.length} nodes that INT8 is for can be quantized: ${[...reasons].join('; ')}.`,
    { file: model.path },
  );
}
