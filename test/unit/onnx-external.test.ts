import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { TensorProto_DataLocation } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import { Model } from '../../dist/onnx/model.js';
import { readInlineWeights, readWeights } from '../../dist/onnx/tensor/weights.js';
import {
  entries,
  expectSameWeights,
  makeExternal,
  mediumModel,
  savedExternally,
  weight,
  writeProto,
} from './external-models.js';
import { errorOf, linearModel, temporaryFolder } from './helpers.js';

describe('saving with external data', () => {
  test('puts initializers from 1 KiB on into one aligned file', async () => {
    const { folder, path, original, saved, dataPath } = await savedExternally();
    expect(await readdir(folder)).toEqual(['m.onnx', 'm.onnx.data']);
    const bytes = (await stat(path)).size + (await stat(dataPath)).size;
    expect(saved).toEqual({ files: [path, dataPath], bytes });

    const model = await Model.load(path);
    expect(entries(weight(model, 'w1'))).toEqual({
      location: 'm.onnx.data',
      offset: '0',
      length: '8192',
    });
    expect(entries(weight(model, 'w2'))).toEqual({
      location: 'm.onnx.data',
      offset: '8192',
      length: '8192',
    });
    expect(weight(model, 'b1').dataLocation).toBe(TensorProto_DataLocation.DEFAULT);
    await expectSameWeights(model, original);
    expect(model.byteLength()).toBe(model.toBytes().byteLength + 2 * 8192);
  });

  test('aligns offsets to 4096 bytes', async () => {
    const folder = await temporaryFolder();
    const original = linearModel({ features: 7, hidden: 100, classes: 11 });
    await original.save(`${folder}/m.onnx`, { externalData: 'always' });
    const model = await Model.load(`${folder}/m.onnx`);
    expect(entries(weight(model, 'w1'))).toMatchObject({ offset: '0', length: '2800' });
    expect(entries(weight(model, 'w2'))).toMatchObject({ offset: '4096', length: '4400' });
    await expectSameWeights(model, original);
  });

  test('weights longer than one read or write survive, in every direction', async () => {
    const folder = await temporaryFolder();
    const original = linearModel({ features: 2048, hidden: 2500 });
    await original.save(`${folder}/inline.onnx`);
    const inline = await Model.load(`${folder}/inline.onnx`);
    await expectSameWeights(inline, original);
    await inline.save(`${folder}/external.onnx`, { externalData: 'always' });
    const external = await Model.load(`${folder}/external.onnx`);
    await expectSameWeights(external, original);
    await external.save(`${folder}/again.onnx`);
    const [first, last] = await Promise.all(
      ['inline', 'again'].map((name) => readFile(`${folder}/${name}.onnx`)),
    );
    expect(last?.equals(first ?? new Uint8Array())).toBe(true);
  }, 30_000);

  test('weights of zeros keep their length, also at the end of a file', async () => {
    const folder = await temporaryFolder();
    const original = mediumModel();
    weight(original, 'w2').rawData = new Uint8Array(8192);
    await original.save(`${folder}/m.onnx`, { externalData: 'always' });
    const model = await Model.load(`${folder}/m.onnx`);
    await model.save(`${folder}/copy.onnx`, { externalData: 'always' });
    expect((await stat(`${folder}/copy.onnx.data`)).size).toBe(2 * 8192);
    await expectSameWeights(await Model.load(`${folder}/copy.onnx`), original);
  });

  test('writes no second file when all weights are small', async () => {
    const folder = await temporaryFolder();
    const { files } = await linearModel({ features: 4, hidden: 4 }).save(`${folder}/m.onnx`, {
      externalData: 'always',
    });
    expect(files).toEqual([`${folder}/m.onnx`]);
    expect(await readdir(folder)).toEqual(['m.onnx']);
  });

  test('does not touch the model in memory', async () => {
    const { original } = await savedExternally();
    expect(original.toBytes()).toEqual(mediumModel().toBytes());
  });
});

describe('loading with external data', () => {
  test('a loaded model saved inline is the original again, byte for byte', async () => {
    const { folder, path, original } = await savedExternally();
    const model = await Model.load(path);
    await model.save(`${folder}/inline.onnx`);
    expect(new Uint8Array(await readFile(`${folder}/inline.onnx`))).toEqual(original.toBytes());
  });

  test('an offset and a length may be absent; a path may lead into a folder', async () => {
    const folder = await temporaryFolder();
    const original = mediumModel();
    const model = mediumModel();
    await mkdir(`${folder}/weights`);
    await writeFile(`${folder}/weights/w1.bin`, weight(original, 'w1').rawData);
    makeExternal(weight(model, 'w1'), { location: 'weights/w1.bin' });
    await writeProto(`${folder}/m.onnx`, model);
    await expectSameWeights(await Model.load(`${folder}/m.onnx`), original);
  });

  test('fromBytes and fromProto find external data in the given folder', async () => {
    const { folder, path, original } = await savedExternally();
    const bytes = await readFile(path);
    await expectSameWeights(Model.fromBytes(bytes, { directory: folder }), original);
    const { proto } = Model.fromBytes(bytes, { directory: folder });
    await expectSameWeights(Model.fromProto(proto, { directory: folder }), original);
    const error = await errorOf(() => Model.fromBytes(bytes));
    expect(error).toMatchObject({ code: 'ERR_ONNX_EXTERNAL_DATA', tensor: 'w1' });
    expect(String(error)).toContain('{ directory }');
  });

  test('nothing is read at once: a reader in a hurry is told to wait', async () => {
    const { path } = await savedExternally();
    const model = await Model.load(path);
    expect(() => readInlineWeights(weight(model, 'w1'))).toThrow(/readWeights/);
  });

  test('reading is abortable', async () => {
    const { path } = await savedExternally();
    const model = await Model.load(path);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    expect(await errorOf(readWeights(model, weight(model, 'w1'), { signal }))).toBe(reason);
  });
});

