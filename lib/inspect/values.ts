import type { TensorProto, TypeProto, ValueInfoProto } from 'onnx-buf';
import { elementTypeName, storedBytes, toDataType } from '../onnx/tensor/element-types.js';
import { fromValueInfoProto } from '../onnx/value-info.js';
import { elementCount } from '../tensor.js';
import type { SummaryValue } from './summary.js';

/** How an element type is called here: as in the API where it has a name there, else as ONNX does. */
export function typeName(elementType: number): string {
  return toDataType(elementType) ?? elementTypeName(elementType).toLowerCase();
}

/** The type of a value: an element type, or what holds one, such as `sequence(float32)`. */
function typeText(type: TypeProto | undefined): string {
  const { value } = type ?? {};
  switch (value?.case) {
    case 'tensorType':
      return value.value.elemType === 0 ? 'unknown' : typeName(value.value.elemType);
    case 'sparseTensorType':
      return `sparse(${typeName(value.value.elemType)})`;
    case 'sequenceType':
      return `sequence(${typeText(value.value.elemType)})`;
    case 'optionalType':
      return `optional(${typeText(value.value.elemType)})`;
    case 'mapType':
      return `map(${typeName(value.value.keyType)}, ${typeText(value.value.valueType)})`;
    default:
      return 'unknown';
  }
}

export function summariseValue(value: ValueInfoProto): SummaryValue {
  const { name, dims } = fromValueInfoProto(value);
  return { name, type: typeText(value.type), dims: dims?.map((dim) => dim ?? null) ?? null };
}

export function dimsOf({ dims }: TensorProto): number[] {
  return dims.map(Number);
}

/** The bytes of the values of a tensor, wherever it keeps them. */
export function tensorBytes(tensor: TensorProto): number {
  return (
    storedBytes(tensor.dataType, elementCount(dimsOf(tensor))) ??
    tensor.stringData.reduce((sum, text) => sum + text.byteLength, 0)
  );
}
