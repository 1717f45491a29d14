import { expect, test } from 'vitest';
import { outputDistance } from '../../dist/quantize/tuning/output-distance.js';
import { type TensorMap, tensor } from '../../dist/tensor.js';
import { errorOf } from './helpers.js';

const of = (...rows: number[][]): TensorMap => ({
  y: tensor('float32', [rows.length, rows[0]?.length ?? 0], rows.flat()),
});

test('the numbers are those computed by hand, over all samples', () => {
  const distance = outputDistance(
    [of([3, 4]), of([0, 0], [1, 2])],
    [of([4, 3]), of([0, 0], [1, 0])],
  );
  // Differences 1, -1, 0, 0, 0, -2; the products 12 + 12 + 1, the lengths sqrt(30) and sqrt(26).
  expect(distance.rmse).toBeCloseTo(1, 12);
  expect(distance.maxError).toBe(2);
  expect(distance.cosine).toBeCloseTo(25 / Math.sqrt(30 * 26), 12);
  expect(distance.agreement).toBeCloseTo(1 / 3, 12);
});

test('batches do not matter', () => {
  const reference = [
    [1, 2],
    [3, 5],
    [-1, 4],
  ];
  const actual = [
    [1, 3],
    [5, 3],
    [-1, 3],
  ];
  const oneByOne = (rows: number[][]) => rows.map((row) => of(row));
  expect(outputDistance(oneByOne(reference), oneByOne(actual))).toEqual(
    outputDistance([of(...reference)], [of(...actual)]),
  );
});

test('half precision counts by value, integers not at all', () => {
  const reference = { h: tensor('float16', [2], Uint16Array.of(0x3c00, 0x4000)) };
  const actual = {
    h: tensor('float16', [2], Uint16Array.of(0x3c00, 0x4200)),
    ids: tensor('int64', [1], [7]),
  };
  const ids = tensor('int64', [1], [9]);
  const { rmse, maxError } = outputDistance([{ ...reference, ids }], [actual]);
  expect([rmse, maxError]).toEqual([Math.sqrt(1 / 2), 1]);
});

test.each([
  ['NaN for a number', [1, 2], [1, Number.NaN], Infinity],
  ['infinity for a number', [1, 2], [Infinity, 2], Infinity],
  ['the other infinity', [-Infinity, 2], [Infinity, 2], Infinity],
  ['the same infinity', [-Infinity, 2], [-Infinity, 2], 0],
  ['NaN in both', [Number.NaN, 2], [Number.NaN, 2], 0],
])('%s', (_, reference, actual, rmse) => {
  expect(outputDistance([of(reference)], [of(actual)])).toMatchObject({ rmse, maxError: rmse });
});

test('a row of NaN agrees with no other', () => {
  const { agreement } = outputDistance([of([1, 2])], [of([Number.NaN, Number.NaN])]);
  expect(agreement).toBe(0);
});

test.each<[string, TensorMap[], TensorMap[], string]>([
  ['as many samples', [of([1])], [], '1 samples and 0 samples'],
  ['the same shape', [of([1, 2])], [of([1])], "float32 [1, 2] and float32 [1, 1] for 'y'"],
  ['the same names', [of([1])], [{}], "float32 [1, 1] and nothing for 'y'"],
  ['a float output', [{ i: tensor('int32', [1], [1]) }], [{}], 'no values of a float type'],
])('outputs need %s', async (_, reference, actual, message) => {
  const error = await errorOf(() => outputDistance(reference, actual));
  expect(error).toMatchObject({ code: 'ERR_CALIBRATION' });
  expect((error as Error).message).toContain(message);
});