describe('bad external data', () => {
  /** The error of loading `mediumModel` after its `w1` got these entries. */
  async function errorWith(values: Record<string, string>): Promise<unknown> {
    const folder = await temporaryFolder();
    await mkdir(`${folder}/model`);
    await writeFile(`${folder}/outside.bin`, new Uint8Array(8192));
    await writeFile(`${folder}/model/short.bin`, new Uint8Array(8000));
    await writeFile(`${folder}/model/right.bin`, new Uint8Array(8192));
    const model = mediumModel();
    makeExternal(weight(model, 'w1'), values);
    await writeProto(`${folder}/model/m.onnx`, model);
    const error = await errorOf(Model.load(`${folder}/model/m.onnx`));
    expect(error).toBeInstanceOf(TensorRTError);
    expect(error).toMatchObject({ code: 'ERR_ONNX_EXTERNAL_DATA', tensor: 'w1' });
    return error;
  }

  test('a missing file is named, with the tensor', async () => {
    const error = await errorWith({ location: 'gone.bin' });
    expect(error).toMatchObject({ file: expect.stringMatching(/gone\.bin$/) });
    expect(String(error)).toMatch(/'.*\/gone\.bin' of tensor 'w1' cannot be read: no such file/);
  });

  test('a file that is too short', async () => {
    expect(String(await errorWith({ location: 'short.bin' }))).toContain(
      "too short: tensor 'w1' needs bytes 0 to 8192, the file has 8000",
    );
    expect(
      String(await errorWith({ location: 'right.bin', offset: '1', length: '8192' })),
    ).toContain('needs bytes 1 to 8193, the file has 8192');
    await errorWith({ location: 'right.bin', offset: '9000' });
  });

  test('a length that does not fit the dims', async () => {
    const error = await errorWith({ location: 'right.bin', length: '4096' });
    expect(String(error)).toContain(
      'dims [16, 128] needs 8192 bytes, but its external data has a length of 4096',
    );
  });

  test.each(['-1', '1e3', '0x10', 'abc', '', '99999999999999999999'])(
    "an offset of '%s'",
    async (offset) => {
      expect(String(await errorWith({ location: 'right.bin', offset }))).toContain(
        `the offset '${offset}'`,
      );
    },
  );

  test('no location', async () => {
    expect(String(await errorWith({ offset: '0' }))).toContain('without a location');
  });

  test.each([
    '../outside.bin',
    'a/../../outside.bin',
    '/etc/hostname',
    'C:\\weights.bin',
    '\\\\host\\share',
    '.',
  ])("the location '%s', outside the folder of the model", async (location) => {
    expect(String(await errorWith({ location }))).toContain(
      `refers to '${location}', outside the folder of the model`,
    );
  });

  test('a folder in place of the file', async () => {
    const folder = await temporaryFolder();
    const model = mediumModel();
    await mkdir(`${folder}/w.bin`);
    makeExternal(weight(model, 'w1'), { location: 'w.bin' });
    await writeProto(`${folder}/m.onnx`, model);
    expect(String(await errorOf(Model.load(`${folder}/m.onnx`)))).toContain(
      'is not a regular file',
    );
  });

  test('a location with dots that stays inside is fine', async () => {
    const { folder, path, original } = await savedExternally();
    const model = await Model.load(path);
    await mkdir(`${folder}/sub`);
    makeExternal(weight(model, 'w1'), {
      location: 'sub/../m.onnx.data',
      offset: '0',
      length: '8192',
    });
    await writeProto(path, model);
    await expectSameWeights(await Model.load(path), original);
  });

  test('a file that was removed after loading', async () => {
    const { path, dataPath } = await savedExternally();
    const model = await Model.load(path);
    await rm(dataPath);
    const error = await errorOf(readWeights(model, weight(model, 'w1')));
    expect(error).toMatchObject({ code: 'ERR_ONNX_EXTERNAL_DATA', file: dataPath });
  });

  test.each([
    ['shortened', (path: string) => truncate(path, 100)],
    ['extended', (path: string) => appendFile(path, 'more')],
    [
      'replaced',
      async (path: string) => {
        await writeFile(`${path}.new`, new Uint8Array(16384));
        await rename(`${path}.new`, path);
      },
    ],
  ])('a file that was %s after loading is not trusted', async (_, change) => {
    const { folder, path, dataPath } = await savedExternally();
    const model = await Model.load(path);
    await change(dataPath);
    const error = await errorOf(readWeights(model, weight(model, 'w1')));
    expect(error).toMatchObject({ code: 'ERR_ONNX_EXTERNAL_DATA', file: dataPath });
    expect(String(error)).toContain('was changed after the model was loaded');
    const saving = await errorOf(model.save(`${folder}/copy.onnx`));
    expect(saving).toMatchObject({ code: 'ERR_ONNX_EXTERNAL_DATA' });
    expect(await readdir(folder)).toEqual(['m.onnx', 'm.onnx.data']);
  });
});
