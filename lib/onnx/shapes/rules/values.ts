import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { isAtLeast, maximum, minimum } from '../bounds.js';
import { divideExactly, floorDivide, modulo } from '../division.js';
import { add, multiply, type Size, sameSize, subtract } from '../expression.js';
import { type Fact, isInteger, maxValues, smallCount, type Value } from '../fact.js';

/**
 * What operators do to the elements of shape tensors. An element is a number, an expression over
 * named sizes, or unknown; expressions stand for whole numbers, also in tensors of floats.
 */

export type UnaryOperation = (value: Value, type: number | undefined) => Value;
export type Operation = (a: Value, b: Value, type: number | undefined) => Value;

/** The operators of one input that shapes are computed with; the others' values are not followed. */
export const unaryOperations: Readonly<Record<string, UnaryOperation>> = {
  Abs: (value) => (typeof value === 'number' ? Math.abs(value) : nonNegative(value)),
  Ceil: roundedBy(Math.ceil),
  Floor: roundedBy(Math.floor),
  Neg: (value) => (value === undefined ? undefined : multiply(value, -1)),
  Relu: (value) => (value === undefined ? undefined : maximum(value, 0)),
  // Halves go to the even neighbour, unlike in Math.round.
  Round: roundedBy((value) => {
    const low = Math.floor(value);
    return value - low === 0.5 ? low + (low % 2) : Math.round(value);
  }),
  Sign: (value) => (typeof value === 'number' ? Math.sign(value) : undefined),
  Sqrt: (value) => (typeof value === 'number' ? Math.sqrt(value) : undefined),
};

/** Expressions are whole already. */
function roundedBy(round: (value: number) => number): UnaryOperation {
  return (value) => (typeof value === 'number' ? round(value) : value);
}

function nonNegative(value: Size | undefined): Value {
  return value !== undefined && isAtLeast(value, 0) ? value : undefined;
}

function both(operation: (a: Size, b: Size, type: number | undefined) => Value): Operation {
  return (a, b, type) => {
    if (a === undefined || b === undefined) return undefined;
    // Polynomials have whole coefficients.
    if (typeof a !== typeof b && (isFraction(a) || isFraction(b))) return undefined;
    return represented(operation(a, b, type), type);
  };
}

function isFraction(size: Size): boolean {
  return typeof size === 'number' && !Number.isInteger(size);
}

/** A result as its type can hold it; unknown, for integers that a number here cannot hold. */
function represented(value: Value, type: number | undefined): Value {
  if (typeof value !== 'number') return value;
  if (type === ElementType.FLOAT) return Math.fround(value);
  return isInteger(type) && !Number.isSafeInteger(value) ? undefined : value;
}

export const arithmetic = {
  Add: both(add),
  Sub: both(subtract),
  // Whatever is multiplied by 0.
  Mul: (a, b) => (a === 0 || b === 0 ? 0 : both(multiply)(a, b, undefined)),
  Div: both(divide),
  Mod: both((a, b) => {
    if (b === 0 || !isAtLeast(a, 0) || !isAtLeast(b, 1)) return undefined;
    return modulo(a, b);
  }),
  Max: both((a, b) => maximum(a, b)),
  Min: both((a, b) => minimum(a, b)),
  Pow: both((a, b) => (typeof a === 'number' && typeof b === 'number' ? a ** b : undefined)),
} as const satisfies Record<string, Operation>;

/** Whole numbers are divided towards zero. */
function divide(a: Size, b: Size, type: number | undefined): Value {
  if (b === 0) return undefined;
  if (typeof a === 'number' && typeof b === 'number') {
    return isInteger(type) ? Math.trunc(a / b) : a / b;
  }
  if (!isInteger(type)) return divideExactly(a, b);
  return isAtLeast(a, 0) && isAtLeast(b, 1) ? floorDivide(a, b) : divideExactly(a, b);
}

