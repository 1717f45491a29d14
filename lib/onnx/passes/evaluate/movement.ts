import type { NodeProto } from 'onnx-buf';
import { elementCount, type Tensor } from '../../../tensor.js';
import { getInt, getInts } from '../../attributes.js';
import {
  axesWithin,
  axisWithin,
  broadcastDims,
  integersOf,
  pick,
  places,
  stretch,
  stridesOf,
  withDims,
} from './arrays.js';
import type { Operator } from './evaluate.js';

type Inputs = readonly (Tensor | undefined)[];

function one(tensor: Tensor | undefined): Tensor[] | undefined {
  return tensor && [tensor];
}

/** Axes were an attribute once, and are an input now. */
function axesOf(node: NodeProto, inputs: Inputs): number[] | undefined {
  return getInts(node, 'axes') ?? integersOf(inputs[1]);
}

function reshape(node: NodeProto, [source, shape]: Inputs) {
  const sizes = integersOf(shape) ?? getInts(node, 'shape');
  if (!source || !sizes) return undefined;
  const copied = sizes.map((size, axis) =>
    size === 0 && !getInt(node, 'allowzero') ? (source.dims[axis] ?? 0) : size,
  );
  const known = elementCount(copied.filter((size) => size !== -1));
  const rest = known === 0 ? 0 : Math.floor(elementCount(source.dims) / known);
  return one(
    withDims(
      source,
      copied.map((size) => (size === -1 ? rest : size)),
    ),
  );
}

function squeeze(node: NodeProto, inputs: Inputs) {
  const [source] = inputs;
  if (!source) return undefined;
  const given = axesOf(node, inputs);
  const axes = given && axesWithin(given, source.dims.length);
  if (given && !axes) return undefined;
  const dims = source.dims.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1));
  return one(withDims(source, dims));
}

function unsqueeze(node: NodeProto, inputs: Inputs) {
  const [source] = inputs;
  const given = axesOf(node, inputs);
  if (!source || !given) return undefined;
  const axes = axesWithin(given, source.dims.length + given.length);
  if (!axes) return undefined;
  const dims = [...source.dims];
  for (const axis of axes.toSorted((a, b) => a - b)) dims.splice(axis, 0, 1);
  return one(withDims(source, dims));
}

function flatten(node: NodeProto, [source]: Inputs) {
  if (!source) return undefined;
  const axis = getInt(node, 'axis') ?? 1;
  const end = axis < 0 ? axis + source.dims.length : axis;
  const rows = elementCount(source.dims.slice(0, end));
  return one(withDims(source, [rows, elementCount(source.dims.slice(end))]));
}

function transpose(node: NodeProto, [source]: Inputs) {
  if (!source) return undefined;
  const perm = getInts(node, 'perm') ?? source.dims.map((_, axis) => axis).toReversed();
  if (perm.length !== source.dims.length) return undefined;
  const strides = stridesOf(source.dims);
  const dims = perm.map((axis) => source.dims[axis] ?? 1);
  const order = places(
    dims,
    perm.map((axis) => strides[axis] ?? 0),
  );
  return one(pick(source, dims, order));
}

function concat(node: NodeProto, inputs: Inputs) {
  const sources = inputs.filter((input) => input !== undefined);
  const [first] = sources;
  const axis = axisWithin(getInt(node, 'axis') ?? 0, first?.dims.length ?? 0);
  if (!first || axis === undefined || sources.length < inputs.length) return undefined;
  const dims = first.dims.with(
    axis,
    sources.reduce((sum, { dims: own }) => sum + (own[axis] ?? 0), 0),
  );
  // Rows of each in turn, where a row is all from the axis on.
  const rows = elementCount(dims.slice(0, axis));
  const parts: Tensor['data'][] = [];
  for (let row = 0; row < rows; row++) {
    for (const { data } of sources) {
      const length = data.length / rows;
      parts.push(data.subarray(row * length, (row + 1) * length));
    }
  }
  const joined = new (first.data.constructor as new (length: number) => Tensor['data'])(
    elementCount(dims),
  );
  let end = 0;
  for (const part of parts) {
    joined.set(part as never, end);
    end += part.length;
  }
  return one({ type: first.type, dims, data: joined } as Tensor);
}

function gather(node: NodeProto, [source, indices]: Inputs) {
  const axis = axisWithin(getInt(node, 'axis') ?? 0, source?.dims.length ?? 0);
  const wanted = integersOf(indices);
  if (!source || !indices || axis === undefined || !wanted) return undefined;
  const size = source.dims[axis] ?? 0;
  const found = wanted.map((index) => (index < 0 ? index + size : index));
  if (found.some((index) => index < 0 || index >= size)) return undefined;
  const before = source.dims.slice(0, axis);
  const inner = elementCount(source.dims.slice(axis + 1));
  const dims = [...before, ...indices.dims, ...source.dims.slice(axis + 1)];
  const rows = Array.from({ length: elementCount(before) }, (_, row) => row);
  const order = rows.flatMap((row) =>
    found.flatMap((index) => places([inner], [1], (row * size + index) * inner)),
  );
  return one(pick(source, dims, order));
}

function slice(node: NodeProto, inputs: Inputs) {
  const [source, startsInput, endsInput, axesInput, stepsInput] = inputs;
  const starts = integersOf(startsInput) ?? getInts(node, 'starts');
  const ends = integersOf(endsInput) ?? getInts(node, 'ends');
  if (!source || !starts || !ends) return undefined;
  const axes = axesWithin(
    integersOf(axesInput) ?? getInts(node, 'axes') ?? starts.map((_, axis) => axis),
    source.dims.length,
  );
  if (!axes) return undefined;
  const steps = integersOf(stepsInput) ?? starts.map(() => 1);
  const strides = stridesOf(source.dims);
  const dims = [...source.dims];
  let first = 0;
  for (const [index, axis] of axes.entries()) {
    const size = source.dims[axis] ?? 0;
    const stride = strides[axis] ?? 0;
    const step = steps[index] ?? 1;
    const bounds = sliceBounds(starts[index] ?? 0, ends[index] ?? 0, step, size);
    first += bounds.start * stride;
    dims[axis] = bounds.count;
    strides[axis] = stride * step;
  }
  return one(pick(source, dims, places(dims, strides, first)));
}

/** Where a slice starts, and how many elements it has (ONNX operator `Slice`). */
export function sliceBounds(from: number, to: number, step: number, size: number) {
  const within = (place: number, low: number, high: number) =>
    Math.min(Math.max(place < 0 ? place + size : place, low), high);
  const forward = step > 0;
  const start = forward ? within(from, 0, size) : within(from, 0, size - 1);
  const end = forward ? within(to, 0, size) : within(to, -1, size - 1);
  return { start, count: Math.max(0, Math.ceil((end - start) / step)) };
}

function expand(_node: NodeProto, [source, shape]: Inputs) {
  const sizes = integersOf(shape);
  const dims = source && sizes && broadcastDims([source.dims, sizes]);
  return one(dims && stretch(source, dims));
}

export const movement: Readonly<Record<string, Operator>> = {
  Identity: (_node, [source]) => one(source),
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
  Transpose: transpose,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Expand: expand,
};
