import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { maximum, minimum } from '../bounds.js';
import { add, multiply, type Size } from '../expression.js';
import { fact, isInteger, type Value } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';

/** The axes to reduce: 'all', or undefined where they are computed by the model and not known. */
function reducedAxes(n: NodeView, fromInput: boolean): ReadonlySet<number> | 'all' | undefined {
  const given = fromInput && n.has(1) ? n.numbers(1) : n.ints('axes');
  if (fromInput && n.has(1) && !given) return undefined;
  if (!given || given.length === 0) {
    return n.int('noop_with_empty_axes') === 1 ? new Set() : 'all';
  }
  const rank = n.rank(0) ?? 0;
  return new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
}

/** @param axesAsInput - the opset from which on the axes are an input, not an attribute. */
function reduction(axesAsInput: number, fold?: (a: Size, b: Size) => Size): Rule {
  return (n) => {
    const axes = reducedAxes(n, n.opset >= axesAsInput);
    const keep = n.int('keepdims', 1) !== 0;
    const dims = reducedDims(n, axes, keep);
    const values =
      fold && isInteger(n.type(0)) && allReduced(n, axes)
        ? foldValues(n.values(0), fold)
        : undefined;
    return [fact(n.type(0), dims, dims && values)];
  };
}

function reducedDims(
  n: NodeView,
  axes: ReadonlySet<number> | 'all' | undefined,
  keep: boolean,
): readonly Size[] | undefined {
  const dims = n.dims(0);
  if (!axes) return unknownAxes(n, keep);
  if (axes === 'all' && !keep) return [];
  if (!dims) return undefined;
  if (axes !== 'all') {
    for (const axis of axes) if (n.axis(axis, dims.length) === undefined) return undefined;
  }
  const isReduced = (axis: number) => axes === 'all' || axes.has(axis);
  return keep
    ? dims.map((dim, axis) => (isReduced(axis) ? 1 : dim))
    : dims.filter((_, axis) => !isReduced(axis));
}

function unknownAxes(n: NodeView, keep: boolean): readonly Size[] | undefined {
  const dims = n.dims(0);
  if (keep) return dims?.map((dim) => (dim === 1 ? 1 : n.fresh()));
  const count = n.dims(1)?.[0];
  // An empty list of axes means all of them, or none.
  if (!dims || typeof count !== 'number' || count === 0) return undefined;
  return n.freshDims(Math.max(0, dims.length - count));
}

function allReduced(n: NodeView, axes: ReadonlySet<number> | 'all' | undefined): boolean {
  return axes === 'all' || (axes !== undefined && axes.size === n.rank(0));
}

function foldValues(values: readonly Value[] | undefined, fold: (a: Size, b: Size) => Size) {
  if (!values?.length || values.some((value) => value === undefined)) return undefined;
  return [(values as readonly Size[]).reduce(fold)];
}

const argReduction: Rule = (n) => {
  const rank = n.rank(0);
  const axis = rank === undefined ? undefined : n.axis(n.int('axis', 0), rank);
  const keep = n.int('keepdims', 1) !== 0;
  const dims = axis === undefined ? undefined : reducedDims(n, new Set([axis]), keep);
  return [fact(ElementType.INT64, dims)];
};

const plain = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Mean', 'SumSquare'];

export const reductions: Rules = {
  ...Object.fromEntries(plain.map((name) => [`Reduce${name}`, reduction(18)])),
  ReduceMax: reduction(18, maximum),
  ReduceMin: reduction(18, minimum),
  ReduceProd: reduction(18, multiply),
  ReduceSum: reduction(13, add),
  ArgMax: argReduction,
  ArgMin: argReduction,
};
