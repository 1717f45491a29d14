import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType, TensorProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { tensor } from '../../dist/tensor.js';
import { makeExternal, writeProto } from './external-models.js';
import { buildModel, errorOf, temporaryFolder } from './helpers.js';

describe('a model over 2 GiB', () => {
  const rows = 35_000;
  const columns = 4096;
  const tensorBytes = rows * columns * 4;
  const names = ['w0', 'w1', 'w2', 'w3'];
  const marks = [0, 12_345_678, rows * columns - 1];

  /** Where each matrix starts. They share their bytes in pairs, so that half of the file is never read. */
  const offsets = [0, 0, 3 * tensorBytes, 3 * tensorBytes];

  const valueAt = (offset: number, mark: number) => Math.fround((offset + mark) / 2 ** 28);

  /** Four matrices of 573 MB in one sparse file; a few values are not zero. */
  async function largeModel(folder: string): Promise<string> {
    const data = await open(`${folder}/large.bin`, 'w');
    await data.truncate(4 * tensorBytes);
    for (const offset of new Set(offsets)) {
      for (const mark of marks) {
        const value = Float32Array.of(valueAt(offset, mark));
        await data.write(new Uint8Array(value.buffer), 0, 4, offset + mark * 4);
      }
    }
    await data.close();
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['batch', rows] }],
      outputs: [{ name: 'sum', type: 'float32', dims: ['batch', columns] }],
      initializers: Object.fromEntries(names.map((name) => [name, tensor('float32', [0], [])])),
      nodes: [
        ...names.map((name) => ({ opType: 'MatMul', inputs: ['x', name], outputs: [`x_${name}`] })),
        { opType: 'Sum', inputs: names.map((name) => `x_${name}`), outputs: ['sum'] },
      ],
    });
    model.graph.proto.initializer = names.map((name, index) => {
      const proto = create(TensorProtoSchema, {
        name,
        dataType: TensorProto_DataType.FLOAT,
        dims: [BigInt(rows), BigInt(columns)],
      });
      makeExternal(proto, {
        location: 'large.bin',
        offset: `${offsets[index]}`,
        length: `${tensorBytes}`,
      });
      return proto;
    });
    await writeProto(`${folder}/large.onnx`, model);
    return `${folder}/large.onnx`;
  }

  test('is loaded, saved and read with little memory', async () => {
    const folder = await temporaryFolder();
    const path = await largeModel(folder);
    const memoryBefore = process.resourceUsage().maxRSS;
    const model = await Model.load(path);
    expect(model.byteLength()).toBe(model.toBytes().byteLength + 4 * tensorBytes);
    expect(model.byteLength()).toBeGreaterThan(2 ** 31);

    const refused = await errorOf(model.save(`${folder}/inline.onnx`, { externalData: 'never' }));
    expect(refused).toMatchObject({ code: 'ERR_ONNX_INVALID', file: `${folder}/inline.onnx` });

    await mkdir(`${folder}/copy`);
    const copyPath = `${folder}/copy/copy.onnx`;
    const { files } = await model.save(copyPath);
    expect(files).toEqual([copyPath, `${copyPath}.data`]);
    expect(await readdir(folder)).toEqual(['copy', 'large.bin', 'large.onnx']);
    await Model.load(copyPath);
    const { blocks } = await stat(`${copyPath}.data`);
    expect(blocks * 512).toBeLessThan(2 ** 30);

    const data = await open(`${copyPath}.data`);
    expect((await data.stat()).size).toBe(4 * tensorBytes);
    for (const [index, offset] of offsets.entries()) {
      for (const mark of marks) {
        const value = new Float32Array(1);
        await data.read(new Uint8Array(value.buffer), 0, 4, index * tensorBytes + mark * 4);
        expect(value[0]).toBe(valueAt(offset, mark));
      }
    }
    await data.close();
    const grownBy = (process.resourceUsage().maxRSS - memoryBefore) * 1024;
    expect(grownBy).toBeLessThan(512 * 1024 * 1024);
  }, 60_000);

  test('is refused by toBytes when its weights are in memory', () => {
    const shared = new Uint8Array(600 * 1024 * 1024);
    const model = buildModel({
      inputs: [{ name: 'x', type: 'uint8', dims: [1] }],
      outputs: [{ name: 'y', type: 'uint8', dims: ['n'] }],
      initializers: Object.fromEntries(
        names.map((name) => [name, tensor('uint8', [shared.byteLength], shared)]),
      ),
      nodes: [
        { opType: 'Concat', inputs: ['x', ...names], outputs: ['y'], attributes: { axis: 0 } },
      ],
    });
    expect(model.byteLength()).toBeGreaterThan(4 * shared.byteLength);
    expect(() => model.toBytes()).toThrow(/more than the 2 GiB .* Write it with save\(\)/);
  });
});
