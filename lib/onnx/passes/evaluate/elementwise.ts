import type { NodeProto } from 'onnx-buf';
import type { DataType, Tensor } from '../../../tensor.js';
import { getInt } from '../../attributes.js';
import { toDataType } from '../../tensor/element-types.js';
import { broadcastDims, elementsOf, make, stretch } from './arrays.js';
import type { Operator } from './evaluate.js';

/** Types on which JavaScript computes what ONNX says: floats of 16 bits are left to others. */
const arithmeticTypes: readonly DataType[] = ['float32', 'float64', 'int32', 'int64'];

type Numeric = number | bigint;
/** NaN for what has no result, such as a division of integers by zero. */
type Binary = (a: number, b: number, type: DataType) => number;
type Big = (a: bigint, b: bigint) => bigint | undefined;

/** Arithmetic on operands of one type; arrays wrap integers, and round to float32, as ONNX does. */
function arithmetic(onNumbers: Binary, onBigints: Big): Operator {
  return (_node, [a, b]) => {
    if (!a || !b || a.type !== b.type || !arithmeticTypes.includes(a.type)) return undefined;
    const { type } = a;
    return zip(a, b, type, (x, y) => {
      if (typeof x === 'bigint') return onBigints(x, y as bigint);
      const result = onNumbers(x, y as number, type);
      return type === 'int32' && !Number.isFinite(result) ? undefined : result;
    });
  };
}

function comparison(compare: (a: Numeric, b: Numeric) => boolean): Operator {
  return (_node, [a, b]) => {
    if (!a || !b || a.type !== b.type || isHalf(a.type)) return undefined;
    return zip(a, b, 'bool', (x, y) => Number(compare(x, y)));
  };
}

function zip(
  a: Tensor,
  b: Tensor,
  type: DataType,
  combine: (x: Numeric, y: Numeric) => Numeric | undefined,
): Tensor[] | undefined {
  const dims = broadcastDims([a.dims, b.dims]);
  if (!dims) return undefined;
  const right = elementsOf(stretch(b, dims));
  const values = elementsOf(stretch(a, dims)).map((x, index) =>
    combine(x, right[index] as Numeric),
  );
  return values.includes(undefined) ? undefined : [make(type, dims, values as Numeric[])];
}

function unary(onNumber: (value: number) => number, onBigint: (value: bigint) => bigint): Operator {
  return (_node, [a]) => {
    if (!a || !arithmeticTypes.includes(a.type)) return undefined;
    const values = elementsOf(a).map((value) =>
      typeof value === 'bigint' ? onBigint(value) : onNumber(value),
    );
    return [make(a.type, a.dims, values)];
  };
}

const isHalf = (type: DataType) => type === 'float16' || type === 'bfloat16';
const isWhole = (type: DataType) => type === 'int32';

function where(_node: NodeProto, [condition, a, b]: readonly (Tensor | undefined)[]) {
  if (condition?.type !== 'bool' || !a || !b || a.type !== b.type || isHalf(a.type)) {
    return undefined;
  }
  const dims = broadcastDims([condition.dims, a.dims, b.dims]);
  if (!dims) return undefined;
  const [yes, no] = [elementsOf(stretch(a, dims)), elementsOf(stretch(b, dims))];
  const chosen = elementsOf(stretch(condition, dims)).map((flag, index) =>
    flag ? yes[index] : no[index],
  );
  return [make(a.type, dims, chosen as Numeric[])];
}

function cast(node: NodeProto, [source]: readonly (Tensor | undefined)[]) {
  const type = toDataType(getInt(node, 'to') ?? 0);
  if (!source || !type || isHalf(type) || isHalf(source.type)) return undefined;
  const values = elementsOf(source).map((value) => castElement(value, type));
  return values.includes(undefined) ? undefined : [make(type, source.dims, values as Numeric[])];
}

/** Undefined where ONNX leaves the result open, as for NaN to an integer. */
function castElement(value: Numeric, type: DataType): Numeric | undefined {
  if (type === 'bool') return Number(Number(value) !== 0);
  const number = Number(value);
  if (type === 'float32' || type === 'float64') {
    return Number.isSafeInteger(number) || typeof value === 'number' ? number : undefined;
  }
  const whole = Math.trunc(number);
  if (!Number.isSafeInteger(whole)) {
    return typeof value === 'bigint' && type.endsWith('int64') ? value : undefined;
  }
  const [min, max] = type.startsWith('u') ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  if (type.endsWith('int64')) return type === 'uint64' && whole < 0 ? undefined : BigInt(whole);
  return whole >= min && whole <= max ? whole : undefined;
}

export const elementwise: Readonly<Record<string, Operator>> = {
  Add: arithmetic(
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  Sub: arithmetic(
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  Mul: arithmetic(
    (a, b, type) => (isWhole(type) ? Math.imul(a, b) : a * b),
    (a, b) => a * b,
  ),
  Div: arithmetic(
    (a, b, type) => (isWhole(type) ? Math.trunc(a / b) : a / b),
    (a, b) => (b === 0n ? undefined : a / b),
  ),
  Max: arithmetic(
    (a, b) => Math.max(a, b),
    (a, b) => (a > b ? a : b),
  ),
  Min: arithmetic(
    (a, b) => Math.min(a, b),
    (a, b) => (a < b ? a : b),
  ),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  And: comparison((a, b) => Boolean(a) && Boolean(b)),
  Or: comparison((a, b) => Boolean(a) || Boolean(b)),
  Not: (_node, [a]) =>
    a?.type === 'bool'
      ? [
          make(
            'bool',
            a.dims,
            elementsOf(a).map((value) => Number(!value)),
          ),
        ]
      : undefined,
  Neg: unary(
    (value) => -value,
    (value) => -value,
  ),
  Abs: unary(Math.abs, (value) => (value < 0n ? -value : value)),
  Sqrt: (_node, [a]) =>
    a?.type === 'float32' || a?.type === 'float64'
      ? [
          make(
            a.type,
            a.dims,
            elementsOf(a).map((value) => Math.sqrt(Number(value))),
          ),
        ]
      : undefined,
  Cast: cast,
  Where: where,
};
