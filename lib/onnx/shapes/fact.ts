import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { type Size, sameSize } from './expression.js';

/** An element of a shape tensor; undefined where it is not known. */
export type Value = Size | undefined;

/** What inference knows about a tensor, a sequence or an optional. */
export interface Fact {
  /** An ONNX element type. */
  readonly type: number | undefined;
  /** Unknown sizes are symbols without a name, so that equal ones stay equal. */
  readonly dims: readonly Size[] | undefined;
  /** The elements of a small tensor, row-major. */
  readonly values?: readonly Value[] | undefined;
  /** What a sequence or an optional holds; `type` and `dims` are undefined then. */
  readonly holds?: Content | undefined;
}

export interface Content {
  readonly kind: 'sequence' | 'optional';
  readonly element: Fact;
}

export const unknown: Fact = { type: undefined, dims: undefined };

/** The values of larger tensors are not followed: no shape is computed from them. */
export const maxValues = 1024;

export function fact(
  type: number | undefined,
  dims?: readonly Size[] | undefined,
  values?: readonly Value[] | undefined,
): Fact {
  return values && values.length <= maxValues ? { type, dims, values } : { type, dims };
}

/** The number of elements that a small tensor of known size has. */
export function smallCount(dims: readonly Size[] | undefined): number | undefined {
  let count = 1;
  for (const dim of dims ?? [maxValues + 1]) {
    if (typeof dim !== 'number' || dim < 0) return undefined;
    count *= dim;
  }
  return count <= maxValues ? count : undefined;
}

/**
 * What is true of both: of the branches of an `If`, or of a loop's rounds.
 *
 * @param widen - gives the size that stands for either of two.
 */
export function mergeFacts(a: Fact, b: Fact, widen: (a: Size) => Size): Fact {
  const type = a.type === b.type ? a.type : undefined;
  if (a.holds && a.holds.kind === b.holds?.kind) {
    const element = mergeFacts(a.holds.element, b.holds.element, widen);
    return { ...unknown, holds: { kind: a.holds.kind, element } };
  }
  if (!a.dims || a.dims.length !== b.dims?.length) return { type, dims: undefined };
  const dims = a.dims.map((dim, axis) => {
    const other = b.dims?.[axis] as Size;
    return sameSize(dim, other) ? dim : widen(dim);
  });
  const sameDims = dims.every((dim, axis) => dim === a.dims?.[axis]);
  const values = sameDims ? mergeValues(a.values, b.values) : undefined;
  return { type, dims, values };
}

function mergeValues(a: Fact['values'], b: Fact['values']): Fact['values'] {
  if (!a || !b) return undefined;
  return a.map((value, index) => {
    const other = b[index];
    return value !== undefined && other !== undefined && sameSize(value, other) ? value : undefined;
  });
}

export function sameFact(a: Fact, b: Fact): boolean {
  return (
    a.type === b.type &&
    sameLists(a.dims, b.dims) &&
    sameLists(a.values, b.values) &&
    sameContent(a.holds, b.holds)
  );
}

function sameContent(a: Content | undefined, b: Content | undefined): boolean {
  if (!a || !b) return a === b;
  return a.kind === b.kind && sameFact(a.element, b.element);
}

function sameLists(a: readonly Value[] | undefined, b: readonly Value[] | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.length === b.length &&
    a.every((item, index) => {
      const other = b[index];
      return item === undefined || other === undefined ? item === other : sameSize(item, other);
    })
  );
}

/** Whether a type counts: shape tensors are made of these. */
export function isInteger(type: number | undefined): boolean {
  return type !== undefined && integers.has(type);
}

const integers = new Set<number>([
  ElementType.INT8,
  ElementType.INT16,
  ElementType.INT32,
  ElementType.INT64,
  ElementType.UINT8,
  ElementType.UINT16,
  ElementType.UINT32,
  ElementType.UINT64,
]);
