import { readFile, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readModelOutline } from '../../dist/onnx/file/outline.js';
import { Model } from '../../dist/onnx/model.js';
import { tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, temporaryFolder } from './helpers.js';

/** 4 MB of ones between small weights, and nodes and names on both sides in the file. */
async function heavyModel(): Promise<string> {
  const size = 1000;
  const path = `${await temporaryFolder()}/heavy.onnx`;
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', size] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', size] }],
    initializers: {
      before: tensor('float32', [2], [1, 2]),
      heavy: tensor('float32', [size, size], new Float32Array(size * size).fill(1)),
      after: tensor('float32', [2], [3, 4]),
    },
    nodes: [{ opType: 'MatMul', inputs: ['x', 'heavy'], outputs: ['y'] }],
  });
  await model.save(path);
  return path;
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

// Not in the public types.
const { loadOutline } = Model as unknown as { loadOutline: typeof Model.load };

describe('the outline of a model', () => {
  test('has everything but large weights', async () => {
    const path = await heavyModel();
    const whole = await Model.load(path);
    const outline = await loadOutline.call(Model, path);
    const heavy = outline.graph.proto.initializer[1]?.rawData as Uint8Array;
    expect(heavy.byteLength).toBe(4e6);
    // What was read ahead of the next field is there.
    expect(heavy.subarray(100_000).every((byte) => byte === 0)).toBe(true);
    heavy.set(whole.graph.proto.initializer[1]?.rawData as Uint8Array);
    expect(same(outline.toBytes(), whole.toBytes())).toBe(true);
  });

  test.each([1, 2000, 4_000_000])('says what Model.load says of a file cut by %i', async (cut) => {
    const path = await heavyModel();
    await truncate(path, (await readFile(path)).byteLength - cut);
    const expected = await errorOf(() => Model.load(path));
    expect(await errorOf(() => loadOutline.call(Model, path))).toEqual(expected);
  });

  test.each([
    ['text', Buffer.from('version https://git-lfs.github.com/spec/v1\n')],
    ['nothing', Buffer.alloc(0)],
    ['a length beyond the end', Buffer.from([0x3a, 0xff, 0xff, 0xff, 0x7f])],
    ['a number without an end', Buffer.alloc(100_000, 0xff)],
  ])('reads %s as it is', async (_, bytes) => {
    const path = `${await temporaryFolder()}/file`;
    await writeFile(path, bytes);
    expect(same(await readModelOutline(path), bytes)).toBe(true);
  });
});
