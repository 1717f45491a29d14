import { expect, test } from 'vitest';
import type { ValueInfo } from '../../dist/onnx/model.js';
import { checkFeeds } from '../../dist/runtime/feeds.js';
import { type TensorMap, tensor } from '../../dist/tensor.js';
import { errorOf } from './helpers.js';

const inputs: ValueInfo[] = [
  { name: 'ids', type: 'int64', dims: ['batch', 'sequence'] },
  { name: 'image', type: 'float32', dims: [undefined, 3, 4] },
  { name: 'any', type: undefined, dims: undefined },
];

function feeds(changes: Record<string, unknown> = {}): TensorMap {
  return {
    ids: tensor('int64', [2, 3], new BigInt64Array(6)),
    image: tensor('float32', [1, 3, 4], new Float32Array(12)),
    any: tensor('bool', [], [1]),
    ...changes,
  } as TensorMap;
}

test('feeds that fit are accepted', () => {
  checkFeeds(inputs, feeds());
  checkFeeds(inputs, feeds({ image: tensor('float32', [0, 3, 4], []) }));
  checkFeeds([], {});
});

test('dimensions with a name are free, also where inputs share it', () => {
  const shared: ValueInfo[] = [{ name: 'ids', type: 'int64', dims: ['batch', 'batch'] }];
  checkFeeds(shared, { ids: tensor('int64', [2, 7], new BigInt64Array(14)) });
});

test('an input that the model does not have', async () => {
  const error = await errorOf(() => checkFeeds(inputs, feeds({ idz: tensor('int64', [0], []) })));
  expect(error).toMatchObject({ code: 'ERR_FEED', tensor: 'idz' });
  expect((error as Error).message).toBe(
    "Unknown input 'idz' in the feeds: the model has 'ids', 'image', 'any'.",
  );
});

test('an input that is missing', async () => {
  const { ids: _, ...others } = feeds();
  const error = await errorOf(() => checkFeeds(inputs, others, 'sample 7'));
  expect(error).toMatchObject({ code: 'ERR_FEED', tensor: 'ids' });
  expect((error as Error).message).toBe(
    "Expected int64 [batch, sequence] for input 'ids' in sample 7 but it is missing.",
  );
});

test.each([
  ['another type', tensor('float32', [1, 3], [0, 0, 0]), 'float32 [1, 3]'],
  ['another rank', tensor('int64', [3], new BigInt64Array(3)), 'int64 [3]'],
  ['data of another type', { type: 'int64', dims: [1, 1], data: new Int32Array(1) }, 'malformed'],
  ['too little data', { type: 'int64', dims: [1, 2], data: new BigInt64Array(1) }, '2 elements'],
  ['a plain array', { type: 'int64', dims: [1, 1], data: [1] }, 'no { type, dims, data }'],
  ['an unknown type', { type: 'int65', dims: [1], data: new Uint8Array(1) }, "'int65'"],
  ['dims that are none', { type: 'int64', dims: 'x', data: new BigInt64Array(1) }, "'x'"],
  ['undefined', undefined, 'no { type, dims, data }'],
  ['a typed array', new BigInt64Array(6), 'no { type, dims, data }'],
])('%s', async (_, ids, received) => {
  const error = await errorOf(() => checkFeeds(inputs, feeds({ ids }), 'sample 0'));
  expect(error).toMatchObject({ code: 'ERR_FEED', tensor: 'ids' });
  const { message } = error as Error;
  expect(message).toContain("Expected int64 [batch, sequence] for input 'ids' in sample 0");
  expect(message).toContain(received);
});

test('another size where the model fixes it', async () => {
  const image = tensor('float32', [1, 3, 5], new Float32Array(15));
  const error = await errorOf(() => checkFeeds(inputs, feeds({ image })));
  expect((error as Error).message).toBe(
    "Expected float32 [?, 3, 4] for input 'image' in the feeds but received float32 [1, 3, 5].",
  );
});

test.each([null, undefined, 'text', []])('feeds that are no object: %s', (value) => {
  expect(() => checkFeeds(inputs, value as never)).toThrow(TypeError);
});
