import { getInt } from '../onnx/attributes.js';
import { isOnnxOperator } from './operator-slots.js';
import type { Step, Use, Value } from './value-graph.js';

/**
 * Tensors on both sides of a sub-graph's border that must have one type: what is handed over is read
 * at the `sinks` and appears as the `sources`.
 */
export interface Link {
  readonly owner: Step;
  readonly sinks: readonly Use[];
  readonly sources: readonly Value[];
}

/**
 * The links of `If`, `Loop` and `Scan`, as the ONNX specification of each operator pairs the inputs
 * and outputs of the node with those of its sub-graphs. None for other operators.
 */
export function linkBodies(step: Step, opset: number): Link[] {
  if (!isOnnxOperator(step.node)) return [];
  if (step.node.opType === 'If') return linkBranches(step);
  if (step.node.opType === 'Loop') return linkLoop(step);
  if (step.node.opType === 'Scan') return linkScan(step, opset);
  return [];
}

function link(
  owner: Step,
  sinks: readonly (Use | undefined)[],
  sources: readonly (Value | undefined)[],
): Link {
  return {
    owner,
    sinks: sinks.filter((use) => use !== undefined),
    sources: sources.filter((value) => value !== undefined),
  };
}

function linkBranches(step: Step): Link[] {
  return step.outputs.map((output, index) =>
    link(
      step,
      step.bodies.map(({ results }) => results[index]),
      [output],
    ),
  );
}

/** Inputs: trip count, condition, state. Body: iteration, condition, state -> condition, state, scans. */
function linkLoop(step: Step): Link[] {
  const [body] = step.bodies;
  if (!body) return [];
  const states = step.node.input.length - 2;
  return step.outputs.map((output, index) =>
    index < states
      ? link(
          step,
          [step.inputs[2 + index], body.results[1 + index]],
          [inputOf(step, 2 + index), output],
        )
      : link(step, [body.results[1 + index]], [output]),
  );
}

/** Inputs: state, scanned. Body: state, slices -> state, slices. Version 8 begins with lengths. */
function linkScan(step: Step, opset: number): Link[] {
  const [body] = step.bodies;
  if (!body) return [];
  const first = opset < 9 ? 1 : 0;
  const scanned = getInt(step.node, 'num_scan_inputs') ?? 0;
  const states = step.node.input.length - first - scanned;
  const inputs = Array.from({ length: scanned }, (_, index) =>
    link(step, [step.inputs[first + states + index]], [inputOf(step, states + index)]),
  );
  const outputs = step.outputs.map((output, index) =>
    index < states
      ? link(
          step,
          [step.inputs[first + index], body.results[index]],
          [inputOf(step, index), output],
        )
      : link(step, [body.results[index]], [output]),
  );
  return [...inputs, ...outputs];
}

/** An input of the (first) sub-graph, by position. */
function inputOf({ bodies: [body] }: Step, index: number): Value | undefined {
  const name = body?.graph.input[index]?.name;
  return name === undefined ? undefined : body?.values.get(name);
}
