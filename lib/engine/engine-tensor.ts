import type { NativeProfile, NativeShapeRange, NativeTensor } from '../native.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { type DataType, dataTypes } from '../tensor.js';
import type { Profile, ShapeRange } from './build/profiles.js';

/** An input or output of an engine. */
export interface EngineTensor {
  readonly name: string;
  readonly mode: 'input' | 'output';
  /** A {@link DataType}, or the name of a type that cannot be passed in or out, such as `'fp8'`. */
  readonly type: string;
  /** -1 where the dimension is dynamic. */
  readonly dims: readonly number[];
  /** Shape tensors are read by TensorRT on the host. */
  readonly location: 'device' | 'host';
  /** TensorRT's words for the layout in memory in profile 0: `'Row-major linear FP32 format'`. */
  readonly format: string;
  /** The axis along which elements are packed; undefined for none. */
  readonly vectorizedDim: number | undefined;
  /** Elements in a pack; 1 for none. */
  readonly componentsPerElement: number;
  /** Whether shapes of other tensors depend on the values of this input. */
  readonly shapesOthers: boolean;
  /** The input in whose memory this output is written; undefined for none. */
  readonly aliasOf: string | undefined;
}

export function toEngineTensor(tensor: NativeTensor): EngineTensor {
  return {
    ...tensor,
    vectorizedDim: tensor.vectorizedDim < 0 ? undefined : tensor.vectorizedDim,
    aliasOf: tensor.aliasOf === '' ? undefined : tensor.aliasOf,
  };
}

/** An optimisation profile of an engine, as it would be given to build one. */
export function toProfile({ shapes, values }: NativeProfile): Profile {
  return Object.fromEntries([
    ...shapes.map(({ input, ...range }) => [input, range] as const),
    ...values.map(({ input, ...range }) => [input, { values: range }] as const),
  ]);
}

/** The ranges of shapes in a profile, by input. */
export function shapesOf({ shapes }: NativeProfile): Readonly<Record<string, ShapeRange>> {
  const entry = ({ input, ...range }: NativeShapeRange) => [input, range] as const;
  return Object.fromEntries(shapes.map(entry));
}

export function isDataType(type: string): type is DataType {
  return dataTypes.includes(type as DataType);
}

/** The tensor as a model would declare it. */
export function toValueInfo({ name, type, dims }: EngineTensor): ValueInfo {
  return {
    name,
    type: isDataType(type) ? type : undefined,
    dims: dims.map((dim) => (dim < 0 ? undefined : dim)),
  };
}
