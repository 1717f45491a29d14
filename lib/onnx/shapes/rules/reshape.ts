import { broadcast, quotientOfProducts, sum, withAxis, without } from '../dims.js';
import { multiply, product, type Size } from '../expression.js';
import { type Fact, fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { dimsFromValues } from './shape-tensors.js';
import { combineValues, moveValues } from './values.js';

const reshape: Rule = (n) => {
  // The shape was an attribute before opset 5.
  const asked = n.opset < 5 ? n.ints('shape') : n.values(1);
  const { type, values } = n.input(0);
  if (!asked) return [fact(type, n.opset < 5 ? undefined : dimsFromValues(n, 1))];
  return [fact(type, reshapedDims(n, asked), values)];
};

function reshapedDims(
  n: NodeView,
  asked: readonly (Size | undefined)[],
): readonly Size[] | undefined {
  const dims = n.dims(0);
  const zeroIsZero = n.int('allowzero', 0) === 1;
  const result = asked.map((size, axis) =>
    size === 0 && !zeroIsZero ? (dims?.[axis] ?? n.fresh()) : (size ?? n.fresh()),
  );
  const open = asked.indexOf(-1);
  if (open === -1) {
    checkCount(n, result);
    return result;
  }
  if (asked.lastIndexOf(-1) !== open) return n.problem('more than one size is -1');
  const rest = result.filter((_, axis) => axis !== open);
  // An unknown element may be a -1 or a 0 itself.
  const known = dims && !asked.includes(undefined);
  const size = known ? quotientOfProducts(dims, rest) : n.fresh();
  if (typeof size === 'number' && dims && !divides(dims, rest)) {
    return n.problem(`[${dims.join(', ')}] cannot be reshaped to [${asked.join(', ')}]`);
  }
  return withAxis(result, open, size);
}

function checkCount(n: NodeView, result: readonly Size[]): void {
  const [from, to] = [n.dims(0) && product(n.dims(0) as readonly Size[]), product(result)];
  if (typeof from === 'number' && typeof to === 'number' && from !== to) {
    n.problem(`${from} elements cannot be reshaped to [${result.join(', ')}]`);
  }
}

function divides(whole: readonly Size[], part: readonly Size[]): boolean {
  const [a, b] = [product(whole), product(part)];
  return typeof a !== 'number' || typeof b !== 'number' || b === 0 || a % b === 0;
}

const flatten: Rule = (n) => {
  const dims = n.dims(0);
  if (!dims) return [fact(n.type(0), n.freshDims(2))];
  const axis = n.int('axis', 1);
  const split = axis < 0 ? axis + dims.length : axis;
  return [fact(n.type(0), [product(dims.slice(0, split)), product(dims.slice(split))])];
};

/** The axes of Squeeze and Unsqueeze: an input since opset 13. */
function givenAxes(n: NodeView): readonly number[] | undefined {
  return n.opset >= 13 ? n.numbers(1) : n.ints('axes');
}

const squeeze: Rule = (n) => {
  const { type, dims, values } = n.input(0);
  if (!dims) return [fact(type)];
  const axes = givenAxes(n);
  if (axes) {
    const removed = new Set(axes.map((axis) => n.axis(axis, dims.length) ?? -1));
    if (removed.has(-1)) return [fact(type)];
    return [fact(type, without(dims, removed), values)];
  }
  if (n.has(1)) {
    const count = n.dims(1)?.[0];
    return [fact(type, typeof count === 'number' ? n.freshDims(dims.length - count) : undefined)];
  }
  // Every 1 goes: how many, is known only where all sizes are.
  const known = dims.every((dim) => typeof dim === 'number');
  return [
    known
      ? fact(
          type,
          dims.filter((dim) => dim !== 1),
          values,
        )
      : fact(type),
  ];
};

const unsqueeze: Rule = (n) => {
  const { type, dims, values } = n.input(0);
  const axes = givenAxes(n);
  const count = axes?.length ?? n.dims(1)?.[0];
  if (!dims || typeof count !== 'number') return [fact(type)];
  const rank = dims.length + count;
  if (!axes) return [fact(type, n.freshDims(rank))];
  const added = new Set(axes.map((axis) => n.axis(axis, rank) ?? -1));
  if (added.has(-1)) return [fact(type)];
  const left = [...dims];
  const result = Array.from({ length: rank }, (_, axis) =>
    added.has(axis) ? 1 : (left.shift() as Size),
  );
  return [fact(type, result, values)];
};

const transpose: Rule = (n) => {
  const { type, dims } = n.input(0);
  if (!dims) {
    const rank = n.ints('perm')?.length;
    return [fact(type, rank === undefined ? undefined : n.freshDims(rank))];
  }
  const order = n.ints('perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
  if (order.length !== dims.length || order.some((axis) => dims[axis] === undefined)) {
    n.problem(`the order [${order.join(', ')}] does not fit [${dims.join(', ')}]`);
    return [fact(type)];
  }
  const result = order.map((axis) => dims[axis] as Size);
  const moved = moveValues(n.input(0), result, (coordinates) =>
    dims.map((_, axis) => coordinates[order.indexOf(axis)] as number),
  );
  return [fact(type, result, moved)];
};

const expand: Rule = (n) => {
  const input = n.input(0);
  const asked = dimsFromValues(n, 1);
  const dims = broadcast(n, input.dims, asked);
  return [
    fact(
      input.type,
      dims,
      combineValues(dims, [input], ([value]) => value),
    ),
  ];
};

const tile: Rule = (n) => {
  const dims = n.dims(0);
  // Opset 1 repeated one axis.
  if (n.opset < 6) return [fact(n.type(0), dims && n.freshDims(dims.length))];
  const repeats = n.values(1);
  const result = dims?.map((dim, axis) => {
    const times = repeats?.[axis];
    return times === undefined ? n.fresh() : multiply(dim, times);
  });
  return [fact(n.type(0), result ?? (repeats && n.freshDims(repeats.length)))];
};

const concat: Rule = (n) => {
  const inputs = n.inputs.filter((input): input is Fact => input !== undefined);
  const type = inputs.find((input) => input.type !== undefined)?.type;
  const known = inputs.flatMap((input) => (input.dims ? [input.dims] : []));
  const [first] = known;
  if (!first) return [fact(type)];
  if (known.some((dims) => dims.length !== first.length)) {
    n.problem(
      `tensors of ${known.map((dims) => dims.length).join(', ')} dimensions cannot be joined`,
    );
    return [fact(type)];
  }
  const axis = n.axis(n.int('axis', n.opset < 4 ? 1 : 0), first.length);
  if (axis === undefined) return [fact(type)];
  const all = known.length === inputs.length;
  const dims = first.map((_, at) => {
    const sizes = known.map((other) => other[at] as Size);
    if (at === axis) return all ? sum(sizes) : n.fresh();
    return agreed(n, sizes);
  });
  return [fact(type, dims, first.length === 1 ? joined(inputs) : undefined)];
};

/** Sizes that have to be equal: the one that says most. */
function agreed(n: NodeView, sizes: readonly Size[]): Size {
  const numbers = new Set(sizes.filter((size) => typeof size === 'number'));
  if (numbers.size > 1) n.problem(`sizes ${[...numbers].join(' and ')} cannot be joined`);
  const [number] = numbers;
  if (number !== undefined) return number;
  return sizes.find((size) => typeof size === 'object' && !size.anonymous) ?? (sizes[0] as Size);
}

function joined(inputs: readonly Fact[]) {
  const values = inputs.map(({ values, dims }) => {
    const count = dims?.[0];
    return (
      values ??
      (typeof count === 'number' && count <= 64 ? new Array(count).fill(undefined) : undefined)
    );
  });
  return values.every((list) => list !== undefined) &&
    values.some((list) => list?.some((v) => v !== undefined))
    ? values.flat()
    : undefined;
}

export const reshaping: Rules = {
  Concat: concat,
  Expand: expand,
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
};
