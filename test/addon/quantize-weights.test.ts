import { expect, test } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import { randomNumbers } from '../unit/quantize-fixtures.js';

const { quantizeWeights } = loadAddon();

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** The definition, written down for one channel. */
function reference(channel: readonly number[]): { values: number[]; scale: number } {
  const scale = Math.fround(Math.max(...channel.map(Math.abs)) / 127);
  const values = channel.map((weight) => roundHalfToEven(Math.fround(weight / scale)) + 0);
  return { values, scale };
}

function randomMatrix(rows: number, columns: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  // Channels of very different ranges on both axes.
  const range = Array.from({ length: rows * columns }, () => 2 ** (random() * 20 - 16));
  return Float32Array.from(range, (scale) => (random() - 0.5) * scale);
}

test.each([
  [16, 32],
  [33, 17],
  [1, 5],
  [7, 1],
  [384, 129],
])('a matrix %i x %i is quantized as defined, on either axis', (rows, columns) => {
  const weights = randomMatrix(rows, columns, rows * 1000 + columns);
  const byColumn = quantizeWeights(weights, rows, columns, 1);
  const byRow = quantizeWeights(weights, 1, rows, columns);

  for (let column = 0; column < columns; column++) {
    const at = Array.from({ length: rows }, (_, row) => row * columns + column);
    const expected = reference(at.map((index) => weights[index] as number));
    expect(byColumn?.scales[column]).toBe(expected.scale);
    expect(at.map((index) => byColumn?.values[index])).toEqual(expected.values);
  }
  for (let row = 0; row < rows; row++) {
    const expected = reference([...weights.subarray(row * columns, (row + 1) * columns)]);
    expect(byRow?.scales[row]).toBe(expected.scale);
    expect([...(byRow?.values.subarray(row * columns, (row + 1) * columns) ?? [])]).toEqual(
      expected.values,
    );
  }
});

test('an axis in the middle', () => {
  const weights = randomMatrix(6, 20, 5);
  const result = quantizeWeights(weights, 3, 10, 4);
  for (let channel = 0; channel < 10; channel++) {
    const at = [0, 1, 2].flatMap((outer) =>
      [0, 1, 2, 3].map((inner) => (outer * 10 + channel) * 4 + inner),
    );
    const expected = reference(at.map((index) => weights[index] as number));
    expect(result?.scales[channel]).toBe(expected.scale);
    expect(at.map((index) => result?.values[index])).toEqual(expected.values);
  }
});

test('ties go to the even neighbour, and values reach from -127 to 127', () => {
  const weights = Float32Array.of(127, -127, 0.5, 1.5, 2.5, -0.5, -1.5, 126.5, 0.49999997);
  const result = quantizeWeights(weights, 1, 1, weights.length);
  expect([...(result?.values ?? [])]).toEqual([127, -127, 0, 2, 2, 0, -2, 126, 0]);
  expect([...(result?.scales ?? [])]).toEqual([1]);
});

test('a channel of zeros, or of numbers too small for a scale, is stored as zeros', () => {
  const weights = Float32Array.of(0, 1, 1e-38, -0, 0.5, -1e-38);
  const result = quantizeWeights(weights, 2, 3, 1);
  const [zero = 0, ordinary = 0, tiny = 0] = result?.scales ?? [];
  expect([...(result?.values ?? [])]).toEqual([0, 127, 0, 0, 64, 0]);
  expect(ordinary).toBe(Math.fround(1 / 127));
  for (const scale of [zero, tiny]) expect(scale).toBeGreaterThanOrEqual(2 ** -14);
});

test.each([Number.NaN, Infinity, -Infinity])(
  'weights with %f are refused, wherever it stands',
  (bad) => {
    for (const index of [0, 17, 63]) {
      const weights = new Float32Array(64).fill(1);
      weights[index] = bad;
      expect(quantizeWeights(weights, 8, 8, 1)).toBeNull();
      expect(quantizeWeights(weights, 1, 8, 8)).toBeNull();
    }
  },
);

test.each([
  [2, 2, 2],
  [2 ** 32, 2 ** 32, 1],
  [0, 4, 1],
  [1.5, 4, 1],
  [-1, -4, 1],
  [Number.NaN, 1, 4],
])('a layout [%f, %f, %f] that does not fit 4 weights is refused', (outer, channels, inner) => {
  expect(() => quantizeWeights(new Float32Array(4), outer, channels, inner)).toThrow(TypeError);
});
