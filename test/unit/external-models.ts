import { writeFile } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
} from 'onnx-buf';
import { expect } from 'vitest';
import type { Model } from '../../dist/onnx/model.js';
import { readInlineWeights, readWeights } from '../../dist/onnx/tensor/weights.js';
import { bytesOf } from '../../dist/tensor.js';
import { linearModel, temporaryFolder } from './helpers.js';

export function weight(model: Model, name: string): TensorProto {
  const found = model.graph.initializer(name);
  if (!found) throw new Error(`no initializer ${name}`);
  return found;
}

export function entries(proto: TensorProto): Record<string, string> {
  return Object.fromEntries(proto.externalData.map(({ key, value }) => [key, value]));
}

/** Lets a tensor lie in an external file, as if an exporter had written it. */
export function makeExternal(proto: TensorProto, values: Record<string, string>): void {
  proto.rawData = new Uint8Array();
  proto.dataLocation = TensorProto_DataLocation.EXTERNAL;
  proto.externalData = Object.entries(values).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
}

/** `w1` and `w2` of this model take 8 KiB each, `b1` and `b2` less than 1 KiB. */
export const mediumModel = () => linearModel({ features: 16, hidden: 128, classes: 16 });

/** Saves `mediumModel` with external data in a new folder. */
export async function savedExternally() {
  const folder = await temporaryFolder();
  const original = mediumModel();
  const path = `${folder}/m.onnx`;
  const saved = await original.save(path, { externalData: 'always' });
  return { folder, path, original, saved, dataPath: `${path}.data` };
}

/** Writes the message of a model as it is, without any check. */
export async function writeProto(path: string, model: Model): Promise<void> {
  await writeFile(path, toBinary(ModelProtoSchema, model.proto));
}

export async function expectSameWeights(model: Model, original: Model): Promise<void> {
  for (const proto of original.graph.proto.initializer) {
    const expected = readInlineWeights(proto);
    const { data, ...rest } = await readWeights(model, weight(model, proto.name));
    expect(rest).toEqual({ type: expected.type, dims: expected.dims });
    // Compared natively: element by element takes seconds for large weights.
    expect(Buffer.compare(bytesOf(data), bytesOf(expected.data)), proto.name).toBe(0);
  }
}
