import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { like, withAxis } from '../dims.js';
import { product, type Size } from '../expression.js';
import { type Fact, fact, type Value } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { moveValues } from './values.js';

/** @param attribute - where the axis stands. */
export function gather(n: NodeView, attribute = 'axis'): readonly Fact[] {
  const { type, dims } = n.input(0);
  const indices = n.dims(1);
  if (!dims || !indices) return [fact(type)];
  const axis = n.axis(n.int(attribute, 0), dims.length);
  if (axis === undefined) return [fact(type)];
  const result = [...dims.slice(0, axis), ...indices, ...dims.slice(axis + 1)];
  return [fact(type, result, pick(n, result, axis))];
}

function pick(n: NodeView, result: readonly Size[], axis: number): Value[] | undefined {
  const [picked, size] = [n.numbers(1), n.dims(0)?.[axis]];
  const indices = n.dims(1) as readonly Size[];
  if (!picked || typeof size !== 'number') return undefined;
  if (picked.some((index) => index < -size || index >= size)) {
    return n.problem(`an index of [${picked.join(', ')}] is outside of a dimension of ${size}`);
  }
  const positions = fact(undefined, indices, picked);
  return moveValues(n.input(0), result, (coordinates) => {
    const at = coordinates.slice(axis, axis + indices.length);
    const [index] = moveValues(positions, [1], () => at) as number[];
    return [
      ...coordinates.slice(0, axis),
      (index as number) < 0 ? (index as number) + size : (index as number),
      ...coordinates.slice(axis + indices.length),
    ];
  });
}

const gatherNd: Rule = (n) => {
  const [dims, indices] = [n.dims(0), n.dims(1)];
  const depth = indices?.at(-1);
  if (!dims || !indices || typeof depth !== 'number') return [fact(n.type(0))];
  const rest = dims.slice(n.int('batch_dims', 0) + depth);
  return [fact(n.type(0), [...indices.slice(0, -1), ...rest])];
};

/** Sizes that the data decide: the rank is known, what is selected is not. */
const compress: Rule = (n) => {
  const { type, dims } = n.input(0);
  const selected = n.numbers(1);
  const count = selected ? selected.filter((flag) => flag !== 0).length : n.fresh();
  const axis = n.int('axis');
  if (axis === undefined) return [fact(type, [count])];
  const at = dims && n.axis(axis, dims.length);
  return [fact(type, at === undefined ? undefined : withAxis(dims as readonly Size[], at, count))];
};

const nonZero: Rule = (n) => {
  const { values, dims } = n.input(0);
  const rank = dims?.length ?? n.fresh();
  const known = values?.every((value) => typeof value === 'number');
  const count = known ? values?.filter((value) => value !== 0).length : undefined;
  return [fact(ElementType.INT64, [rank, count ?? n.fresh()])];
};

const oneHot: Rule = (n) => {
  const indices = n.dims(0);
  const axis = indices && n.axis(n.int('axis', -1), indices.length + 1);
  if (axis === undefined) return [fact(n.type(2))];
  const depth = n.scalar(1) ?? n.fresh();
  const dims = indices as readonly Size[];
  return [fact(n.type(2), [...dims.slice(0, axis), depth, ...dims.slice(axis)])];
};

const topK: Rule = (n) => {
  const { type, dims } = n.input(0);
  const axis = dims && n.axis(n.int('axis', -1), dims.length);
  if (axis === undefined) return [fact(type), fact(ElementType.INT64)];
  // An attribute before opset 10.
  const count = (n.opset < 10 ? n.int('k') : n.scalar(1)) ?? n.fresh();
  const result = withAxis(dims as readonly Size[], axis, count);
  return [fact(type, result), fact(ElementType.INT64, result)];
};

/** What is unique, where it first was, and for each original which it is. */
const unique: Rule = (n) => {
  const { type, dims } = n.input(0);
  const axis = n.int('axis');
  const at = axis === undefined || !dims ? undefined : n.axis(axis, dims.length);
  const total = dims && (axis === undefined ? product(dims) : dims[at ?? -1]);
  const count = total === 1 ? 1 : n.fresh();
  const flat = axis === undefined ? [count] : undefined;
  const values = at === undefined ? flat : withAxis(dims as readonly Size[], at, count);
  const index = fact(ElementType.INT64, [count]);
  return [fact(type, values), index, fact(ElementType.INT64, [total ?? n.fresh()]), index];
};

const nonMaxSuppression: Rule = (n) => [fact(ElementType.INT64, [n.fresh(), 3])];

export const gathering: Rules = {
  Compress: compress,
  Gather: (n) => gather(n),
  GatherElements: (n) => [fact(n.type(0), n.dims(1))],
  GatherND: gatherNd,
  NonMaxSuppression: nonMaxSuppression,
  NonZero: nonZero,
  OneHot: oneHot,
  Scatter: (n) => [like(n.input(0))],
  ScatterElements: (n) => [like(n.input(0))],
  ScatterND: (n) => [like(n.input(0))],
  TensorScatter: (n) => [like(n.input(0))],
  TopK: topK,
  Unique: unique,
};
