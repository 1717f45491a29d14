import { TensorProto_DataType as ElementType, type GraphProto } from 'onnx-buf';
import type { Size } from '../expression.js';
import { type Fact, fact, mergeFacts, sameFact, unknown } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';

/** Both branches are looked at; what comes out is what they agree on, or the one that is taken. */
const branch: Rule = (n) => {
  const [then, otherwise] = [n.graph('then_branch'), n.graph('else_branch')];
  if (!then || !otherwise) return [];
  const outputs = [n.inferGraph(then, []), n.inferGraph(otherwise, [])] as const;
  const condition = n.scalar(0);
  if (typeof condition === 'number') return condition ? outputs[0] : outputs[1];
  return outputs[0].map((output, index) =>
    mergeFacts(output, outputs[1][index] ?? unknown, () => n.fresh()),
  );
};

/** More rounds than this, and what changes is taken as unknown. */
const maxRounds = 4;

/**
 * What is true of a loop's carried values in every round: what the first round gets, less what
 * later rounds get otherwise.
 */
function settle(
  n: NodeView,
  initial: readonly Fact[],
  round: (carried: readonly Fact[]) => readonly Fact[],
): { carried: readonly Fact[]; outputs: readonly Fact[] } {
  const open = new Set<Size>();
  const widen = (before: Size): Size => {
    if (open.has(before)) return before;
    const size = n.fresh();
    open.add(size);
    return size;
  };
  let carried = initial;
  for (let count = 1; ; count++) {
    const outputs = round(carried);
    const merged = carried.map((before, index) => {
      const after = outputs[index] ?? unknown;
      return sameFact(before, after) ? before : mergeFacts(before, after, widen);
    });
    if (merged.every((after, index) => sameFact(after, carried[index] as Fact))) {
      return { carried, outputs };
    }
    const last = count >= maxRounds;
    carried = merged.map((after, index) =>
      last && !sameFact(after, carried[index] as Fact) ? { ...unknown, type: after.type } : after,
    );
  }
}

const loop: Rule = (n) => {
  const body = n.graph('body');
  if (!body) return [];
  const states = n.inputs.slice(2).map((input) => input ?? unknown);
  const hasCondition = n.has(1);
  const initial = [
    hasCondition ? fact(ElementType.BOOL, [], n.values(1)) : fact(ElementType.BOOL, [], [1]),
    ...states,
  ];
  const iteration = fact(ElementType.INT64, []);
  const { carried, outputs } = settle(n, initial, (values) =>
    n.inferGraph(body, [iteration, ...values]),
  );
  const [condition] = carried;
  const runsToTheEnd = !hasCondition || condition?.values?.[0] === 1;
  const rounds = (runsToTheEnd && n.has(0) ? n.scalar(0) : undefined) ?? n.fresh();
  const scanned = outputs.slice(1 + states.length);
  return [
    ...carried.slice(1),
    ...scanned.map(({ type, dims }) => fact(type, dims && [rounds, ...dims])),
  ];
};

const scan: Rule = (n) => {
  const body = n.graph('body');
  const scanCount = n.int('num_scan_inputs', 0);
  if (!body) return [];
  return n.opset < 9 ? batchedScan(n, body, scanCount) : plainScan(n, body, scanCount);
};

function plainScan(n: NodeView, body: GraphProto, scanCount: number): readonly Fact[] {
  const stateCount = n.inputs.length - scanCount;
  const states = n.inputs.slice(0, stateCount).map((input) => input ?? unknown);
  const inputAxes = n.ints('scan_input_axes') ?? [];
  let rounds: Size | undefined;
  const elements = n.inputs.slice(stateCount).map((input, index) => {
    const { type, dims } = input ?? unknown;
    const axis = dims && n.axis(inputAxes[index] ?? 0, dims.length);
    if (axis === undefined) return fact(type);
    if (typeof rounds !== 'number') rounds = dims?.[axis];
    return fact(
      type,
      dims?.filter((_, at) => at !== axis),
    );
  });
  const { carried, outputs } = settle(n, states, (values) =>
    n.inferGraph(body, [...values, ...elements]),
  );
  const outputAxes = n.ints('scan_output_axes') ?? [];
  const length = rounds ?? n.fresh();
  const scanned = outputs.slice(stateCount).map(({ type, dims }, index) => {
    const axis = dims && n.axis(outputAxes[index] ?? 0, dims.length + 1);
    if (axis === undefined) return fact(type);
    return fact(type, [...(dims?.slice(0, axis) ?? []), length, ...(dims?.slice(axis) ?? [])]);
  });
  return [...carried, ...scanned];
}

/** Scan of opset 8: the first input is the sequences' lengths, and all else has a batch in front. */
function batchedScan(n: NodeView, body: GraphProto, scanCount: number): readonly Fact[] {
  const inputs = n.inputs.slice(1).map((input) => input ?? unknown);
  const stateCount = inputs.length - scanCount;
  const batch = inputs[0]?.dims?.[0] ?? n.fresh();
  const length = inputs[stateCount]?.dims?.[1] ?? n.fresh();
  const states = inputs.slice(0, stateCount).map(({ type, dims }) => fact(type, dims?.slice(1)));
  const elements = inputs.slice(stateCount).map(({ type, dims }) => fact(type, dims?.slice(2)));
  const { carried, outputs } = settle(n, states, (values) =>
    n.inferGraph(body, [...values, ...elements]),
  );
  return [
    ...carried.map(({ type, dims }) => fact(type, dims && [batch, ...dims])),
    ...outputs
      .slice(stateCount)
      .map(({ type, dims }) => fact(type, dims && [batch, length, ...dims])),
  ];
}

export const controlFlow: Rules = { If: branch, Loop: loop, Scan: scan };
