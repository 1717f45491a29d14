import { divideExactly, floorDivide } from './division.js';
import { add, argumentsOf, product, type Size, sameSize } from './expression.js';
import { type Fact, fact } from './fact.js';
import type { NodeView } from './node-view.js';

/** The dims that two shapes broadcast to (ONNX, "Multidirectional Broadcasting"). */
export function broadcast(
  n: NodeView,
  a: readonly Size[] | undefined,
  b: readonly Size[] | undefined,
): readonly Size[] | undefined {
  if (!a || !b) return undefined;
  const rank = Math.max(a.length, b.length);
  const dims: Size[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    const dim = broadcastSize(n, left, right);
    if (dim === undefined) {
      return n.problem(`[${a.join(', ')}] and [${b.join(', ')}] cannot be broadcast`);
    }
    dims.push(dim);
  }
  return dims;
}

function broadcastSize(n: NodeView, a: Size, b: Size): Size | undefined {
  if (sameSize(a, b) || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === 'number') return typeof b === 'number' ? undefined : a;
  if (typeof b === 'number') return b;
  // min(512, sequence) against sequence: equal, or broadcast where the minimum is 1.
  if (argumentsOf(a, 'min')?.some((bound) => sameSize(bound, b))) return b;
  if (argumentsOf(b, 'min')?.some((bound) => sameSize(bound, a))) return a;
  return n.fresh();
}

export function broadcastAll(
  n: NodeView,
  shapes: readonly (readonly Size[] | undefined)[],
): readonly Size[] | undefined {
  const [first, ...rest] = shapes;
  return rest.reduce((dims, next) => broadcast(n, dims, next), first);
}

/** Two sizes that have to be equal: the one that says more. */
export function unify(n: NodeView, a: Size, b: Size, what: string): Size {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) {
    n.problem(`${what} are ${a} and ${b}`);
  }
  if (typeof a === 'number') return a;
  return typeof b === 'number' || (a.anonymous && !(b as Exclude<Size, number>).anonymous) ? b : a;
}

/**
 * The size that is left for one dimension of a reshape. What both sides have in common is cancelled
 * first, also where it may be 0.
 */
export function quotientOfProducts(whole: readonly Size[], part: readonly Size[]): Size {
  const numerator = [...whole];
  const denominator: Size[] = [];
  for (const size of part) {
    const index = numerator.findIndex((other) => sameSize(other, size));
    if (index === -1) denominator.push(size);
    else numerator.splice(index, 1);
  }
  const [a, b] = [product(numerator), product(denominator)];
  if (b === 0) return 0;
  return divideExactly(a, b) ?? floorDivide(a, b);
}

export function sum(sizes: readonly Size[]): Size {
  return sizes.reduce(add, 0);
}

/** `dims` with the size of one axis replaced. */
export function withAxis(dims: readonly Size[], axis: number, size: Size): Size[] {
  return dims.map((dim, index) => (index === axis ? size : dim));
}

export function without(dims: readonly Size[], axes: ReadonlySet<number>): Size[] {
  return dims.filter((_, axis) => !axes.has(axis));
}

/** An output that is like an input, but for its values. */
export function like(input: Fact): Fact {
  return input.holds ? input : fact(input.type, input.dims);
}
