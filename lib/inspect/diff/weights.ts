import { toBinary } from '@bufbuild/protobuf';
import { type TensorProto, TensorProtoSchema } from 'onnx-buf';
import { isExternal } from '../../onnx/file/external.js';
import { shallowCopy } from '../../onnx/messages.js';
import type { Model } from '../../onnx/model.js';
import { dimsOf, typeName } from '../values.js';
import type { ChangedWeight, DifferentWeight, ModelDifference } from './difference.js';
import { distanceBetween } from './distance.js';
import { WeightReader } from './weight-reader.js';

/** Compares the initializers of two models by their names, where a renamed one was followed. */
export async function compareWeights(
  before: Model,
  after: Model,
  nameBefore: (name: string) => string,
  signal: AbortSignal | undefined,
): Promise<ModelDifference['weights']> {
  const left = new Map(before.graph.proto.initializer.map((tensor) => [tensor.name, tensor]));
  const added: DifferentWeight[] = [];
  const changed: ChangedWeight[] = [];
  let unchanged = 0;
  for (const tensor of after.graph.proto.initializer) {
    const name = nameBefore(tensor.name);
    const old = left.get(name);
    left.delete(name);
    if (!old) {
      added.push(describe(tensor));
      continue;
    }
    const change = await compareTensors(
      { model: before, tensor: old },
      { model: after, tensor },
      signal,
    );
    if (change) changed.push(change);
    else unchanged++;
  }
  return { unchanged, added, removed: [...left.values()].map(describe), changed };
}

interface Place {
  readonly model: Model;
  readonly tensor: TensorProto;
}

function describe(tensor: TensorProto): DifferentWeight {
  return { name: tensor.name, type: typeName(tensor.dataType), dims: dimsOf(tensor) };
}

/** Undefined where both are the same. */
async function compareTensors(
  before: Place,
  after: Place,
  signal: AbortSignal | undefined,
): Promise<ChangedWeight | undefined> {
  const [a, b] = [describe(before.tensor), describe(after.tensor)];
  const sameDims = `${a.dims}` === `${b.dims}`;
  const change = {
    ...a,
    ...(a.type !== b.type && { newType: b.type }),
    ...(!sameDims && { newDims: b.dims }),
  };
  if (!sameDims) return change;
  const readers = [
    await WeightReader.open(before.model, before.tensor),
    await WeightReader.open(after.model, after.tensor),
  ];
  try {
    const [from, to] = readers;
    if (!from || !to)
      return a.type === b.type && (await sameStored(before, after)) ? undefined : change;
    const values = await distanceBetween(from, to, signal);
    return values && { ...change, values };
  } finally {
    for (const reader of readers) await reader?.close();
  }
}

/** For element types without numbers of their own, such as 4-bit integers and strings. */
async function sameStored(before: Place, after: Place): Promise<boolean> {
  const [a, b] = [await storedBytes(before), await storedBytes(after)];
  return Buffer.compare(a, b) === 0;
}

async function storedBytes({ model, tensor }: Place): Promise<Uint8Array> {
  if (isExternal(tensor)) return model.externalData.locate(tensor).read();
  if (tensor.rawData.byteLength > 0) return tensor.rawData;
  return toBinary(
    TensorProtoSchema,
    Object.assign(shallowCopy(tensor), { name: '', docString: '' }),
  );
}
