import {
  bytesOf,
  type DataType,
  elementBytes,
  elementCount,
  type Tensor,
  tensor,
  tensorOver,
} from '../../../tensor.js';

/** The step in the row-major order that each axis takes. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (dims[axis + 1] ?? 1);
  }
  return strides;
}

/**
 * For each element of a result, in row-major order, the place of the element it is made from.
 *
 * @param strides - the step in the source that each axis of the result takes.
 */
export function places(dims: readonly number[], strides: readonly number[], start = 0): number[] {
  return dims.reduce<number[]>(
    (found, size, axis) =>
      found.flatMap((place) =>
        Array.from({ length: size }, (_, index) => place + index * (strides[axis] ?? 0)),
      ),
    [start],
  );
}

/** A tensor of elements of another, in the given order. */
export function pick(source: Tensor, dims: readonly number[], order: readonly number[]): Tensor {
  const size = elementBytes(source.type);
  const from = bytesOf(source.data);
  const bytes = new Uint8Array(order.length * size);
  order.forEach((place, index) => {
    bytes.set(from.subarray(place * size, (place + 1) * size), index * size);
  });
  return tensorOver(source.type, dims, bytes);
}

/** The same elements in other dimensions. */
export function withDims(source: Tensor, dims: readonly number[]): Tensor | undefined {
  if (elementCount(dims) !== elementCount(source.dims)) return undefined;
  return { ...source, dims } as Tensor;
}

/** The dimensions of operands that are stretched to each other's; undefined where they do not fit. */
export function broadcastDims(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map((dims) => dims.length));
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((dims) => dims[axis - rank + dims.length] ?? 1);
    const size = sizes.find((candidate) => candidate !== 1) ?? 1;
    if (sizes.some((candidate) => candidate !== 1 && candidate !== size)) return undefined;
    result.push(size);
  }
  return result;
}

/** Stretches a tensor to dimensions that it fits. */
export function stretch(source: Tensor, dims: readonly number[]): Tensor {
  const offset = dims.length - source.dims.length;
  const own = stridesOf(source.dims);
  const strides = dims.map((_, axis) =>
    (source.dims[axis - offset] ?? 1) === 1 ? 0 : (own[axis - offset] ?? 0),
  );
  return pick(source, dims, places(dims, strides));
}

/** Elements as numbers or, of 64-bit integers, bigints. */
export function elementsOf({ data }: Tensor): (number | bigint)[] {
  return Array.from(data as ArrayLike<number | bigint>);
}

export function integersOf(source: Tensor | undefined): number[] | undefined {
  return source && elementsOf(source).map(Number);
}

export function make(
  type: DataType,
  dims: readonly number[],
  values: readonly (number | bigint)[],
): Tensor {
  return tensor(type, dims, values);
}

/** An axis from 0, where negative ones count from the end; undefined where there is none. */
export function axisWithin(axis: number, rank: number): number | undefined {
  const found = axis < 0 ? axis + rank : axis;
  return found >= 0 && found < rank ? found : undefined;
}

export function axesWithin(axes: readonly number[], rank: number): number[] | undefined {
  const found = axes.map((axis) => axisWithin(axis, rank));
  return found.includes(undefined) ? undefined : (found as number[]);
}
