import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { getAttribute } from '../../attributes.js';
import { constantValue } from '../../tensor/constants.js';
import { maximum } from '../bounds.js';
import { ceilDivide } from '../division.js';
import { add, product, type Size, subtract } from '../expression.js';
import { fact, isInteger, maxValues, smallCount } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';

const shape: Rule = (n) => {
  const dims = n.dims(0);
  if (!dims) return [fact(ElementType.INT64, [n.fresh()])];
  const clamp = (axis: number) =>
    Math.min(Math.max(axis < 0 ? axis + dims.length : axis, 0), dims.length);
  const part = dims.slice(clamp(n.int('start', 0)), clamp(n.int('end', dims.length)));
  return [fact(ElementType.INT64, [part.length], part)];
};

const size: Rule = (n) => {
  const dims = n.dims(0);
  return [fact(ElementType.INT64, [], dims && [product(dims)])];
};

/** The dimensions that a tensor of sizes stands for, also where only their number is known. */
export function dimsFromValues(n: NodeView, index: number): readonly Size[] | undefined {
  const { values, dims } = n.input(index);
  if (values) return values.map((value) => value ?? n.fresh());
  const rank = dims?.length === 1 ? dims[0] : undefined;
  return typeof rank === 'number' ? n.freshDims(rank) : undefined;
}

const constantOfShape: Rule = (n) => {
  const value = getAttribute(n.node, 'value')?.t;
  const { type, values } = value ? n.constant(value) : fact(ElementType.FLOAT, [1], [0]);
  const dims = dimsFromValues(n, 0);
  const count = smallCount(dims);
  const filled =
    count !== undefined && values?.length === 1
      ? new Array<Size | undefined>(count).fill(values[0])
      : undefined;
  return [fact(type, dims, filled)];
};

const range: Rule = (n) => {
  const type = n.type(0) ?? n.type(1) ?? n.type(2);
  // The step may be absent in the form of ONNX Runtime.
  const [start, limit, delta] = [n.scalar(0), n.scalar(1), n.has(2) ? n.scalar(2) : 1];
  if (start === undefined || limit === undefined || typeof delta !== 'number' || delta === 0) {
    return [fact(type, [n.fresh()])];
  }
  const count = rangeCount(start, limit, delta);
  if (count === undefined) return [fact(type, [n.fresh()])];
  const values =
    typeof count === 'number' && count <= maxValues && isInteger(type)
      ? Array.from({ length: count }, (_, index) => add(start, index * delta))
      : undefined;
  return [fact(type, [count], values)];
};

function rangeCount(start: Size, limit: Size, delta: number): Size | undefined {
  if (typeof start === 'number' && typeof limit === 'number') {
    return Math.max(0, Math.ceil((limit - start) / delta));
  }
  if (!Number.isInteger(delta)) return undefined;
  const distance = delta > 0 ? subtract(limit, start) : subtract(start, limit);
  // A polynomial that may be negative makes an empty range then.
  return maximum(ceilDivide(distance, Math.abs(delta)), 0);
}

const constant: Rule = (n) => {
  const tensor = constantValue(n.node);
  if (tensor) return [n.constant(tensor)];
  const text = (name: string) => getAttribute(n.node, name);
  if (text('value_string')) return [fact(ElementType.STRING, [])];
  const strings = text('value_strings');
  if (strings) return [fact(ElementType.STRING, [strings.strings.length])];
  const sparse = text('sparse_value')?.sparseTensor;
  return [sparse ? fact(sparse.values?.dataType, sparse.dims.map(Number)) : undefined];
};

/** Random numbers and windows: the type and the shape are attributes. */
const random: Rule = (n) => [fact(n.int('dtype', ElementType.FLOAT), n.ints('shape'))];

const window: Rule = (n) => {
  const count = n.scalar(0);
  return [fact(n.int('output_datatype', ElementType.FLOAT), [count ?? n.fresh()])];
};

const eyeLike: Rule = (n) => [fact(n.int('dtype') ?? n.type(0), n.dims(0))];

export const shapeTensors: Rules = {
  BlackmanWindow: window,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  EyeLike: eyeLike,
  HammingWindow: window,
  HannWindow: window,
  Multinomial: (n) => [
    fact(n.int('dtype', ElementType.INT32), [n.dims(0)?.[0] ?? n.fresh(), n.int('sample_size', 1)]),
  ],
  RandomNormal: random,
  RandomUniform: random,
  Range: range,
  Shape: shape,
  Size: size,
};
