import { readdir, readFile, writeFile } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorShapeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { tensor } from '../../dist/tensor.js';
import { errorOf, linearModel, sharedModel, temporaryFolder } from './helpers.js';

const realModel = 'minilm-movie-sentiment.onnx';

/** An encoded model with fields that the generated messages do not know, at two levels. */
function bytesWithUnknownFields(): Uint8Array {
  const { proto } = linearModel();
  proto.$unknown = [{ no: 900, wireType: 2, data: new Uint8Array([2, 8, 9]) }];
  const node = proto.graph?.node[0];
  if (node) node.$unknown = [{ no: 901, wireType: 5, data: new Uint8Array([1, 2, 3, 4]) }];
  return toBinary(ModelProtoSchema, proto);
}

describe('load and save', () => {
  test('an unedited model is written as it was read, unknown fields included', async () => {
    const folder = await temporaryFolder();
    const bytes = bytesWithUnknownFields();
    await writeFile(`${folder}/a.onnx`, bytes);
    const model = await Model.load(`${folder}/a.onnx`);
    const saved = await model.save(`${folder}/b.onnx`);
    expect(saved).toEqual({ files: [`${folder}/b.onnx`], bytes: bytes.byteLength });
    expect(new Uint8Array(await readFile(`${folder}/b.onnx`))).toEqual(bytes);
    expect(model.toBytes()).toEqual(bytes);
    expect(model.byteLength()).toBe(bytes.byteLength);
    expect(model.path).toBe(`${folder}/a.onnx`);
    expect(await readdir(folder)).toEqual(['a.onnx', 'b.onnx']);
  });

  test('saving replaces a file, also the one the model came from', async () => {
    const folder = await temporaryFolder();
    const path = `${folder}/m.onnx`;
    await linearModel({ hidden: 512 }).save(path);
    const model = await Model.load(path);
    model.graph.addInitializer('extra', tensor('float32', [2], [1, 2]));
    await model.save(path);
    const again = await Model.load(path);
    expect(again.graph.initializer('extra')?.dims).toEqual([2n]);
    expect(again.toBytes()).toEqual(model.toBytes());
    expect(await readdir(folder)).toEqual(['m.onnx']);
  });

  test('weights of a loaded model are views of its bytes', () => {
    const bytes = linearModel().toBytes();
    const model = Model.fromBytes(bytes);
    expect(model.graph.initializer('w1')?.rawData.buffer).toBe(bytes.buffer);
  });

  test('a real model written by Python is written back byte for byte', async (context) => {
    const path = sharedModel(realModel);
    if (!path) return context.skip(`${realModel} is not at hand`);
    const folder = await temporaryFolder();
    const model = await Model.load(path);
    await model.save(`${folder}/copy.onnx`);
    const [original, copy] = await Promise.all([readFile(path), readFile(`${folder}/copy.onnx`)]);
    expect(copy.equals(original)).toBe(true);
    expect(model.byteLength()).toBe(original.byteLength);
    expect(model.inputs.map(({ name }) => name)).toContain('input_ids');
  });
});

