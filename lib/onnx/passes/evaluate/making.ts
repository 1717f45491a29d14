import type { NodeProto } from 'onnx-buf';
import { elementCount, type Tensor, tensor } from '../../../tensor.js';
import { getInt, getInts, getTensor } from '../../attributes.js';
import { readInlineWeights } from '../../tensor/weights.js';
import { axesWithin, elementsOf, integersOf, make, pick, places, stridesOf } from './arrays.js';
import type { Operator } from './evaluate.js';

type Inputs = readonly (Tensor | undefined)[];

function shape(node: NodeProto, [source]: Inputs) {
  if (!source) return undefined;
  const sizes = source.dims.slice(getInt(node, 'start') ?? 0, getInt(node, 'end'));
  return [make('int64', [sizes.length], sizes)];
}

function size(_node: NodeProto, [source]: Inputs) {
  return source && [make('int64', [], [elementCount(source.dims)])];
}

function range(_node: NodeProto, [start, limit, delta]: Inputs) {
  if (start?.type !== 'int64' && start?.type !== 'int32') return undefined;
  const [first] = integersOf(start) ?? [];
  const [end] = integersOf(limit) ?? [];
  const [step] = integersOf(delta) ?? [];
  if (first === undefined || end === undefined || !step) return undefined;
  const length = Math.max(0, Math.ceil((end - first) / step));
  const values = Array.from({ length }, (_, index) => first + index * step);
  return [make(start.type, [length], values)];
}

function constantOfShape(node: NodeProto, [sizes]: Inputs) {
  const dims = integersOf(sizes);
  const given = getTensor(node, 'value');
  const value = given ? readInlineWeights(given) : tensor('float32', [1], [0]);
  return dims && [pick(value, dims, new Array(elementCount(dims)).fill(0))];
}

/** The coordinates of what is not zero, an axis a row. */
function nonZero(_node: NodeProto, [source]: Inputs) {
  if (!source || source.dims.length === 0) return undefined;
  const found = elementsOf(source).flatMap((value, place) => (Number(value) === 0 ? [] : [place]));
  const strides = stridesOf(source.dims);
  const rows = source.dims.flatMap((length, axis) =>
    found.map((place) => Math.floor(place / (strides[axis] ?? 1)) % length),
  );
  return [make('int64', [source.dims.length, found.length], rows)];
}

/** Integers only: a sum of floats depends on its order. */
function reduction(combine: (a: bigint, b: bigint) => bigint): Operator {
  return (node, inputs) => {
    const [source] = inputs;
    if (source?.type !== 'int64' && source?.type !== 'int32') return undefined;
    const given = getInts(node, 'axes') ?? integersOf(inputs[1]) ?? [];
    const axes = axesWithin(given, source.dims.length);
    if (!axes || source.data.length === 0) return undefined;
    if (axes.length === 0 && getInt(node, 'noop_with_empty_axes')) return [source];
    const reduced = (axis: number) => axes.length === 0 || axes.includes(axis);
    const strides = stridesOf(source.dims);
    const inner = source.dims.map((length, axis) => (reduced(axis) ? length : 1));
    const outer = source.dims.map((length, axis) => (reduced(axis) ? 1 : length));
    const values = elementsOf(source).map(BigInt);
    const results = places(outer, strides).map((start) =>
      places(inner, strides, start)
        .map((place) => values[place] as bigint)
        .reduce(combine),
    );
    const keep = getInt(node, 'keepdims') ?? 1;
    const dims = keep ? outer : outer.filter((_, axis) => !reduced(axis));
    const sized = source.type === 'int32' ? results.map((value) => Number(value)) : results;
    return [make(source.type, dims, sized)];
  };
}

export const making: Readonly<Record<string, Operator>> = {
  Shape: shape,
  Size: size,
  Range: range,
  ConstantOfShape: constantOfShape,
  NonZero: nonZero,
  ReduceProd: reduction((a, b) => a * b),
  ReduceSum: reduction((a, b) => a + b),
  ReduceMax: reduction((a, b) => (a > b ? a : b)),
  ReduceMin: reduction((a, b) => (a < b ? a : b)),
};
