import type { ValueInfo } from '../onnx/value-info.js';
import { type DataType, dataTypes } from '../tensor.js';

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