describe('properties', () => {
  test('inputs and outputs', () => {
    const { inputs, outputs } = linearModel();
    expect(inputs).toEqual([{ name: 'x', type: 'float32', dims: ['batch', 16] }]);
    expect(outputs).toEqual([{ name: 'y', type: 'float32', dims: ['batch', 4] }]);
  });

  test('initializers that old models list as inputs are none', () => {
    const model = linearModel();
    model.graph.proto.input.push(create(ValueInfoProtoSchema, { name: 'w1' }));
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  test('dims that are dynamic without a name are undefined, however they are written', () => {
    const model = linearModel();
    const [input] = model.graph.proto.input;
    if (input?.type?.value.case !== 'tensorType') throw new Error('no tensor');
    input.type.value.value.shape = create(TensorShapeProtoSchema, {
      dim: [
        { value: { case: 'dimValue', value: -1n } },
        { value: { case: 'dimParam', value: '' } },
        {},
        { value: { case: 'dimValue', value: 0n } },
      ],
    });
    expect(model.inputs[0]?.dims).toEqual([undefined, undefined, undefined, 0]);
    delete input.type.value.value.shape;
    expect(model.inputs[0]?.dims).toBeUndefined();
  });

  test('opset and IR version are only ever raised', () => {
    const model = linearModel();
    expect([model.opset, model.irVersion]).toEqual([17, 8]);
    model.setOpset(21, 10);
    expect([model.opset, model.irVersion]).toEqual([21, 10]);
    model.setOpset(19, 9);
    expect([model.opset, model.irVersion]).toEqual([21, 10]);
    expect(() => model.setOpset(0)).toThrow(TypeError);
    expect(() => model.setOpset(1.5)).toThrow(TypeError);
  });

  test('a model without the default domain has opset 0 until one is set', () => {
    const { proto } = linearModel();
    proto.opsetImport = [create(OperatorSetIdProtoSchema, { domain: 'ai.onnx.ml', version: 3n })];
    const model = Model.fromProto(proto);
    expect(model.opset).toBe(0);
    model.setOpset(19);
    expect(model.opset).toBe(19);
    expect(proto.opsetImport).toHaveLength(2);
  });
});

describe('clone', () => {
  test('shares the weights and nothing else', () => {
    const model = linearModel();
    const before = model.toBytes();
    const clone = model.clone();
    expect(clone.toBytes()).toEqual(before);
    expect(clone.graph.initializer('w1')?.rawData).toBe(model.graph.initializer('w1')?.rawData);

    const [first] = clone.graph.nodes;
    if (first) clone.graph.replaceInput(first, 0, 'elsewhere');
    clone.graph.removeInitializer('b2');
    clone.setOpset(25, 13);
    clone.proto.producerName = 'another';
    const weight = clone.graph.initializer('w1');
    weight?.dims.push(1n);
    expect(model.toBytes()).toEqual(before);
    expect(model.graph.initializer('b2')).toBeDefined();
  });

  test('keeps which fields are present, and unknown fields', () => {
    const bytes = bytesWithUnknownFields();
    const clone = Model.fromBytes(bytes).clone();
    expect(clone.toBytes()).toEqual(bytes);
    expect(Object.hasOwn(clone.proto, 'domain')).toBe(false);
    expect(clone.proto.domain).toBe('');
  });
});

describe('wrong arguments', () => {
  test('of load and save reject with a TypeError', async () => {
    const model = linearModel();
    expect(await errorOf(Model.load(1 as never))).toEqual(
      new TypeError('Expected a file name for path but received 1 of type number'),
    );
    expect(await errorOf(Model.load('m.onnx', { singal: 1 } as never))).toBeInstanceOf(TypeError);
    expect(await errorOf(model.save(''))).toBeInstanceOf(TypeError);
    expect(await errorOf(model.save('m.onnx', { externalData: 'yes' as never }))).toEqual(
      new TypeError(
        "Expected one of 'auto', 'always', 'never' for options.externalData but received 'yes' of type string",
      ),
    );
    expect(await errorOf(model.save('m.onnx', { external: 'auto' } as never))).toBeInstanceOf(
      TypeError,
    );
  });

  test('of fromBytes and fromProto throw a TypeError', () => {
    expect(() => Model.fromBytes('bytes' as never)).toThrow(TypeError);
    expect(() => Model.fromBytes(new Uint8Array(1), { folder: '.' } as never)).toThrow(TypeError);
    expect(() => Model.fromProto(linearModel().proto, { dir: '.' } as never)).toThrow(TypeError);
  });
});

test('weights read the same after a round trip', async () => {
  const folder = await temporaryFolder();
  const model = linearModel({ features: 64, hidden: 64 });
  await model.save(`${folder}/m.onnx`);
  const loaded = await Model.load(`${folder}/m.onnx`);
  for (const weight of model.graph.proto.initializer) {
    const other = loaded.graph.initializer(weight.name);
    expect(other && readInlineWeights(other)).toEqual(readInlineWeights(weight));
  }
});
