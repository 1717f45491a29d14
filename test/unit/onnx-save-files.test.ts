import { chmod, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { tensor } from '../../dist/tensor.js';
import {
  entries,
  expectSameWeights,
  makeExternal,
  mediumModel,
  weight,
  writeProto,
} from './external-models.js';
import { buildModel, errorOf, linearModel, temporaryFolder } from './helpers.js';

/** Where the weights of a saved model lie. */
async function places(path: string) {
  const model = await Model.load(path);
  return model.graph.proto.initializer
    .filter(({ externalData }) => externalData.length > 0)
    .map((proto) => ({ name: proto.name, ...entries(proto) }));
}

describe('external data in several files', () => {
  test('one for each tensor', async () => {
    const folder = await temporaryFolder();
    const original = mediumModel();
    const path = `${folder}/m.onnx`;
    const { files, bytes } = await original.save(path, {
      externalData: 'always',
      externalFiles: 'perTensor',
    });
    expect(files).toEqual([path, `${path}.w1.data`, `${path}.w2.data`]);
    expect(bytes).toBe((await stat(path)).size + 2 * 8192);
    expect(await places(path)).toEqual([
      { name: 'w1', location: 'm.onnx.w1.data', offset: '0', length: '8192' },
      { name: 'w2', location: 'm.onnx.w2.data', offset: '0', length: '8192' },
    ]);
    await expectSameWeights(await Model.load(path), original);
  });

  test('names that no file may have are replaced, and stay apart', async () => {
    const folder = await temporaryFolder();
    const value = tensor('float32', [256], new Float32Array(256).fill(1));
    const names = ['a/b', 'a:b', '../up', 'x'.repeat(300)];
    const model = buildModel({
      inputs: [],
      outputs: [{ name: 'y', type: 'float32', dims: [256] }],
      initializers: Object.fromEntries(names.map((name) => [name, value])),
      nodes: [{ opType: 'Sum', inputs: names, outputs: ['y'] }],
    });
    const path = `${folder}/m.onnx`;
    await model.save(path, { externalData: 'always', externalFiles: 'perTensor' });
    expect((await readdir(folder)).sort()).toEqual(
      [
        'm.onnx',
        'm.onnx.a_b.data',
        'm.onnx.a_b.1.data',
        'm.onnx..._up.data',
        `m.onnx.${'x'.repeat(100)}.data`,
      ].sort(),
    );
    await expectSameWeights(await Model.load(path), model);
  });

  test('files of limited size, but no tensor is cut', async () => {
    const folder = await temporaryFolder();
    const dims = { a: 1000, b: 1000, c: 5000, d: 500 };
    const model = buildModel({
      inputs: [],
      outputs: [{ name: 'y', type: 'uint8', dims: undefined }],
      initializers: Object.fromEntries(
        Object.entries(dims).map(([name, size], index) => [
          name,
          tensor('uint8', [size], new Uint8Array(size).fill(index + 1)),
        ]),
      ),
      nodes: [
        { opType: 'Concat', inputs: Object.keys(dims), outputs: ['y'], attributes: { axis: 0 } },
      ],
    });
    const path = `${folder}/m.onnx`;
    const { files } = await model.save(path, {
      externalData: 'always',
      externalFiles: { maxBytes: 5096 },
      externalThreshold: 600,
    });
    expect(files).toEqual([path, `${path}.data`, `${path}.data.1`]);
    expect(await places(path)).toEqual([
      { name: 'a', location: 'm.onnx.data', offset: '0', length: '1000' },
      { name: 'b', location: 'm.onnx.data', offset: '4096', length: '1000' },
      { name: 'c', location: 'm.onnx.data.1', offset: '0', length: '5000' },
    ]);
    await expectSameWeights(await Model.load(path), model);
  });

  test('a threshold of zero leaves only what is empty', async () => {
    const path = `${await temporaryFolder()}/m.onnx`;
    await linearModel().save(path, { externalData: 'always', externalThreshold: 0 });
    expect((await places(path)).map(({ name }) => name)).toEqual(['w1', 'b1', 'w2', 'b2']);
  });

  test('an edited model is saved over its own files, from many to few and back', async () => {
    const folder = await temporaryFolder();
    const original = mediumModel();
    const path = `${folder}/m.onnx`;
    await original.save(path, { externalData: 'always', externalFiles: 'perTensor' });
    const model = await Model.load(path);
    model.graph.rename('w1', 'first');
    model.graph.insertNode('h', { opType: 'Neg' });
    for (const externalFiles of ['one', 'perTensor', { maxBytes: 9000 }, 'perTensor'] as const) {
      await model.save(path, { externalData: 'always', externalFiles });
      const loaded = await Model.load(path);
      expect(loaded.graph.nodes).toHaveLength(5);
      for (const [name, old] of [
        ['first', 'w1'],
        ['w2', 'w2'],
      ] as const) {
        weight(loaded, name).name = old;
      }
      loaded.graph.changed();
      await expectSameWeights(loaded, original);
    }
  });

  test('a file that is replaced while the model refers to it is followed', async () => {
    const folder = await temporaryFolder();
    const original = mediumModel();
    await original.save(`${folder}/m.onnx`, { externalData: 'always' });
    const model = await Model.load(`${folder}/m.onnx`);
    const before = await readFile(`${folder}/m.onnx.data`);
    await model.save(`${folder}/m.onnx`, {
      externalData: 'always',
      externalFiles: { maxBytes: 8192 },
    });
    expect(await readdir(folder)).toEqual(['m.onnx', 'm.onnx.data', 'm.onnx.data.1']);
    expect(
      Buffer.concat([
        await readFile(`${folder}/m.onnx.data`),
        await readFile(`${folder}/m.onnx.data.1`),
      ]),
    ).toEqual(before);
    // In memory the model has followed.
    await rename(`${folder}/m.onnx`, `${folder}/other.onnx`);
    await expectSameWeights(model, original);
  });

  test('a file that is wanted as a whole is copied as it is, and what is new comes behind', async () => {
    const folder = await temporaryFolder();
    const original = mediumModel();
    await original.save(`${folder}/m.onnx`, { externalData: 'always' });
    // Another exporter's layout: the second matrix first, and nothing aligned.
    const [w1, w2] = ['w1', 'w2'].map((name) => weight(original, name).rawData);
    await writeFile(
      `${folder}/m.onnx.data`,
      Buffer.concat([w2 ?? '', Buffer.alloc(4), w1 ?? ''] as Buffer[]),
    );
    const proto = mediumModel();
    makeExternal(weight(proto, 'w2'), { location: 'm.onnx.data', offset: '0', length: '8192' });
    makeExternal(weight(proto, 'w1'), { location: 'm.onnx.data', offset: '8196', length: '8192' });
    await writeProto(`${folder}/m.onnx`, proto);
    await chmod(`${folder}/m.onnx.data`, 0o444);

    const model = await Model.load(`${folder}/m.onnx`);
    const added = tensor('float32', [512], new Float32Array(512).fill(2));
    model.graph.addInitializer('added', added);
    const path = `${folder}/copy.onnx`;
    const { bytes } = await model.save(path, { externalData: 'always' });
    expect(bytes).toBe((await stat(path)).size + (await stat(`${path}.data`)).size);
    expect(await places(path)).toEqual([
      { name: 'w1', location: 'copy.onnx.data', offset: '8196', length: '8192' },
      { name: 'w2', location: 'copy.onnx.data', offset: '0', length: '8192' },
      { name: 'added', location: 'copy.onnx.data', offset: '20480', length: '2048' },
    ]);
    expect((await stat(`${path}.data`)).mode & 0o200).toBe(0o200);
    original.graph.addInitializer('added', added);
    await expectSameWeights(await Model.load(path), original);
  });

  test('wrong options are refused', async () => {
    const model = linearModel();
    const path = `${await temporaryFolder()}/m.onnx`;
    for (const options of [
      { externalFiles: 'many' },
      { externalFiles: { maxBytes: 0 } },
      { externalFiles: { bytes: 1 } },
      { externalThreshold: -1 },
      { externalData: 'some' },
    ]) {
      expect(await errorOf(model.save(path, options as object))).toBeInstanceOf(TypeError);
    }
  });
});