export const comparisons = {
  And: logical((a, b) => a && b),
  Or: logical((a, b) => a || b),
  Xor: logical((a, b) => a !== b),
  Equal: both(equal),
  Greater: both((a, b) => ordered(a, b, 1)),
  GreaterOrEqual: both((a, b) => ordered(a, b, 0)),
  Less: both((a, b) => ordered(b, a, 1)),
  LessOrEqual: both((a, b) => ordered(b, a, 0)),
} as const satisfies Record<string, Operation>;

function logical(operation: (a: boolean, b: boolean) => boolean): Operation {
  return (a, b) =>
    typeof a === 'number' && typeof b === 'number'
      ? Number(operation(a !== 0, b !== 0))
      : undefined;
}

function equal(a: Size, b: Size): Value {
  if (sameSize(a, b)) return 1;
  const apart = isAtLeast(a, add(b, 1)) || isAtLeast(b, add(a, 1));
  return apart ? 0 : undefined;
}

/** Whether `a >= b + margin`; undefined where it depends. Only numbers may be fractions. */
function ordered(a: Size, b: Size, margin: 0 | 1): Value {
  if (typeof a === 'number' && typeof b === 'number') return Number(margin ? a > b : a >= b);
  if (isAtLeast(a, add(b, margin))) return 1;
  return isAtLeast(b, add(a, 1 - margin)) ? 0 : undefined;
}

/** The values after a cast: floats are cut off, everything else stays. */
export function castValues(
  { values, type: from }: Fact,
  to: number | undefined,
): readonly Value[] | undefined {
  if (to === undefined || to === ElementType.STRING || from === ElementType.STRING) {
    return undefined;
  }
  return values?.map((value) => {
    if (to === ElementType.BOOL) return toBool(value);
    return isInteger(to) && typeof value === 'number' ? Math.trunc(value) : value;
  });
}

function toBool(value: Value): Value {
  if (typeof value === 'number') return Number(value !== 0);
  return value !== undefined && isAtLeast(value, 1) ? 1 : undefined;
}

/** Applies an operation element by element, with broadcasting, where the result is small. */
export function combineValues(
  dims: readonly Size[] | undefined,
  inputs: readonly Fact[],
  operation: (items: Value[]) => Value,
): Value[] | undefined {
  const count = smallCount(dims);
  if (count === undefined || count > maxValues || inputs.some((input) => !input.values)) {
    return undefined;
  }
  const shape = dims as number[];
  const pickers = inputs.map((input) => picker(input, shape));
  return Array.from({ length: count }, (_, index) => operation(pickers.map((pick) => pick(index))));
}

/** Reads an input at a position of the shape that it is broadcast to. */
export function picker({ dims, values }: Fact, shape: readonly number[]): (index: number) => Value {
  const own = dims as readonly number[];
  const lead = shape.length - own.length;
  const strides = new Array<number>(shape.length).fill(0);
  let stride = 1;
  for (let axis = own.length - 1; axis >= 0; axis--) {
    strides[axis + lead] = own[axis] === 1 ? 0 : stride;
    stride *= own[axis] as number;
  }
  return (index) => {
    let rest = index;
    let offset = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      offset += (rest % size) * (strides[axis] as number);
      rest = Math.floor(rest / size);
    }
    return values?.[offset];
  };
}

/**
 * The elements of a small tensor that an operator only moves.
 *
 * @param from - where an element of the result comes from: its coordinates in the input.
 */
export function moveValues(
  { dims, values }: Fact,
  result: readonly Size[] | undefined,
  from: (coordinates: readonly number[]) => readonly number[],
): Value[] | undefined {
  const count = smallCount(result);
  if (!values || !dims || count === undefined) return undefined;
  const [shape, own] = [result as readonly number[], dims as readonly number[]];
  return Array.from({ length: count }, (_, index) => {
    const source = from(coordinatesOf(index, shape));
    return values[source.reduce((offset, at, axis) => offset * (own[axis] as number) + at, 0)];
  });
}

function coordinatesOf(index: number, shape: readonly number[]): number[] {
  let rest = index;
  const coordinates: number[] = [];
  for (const size of shape.toReversed()) {
    coordinates.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return coordinates;
}
