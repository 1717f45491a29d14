import { create } from '@bufbuild/protobuf';
import {
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { DataType } from '../tensor.js';
import { toDataType, toElementType } from './tensor/element-types.js';

/** What a model says about a tensor: an input, an output or one in between. */
export interface ValueInfo {
  name: string;
  /** Undefined where the model does not say, or where it is no tensor of a type we can carry. */
  type: DataType | undefined;
  /**
   * Each dimension is a size, the name of a dynamic size, or undefined where it is dynamic without
   * a name. The whole is undefined where even the rank is unknown.
   */
  dims: (number | string | undefined)[] | undefined;
}

export function fromValueInfoProto({ name, type }: ValueInfoProto): ValueInfo {
  if (type?.value.case !== 'tensorType') return { name, type: undefined, dims: undefined };
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }) => {
    if (value.case === 'dimParam') return value.value || undefined;
    // Some exporters write a dynamic size as -1.
    return value.case === 'dimValue' && value.value >= 0n ? Number(value.value) : undefined;
  });
  return { name, type: toDataType(elemType), dims };
}

export function toValueInfoProto({ name, type, dims }: ValueInfo): ValueInfoProto {
  const proto = create(ValueInfoProtoSchema, { name });
  if (type === undefined) return proto;
  const tensorType = create(TypeProto_TensorSchema, { elemType: toElementType(type) });
  if (dims) tensorType.shape = create(TensorShapeProtoSchema, { dim: dims.map(toDimension) });
  proto.type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } });
  return proto;
}

/** States another element type, where a tensor is declared. */
export function setElementType({ type }: ValueInfoProto, elementType: number): void {
  if (type?.value.case === 'tensorType') type.value.value.elemType = elementType;
}

/** A dimension as a model stores it. */
export function toDimension(dim: number | string | undefined) {
  return create(TensorShapeProto_DimensionSchema, {
    value:
      typeof dim === 'number'
        ? { case: 'dimValue', value: BigInt(dim) }
        : typeof dim === 'string'
          ? { case: 'dimParam', value: dim }
          : { case: undefined },
  });
}
