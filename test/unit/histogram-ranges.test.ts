import { describe, expect, test } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import type { NativeHistogram } from '../../dist/quantize/calibration/native-calibration.js';
import { histogramOf, normal, shuffled, spread } from './histogram-fixtures.js';

const { Histogram } = loadAddon();

/** By its definition, over the values themselves. */
function squaredError(values: readonly number[], amax: number, levels = 127): number {
  const step = amax / levels;
  const errors = values.map((value) => {
    const magnitude = Math.abs(Math.fround(value));
    return (magnitude - Math.min(Math.round(magnitude / step), levels) * step) ** 2;
  });
  return errors.reduce((sum, error) => sum + error, 0) / values.length;
}

const methods: [string, (histogram: NativeHistogram) => number][] = [
  ['entropy', (histogram) => histogram.entropy()],
  ['mse', (histogram) => histogram.mse()],
  ['percentile', (histogram) => histogram.percentile(99.99)],
];

describe.each(methods)('%s', (_, range) => {
  test('of nothing is 0', () => {
    for (const values of [[], [0, 0], [Number.NaN, Infinity]]) {
      expect(range(histogramOf(values))).toBe(0);
    }
  });

  test('never exceeds absmax, and is a positive number', () => {
    for (const values of [
      [1],
      [0, 3.3, 3.3],
      [2 ** -149],
      [2 ** -149, 2 ** -120],
      [1e-30, 2e-30],
      [3.4e38, -1e38],
      [1e-30, 1e30],
      normal(2000, 1),
      spread(2000, 2),
      [...normal(2000, 3), 500],
      [...new Array(5000).fill(0), 1, 2],
    ]) {
      const histogram = histogramOf(values);
      const amax = range(histogram);
      expect(amax).toBeGreaterThan(0);
      expect(amax).toBeLessThanOrEqual(histogram.snapshot().absmax);
    }
  });

  test('of a constant is that constant, within half a bin', () => {
    for (const value of [1, 3.3, 1e-30, 1e30]) {
      const amax = range(histogramOf(new Array(1000).fill(-value)));
      expect(Math.abs(amax / value - 1)).toBeLessThan(2 ** -13);
    }
  });

  test('does not depend on zeros that 100 times as many values hold', () => {
    const values = normal(5000, 4);
    const amax = range(histogramOf(values, new Array(50).fill(0)));
    expect(Math.abs(amax / range(histogramOf(values)) - 1)).toBeLessThan(0.01);
  });

  test('does not depend on order, sign or the power of two of the unit', () => {
    const values = [...normal(5000, 5), 20, -30];
    const amax = range(histogramOf(values));
    expect(range(histogramOf(...shuffled(values, 6).map((value) => [-value])))).toBe(amax);
    expect(range(histogramOf(values.map((value) => value * 2 ** 40)))).toBe(amax * 2 ** 40);
  });
});

test.each(['entropy', 'mse'] as const)(
  '%s clips an outlier of a hundred thousand values',
  (method) => {
    const values = normal(100_000, 7);
    const amax = histogramOf(values, [20])[method]();
    expect(amax).toBeGreaterThan(3);
    // An outlier may cost a few hundred thousandths of its square: mse goes farther than entropy.
    expect(amax).toBeLessThan(method === 'entropy' ? 5 : 15);
  },
);

test('entropy keeps an even distribution whole', () => {
  const values = Array.from({ length: 100_000 }, (_, i) => (i + 0.5) / 100_000);
  expect(histogramOf(values).entropy()).toBeGreaterThan(0.98);
});

describe('the error', () => {
  test('is that of the values where bins are single values', () => {
    // Bins are 1 wide and every value is a centre: the spread within it adds 1/12, as long as no
    // boundary between two levels, here at whole numbers, cuts through a bin.
    const values = [4096.5, 5000.5, 8191.5, 100.5];
    const histogram = histogramOf(values);
    expect(histogram.snapshot().exponent).toBe(0);
    for (const levels of [1, 2, 64, 127]) {
      const amax = 30 * levels;
      const expected = squaredError(values, amax, levels) + 1 / 12;
      expect(histogram.error(amax, levels)).toBeCloseTo(expected, 6);
    }
  });

  test.each([0.001, 0.5, 2, 4, 30, 1000])('with amax %f is that of the values', (amax) => {
    const values = [...normal(20_000, 8), 0, 0, 0, 12];
    const histogram = histogramOf(values);
    const expected = squaredError(values, amax);
    const bin = 2 ** histogram.snapshot().exponent;
    // |x - quantized x| changes by no more than x does, and x lies in its bin.
    const slack = 2 * bin * Math.sqrt(expected) + bin ** 2;
    expect(Math.abs(histogram.error(amax) - expected)).toBeLessThan(
      Math.min(slack, 0.02 * expected),
    );
  });

  test('with 0 is the mean square, and counts zeros as values', () => {
    const values = normal(1000, 9);
    const meanSquare = values.reduce((sum, value) => sum + value ** 2, 0) / 1000;
    expect(histogramOf(values).error(0)).toBeCloseTo(meanSquare, 4);
    const zeros = new Array(3000).fill(0);
    expect(histogramOf(values, zeros).error(0)).toBeCloseTo(meanSquare / 4, 4);
    expect(histogramOf(values, zeros).error(2) * 4).toBeCloseTo(histogramOf(values).error(2), 12);
  });

  test('is least where mse says', () => {
    const histogram = histogramOf(normal(20_000, 10));
    const best = histogram.mse();
    for (const factor of [0.5, 0.8, 0.95, 1.05, 1.2, 2]) {
      expect(histogram.error(best * factor)).toBeGreaterThan(histogram.error(best));
    }
  });

  test('of nothing is 0', () => {
    expect(new Histogram().error(1)).toBe(0);
    expect(histogramOf([0, 0]).error(1)).toBe(0);
    expect(new Histogram().error(0)).toBe(0);
  });

  test('of more levels is smaller', () => {
    const histogram = histogramOf(normal(20_000, 11));
    expect(histogram.error(4, 7)).toBeGreaterThan(100 * histogram.error(4, 127));
    expect(histogram.error(4, 127)).toBe(histogram.error(4));
  });

  test.each([[-1], [Number.NaN], [Infinity], ['4'], [4, 0], [4, 1.5], [4, -7], [4, 65536]])(
    'of %o is refused',
    (amax, levels?: number) => {
      expect(() => histogramOf([1]).error(amax as number, levels)).toThrow(TypeError);
    },
  );
});
