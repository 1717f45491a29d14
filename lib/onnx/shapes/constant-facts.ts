import {
  TensorProto_DataType as ElementType,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
} from 'onnx-buf';
import { elementCount, type Tensor } from '../../tensor.js';
import { isExternal } from '../file/external.js';
import { forEachTensor } from '../messages.js';
import type { Model } from '../model.js';
import { numbersOf } from '../tensor/numbers.js';
import { readInlineWeights, readWeights } from '../tensor/weights.js';
import { type Fact, fact, isInteger, maxValues } from './fact.js';

/** The small external tensors of a model, read. */
export type Constants = ReadonlyMap<TensorProto, Tensor>;

/** Shapes are also computed from a few floats: the scales of `Resize`, the limits of `Range`. */
const maxFloats = 64;

const floats = new Set<number>([
  ElementType.FLOAT,
  ElementType.DOUBLE,
  ElementType.FLOAT16,
  ElementType.BFLOAT16,
]);

/** Reads the external tensors that shapes may be computed from, and no others. */
export async function readConstants(model: Model, signal?: AbortSignal): Promise<Constants> {
  const external: TensorProto[] = [];
  forEachTensor(ModelProtoSchema, model.proto as ModelProto, (tensor) => {
    if (isExternal(tensor) && isShapeLike(tensor)) external.push(tensor);
  });
  const read = new Map<TensorProto, Tensor>();
  for (const tensor of external) read.set(tensor, await readWeights(model, tensor, { signal }));
  return read;
}

function isShapeLike({ dataType, dims }: TensorProto): boolean {
  const count = elementCount(dims.map(Number));
  if (isInteger(dataType) || dataType === ElementType.BOOL) return count <= maxValues;
  return floats.has(dataType) && count <= maxFloats;
}

/** What is known about a tensor that lies in the model. */
export function constantOf(tensor: TensorProto, constants: Constants): Fact {
  const dims = tensor.dims.map(Number);
  const type = tensor.dataType;
  if (!isShapeLike(tensor) || tensor.segment) return fact(type, dims);
  if (isExternal(tensor) && !constants.has(tensor)) return fact(type, dims);
  return fact(type, dims, numbersOf(constants.get(tensor) ?? readInlineWeights(tensor)));
}
