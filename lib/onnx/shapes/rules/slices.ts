import { isAtLeast, maximum, minimum } from '../bounds.js';
import { withAxis } from '../dims.js';
import { ceilDivide, divideExactly } from '../division.js';
import { add, type Size, subtract } from '../expression.js';
import { type Fact, fact, type Value } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { moveValues } from './values.js';

interface Cut {
  readonly axis: number;
  readonly start: Value;
  readonly end: Value;
  readonly step: Value;
}

const slice: Rule = (n) => {
  const { type, dims } = n.input(0);
  if (!dims) return [fact(type)];
  const cuts = cutsOf(n, dims.length);
  if (!cuts) return [fact(type, n.freshDims(dims.length))];
  let result = dims;
  for (const cut of cuts) {
    result = withAxis(result, cut.axis, sliceSize(n, dims[cut.axis] as Size, cut));
  }
  return [fact(type, result, slicedValues(n.input(0), result, cuts))];
};

/** What is cut where: by attributes before opset 10, by inputs since. */
function cutsOf(n: NodeView, rank: number): Cut[] | undefined {
  const byInput = n.opset >= 10;
  const starts = byInput ? n.values(1) : n.ints('starts');
  const ends = byInput ? n.values(2) : n.ints('ends');
  const count = starts?.length ?? ends?.length ?? n.dims(1)?.[0];
  if (typeof count !== 'number') return undefined;
  const given = byInput ? (n.has(3) ? n.numbers(3) : undefined) : n.ints('axes');
  if (byInput && n.has(3) && !given) return undefined;
  const steps = byInput && n.has(4) ? n.values(4) : new Array<number>(count).fill(1);
  const cuts: Cut[] = [];
  for (let index = 0; index < count; index++) {
    const axis = n.axis(given ? (given[index] ?? rank) : index, rank);
    if (axis === undefined) return undefined;
    cuts.push({ axis, start: starts?.[index], end: ends?.[index], step: steps?.[index] });
  }
  return cuts;
}

/** From here on a bound means "to the end": exporters use the limits of 32 and of 64 bits. */
const endless = 2 ** 31 - 1;

function sliceSize(n: NodeView, dim: Size, { start, end, step }: Cut): Size {
  if (start === undefined || end === undefined || typeof step !== 'number' || step === 0) {
    return n.fresh();
  }
  if (step < 0) return reversedSize(n, dim, start, end, step);
  const from = bound(dim, start);
  const to = bound(dim, end);
  if (from === undefined || to === undefined) return n.fresh();
  const size = ceilDivide(subtract(to, from), step);
  return isAtLeast(size, 0) ? size : typeof size === 'number' ? 0 : maximum(size, 0);
}

function reversedSize(n: NodeView, dim: Size, start: Size, end: Size, step: number): Size {
  if (typeof start !== 'number' || typeof end !== 'number') return n.fresh();
  if (typeof dim === 'number') {
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + dim : at, -1), dim - 1);
    return Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step));
  }
  // The whole of a dimension, backwards.
  const whole = (start === -1 || start >= endless) && end < -endless;
  return whole ? ceilDivide(dim, -step) : n.fresh();
}

/** A bound counted from the front and kept within the dimension; undefined where its sign is open. */
function bound(dim: Size, at: Size): Size | undefined {
  if (typeof at === 'number' && at >= endless) return dim;
  if (typeof at === 'number' && at <= -endless) return 0;
  if (isAtLeast(at, 0)) return minimum(dim, at);
  if (isAtLeast(-1, at)) return maximum(add(dim, at), 0);
  // `sequence - past`, which nothing says the sign of, is meant to count from the front.
  return undefined;
}

function slicedValues(
  input: Fact,
  result: readonly Size[],
  cuts: readonly Cut[],
): Value[] | undefined {
  const first = new Map<number, number>();
  for (const { axis, start, step } of cuts) {
    const size = input.dims?.[axis];
    if (typeof start !== 'number' || typeof step !== 'number' || typeof size !== 'number') {
      return undefined;
    }
    const at = start < 0 ? start + size : start;
    first.set(axis, step > 0 ? Math.max(at, 0) : Math.min(at, size - 1));
  }
  const steps = new Map(cuts.map(({ axis, step }) => [axis, step as number]));
  return moveValues(input, result, (coordinates) =>
    coordinates.map((at, axis) => (first.get(axis) ?? 0) + at * (steps.get(axis) ?? 1)),
  );
}

const split: Rule = (n) => {
  const { type, dims, values } = n.input(0);
  const count = n.outputCount;
  if (!dims) return new Array<Fact>(count).fill(fact(type));
  const axis = n.axis(n.int('axis', 0), dims.length);
  if (axis === undefined) return new Array<Fact>(count).fill(fact(type));
  const sizes = splitSizes(n, dims[axis] as Size, count);
  let offset = 0;
  return sizes.map((size) => {
    const part =
      dims.length === 1 && typeof size === 'number' && values?.slice(offset, offset + size);
    offset += typeof size === 'number' ? size : Number.NaN;
    return fact(type, withAxis(dims, axis, size), part && part.length === size ? part : undefined);
  });
};

function splitSizes(n: NodeView, dim: Size, count: number): Size[] {
  const asked = n.opset >= 13 || (n.opset < 2 && n.has(1)) ? n.values(1) : n.ints('split');
  if (asked) return Array.from({ length: count }, (_, index) => asked[index] ?? n.fresh());
  if (n.has(1)) return n.freshDims(count);
  if (typeof dim === 'number') {
    const part = Math.ceil(dim / count);
    // The last one is smaller where they cannot be equal (opset 18).
    return Array.from({ length: count }, (_, index) =>
      Math.max(0, Math.min(part, dim - index * part)),
    );
  }
  const part = divideExactly(dim, count);
  if (part !== undefined) return new Array<Size>(count).fill(part);
  return [...new Array<Size>(count - 1).fill(ceilDivide(dim, count)), n.fresh()];
}

export const slices: Rules = { Slice: slice, Split: split };
