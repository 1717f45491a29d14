import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import type { NativeHistogram } from '../../dist/quantize/calibration/native-calibration.js';
import { cut, histogramOf, shuffled, spread, stateOf } from '../unit/histogram-fixtures.js';
import { randomNumbers } from '../unit/quantize-fixtures.js';

const { Histogram } = loadAddon();
const bins = 8192;

/** What the histogram must hold, by the definition of its bins. */
function expectedCounts(values: readonly number[], exponent: number): Map<number, bigint> {
  const counts = new Map<number, bigint>();
  for (const value of values) {
    const magnitude = Math.abs(Math.fround(value));
    if (magnitude === 0) continue;
    const bin = Math.floor(magnitude / 2 ** exponent);
    counts.set(bin, (counts.get(bin) ?? 0n) + 1n);
  }
  return counts;
}

function nonEmpty(histogram: NativeHistogram): Map<number, bigint> {
  const { counts } = histogram.snapshot();
  return new Map(
    Array.from(counts, (count, bin) => [bin, count] as const).filter(([, n]) => n > 0n),
  );
}

describe('the counts', () => {
  test('an empty histogram has none', () => {
    const { counts, absmax, finite, zeros, nans, infinities } = new Histogram().snapshot();
    expect({ absmax, finite, zeros, nans, infinities }).toEqual({
      absmax: 0,
      finite: 0,
      zeros: 0,
      nans: 0,
      infinities: 0,
    });
    expect(counts.length).toBe(bins);
    expect(counts.every((count) => count === 0n)).toBe(true);
  });

  test('every value is in the bin that its magnitude belongs to', () => {
    const values = spread(5000, 1);
    const histogram = histogramOf(values);
    const { exponent, finite } = histogram.snapshot();
    expect(nonEmpty(histogram)).toEqual(expectedCounts(values, exponent));
    expect(finite).toBe(5000);
  });

  test('the range is the smallest power of two above the largest value', () => {
    for (const [largest, range] of [
      [1, 2],
      [1.999, 2],
      [2, 4],
      [195, 256],
      [0.3, 0.5],
      [3e38, 2 ** 128],
      [2 ** -100, 2 ** -99],
    ] as const) {
      const { exponent } = histogramOf([-largest, largest / 3]).snapshot();
      expect(bins * 2 ** exponent).toBe(range);
    }
  });

  test('values too small to be told apart share the first bin', () => {
    const smallest = 2 ** -149;
    const histogram = histogramOf([smallest, 2 ** -130]);
    expect(nonEmpty(histogram)).toEqual(new Map([[0, 2n]]));
    expect(histogram.snapshot().absmax).toBe(2 ** -130);
    histogram.collect(Float32Array.of(1), 'float32');
    expect(nonEmpty(histogram)).toEqual(
      new Map([
        [0, 2n],
        [4096, 1n],
      ]),
    );
  });

  test('zeros, NaN and infinities are counted apart', () => {
    const histogram = histogramOf([0, -0, 1, Number.NaN, Infinity, -Infinity, -1, 0]);
    const { absmax, finite, zeros, nans, infinities } = histogram.snapshot();
    expect({ absmax, finite, zeros, nans, infinities }).toEqual({
      absmax: 1,
      finite: 5,
      zeros: 3,
      nans: 1,
      infinities: 2,
    });
    expect(nonEmpty(histogram)).toEqual(new Map([[4096, 2n]]));
  });

  test('non-finite values in the middle of a long batch do not disturb the others', () => {
    const values = spread(3000, 2);
    const spoilt = values.flatMap((value, i) => (i % 7 === 0 ? [value, Number.NaN] : [value]));
    expect(nonEmpty(histogramOf(spoilt))).toEqual(nonEmpty(histogramOf(values)));
  });

  test('half-precision words are read as their values', () => {
    const values = [1, -2, 0.5, 65504, 2 ** -24, -0, 3.140625];
    const words = [0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0x8000, 0x4248];
    const half = new Histogram();
    half.collect(Uint16Array.from([...words, 0x7c00, 0xfe00]), 'float16');
    expect(nonEmpty(half)).toEqual(nonEmpty(histogramOf(values)));
    const { absmax, zeros, nans, infinities } = half.snapshot();
    expect({ absmax, zeros, nans, infinities }).toEqual({
      absmax: 65504,
      zeros: 1,
      nans: 1,
      infinities: 1,
    });

    const brain = new Histogram();
    brain.collect(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x7fc0, 0x8000), 'bfloat16');
    expect(nonEmpty(brain)).toEqual(nonEmpty(histogramOf([1, -2])));
    expect(brain.snapshot()).toMatchObject({ zeros: 1, nans: 1, infinities: 1 });
  });
});

describe('the result does not depend on', () => {
  const values = [...spread(6000, 3), 0, 0, Number.NaN, Infinity];
  const whole = stateOf(histogramOf(values));

  test.each([11, 12, 13, 14, 15])('order and batches (seed %i)', (seed) => {
    expect(stateOf(histogramOf(...cut(shuffled(values, seed), seed)))).toEqual(whole);
  });

  test('ascending or descending order, one value at a time', () => {
    const ascending = [...values].sort((a, b) => Math.abs(a) - Math.abs(b)).map((value) => [value]);
    expect(stateOf(histogramOf(...ascending))).toEqual(whole);
    expect(stateOf(histogramOf(...ascending.reverse()))).toEqual(whole);
  });

  test.each([21, 22, 23])('which parts are merged, in which order (seed %i)', (seed) => {
    const parts = shuffled(cut(values, seed), seed).map((part) => histogramOf(part));
    const merged = new Histogram();
    for (const part of parts) merged.merge(part);
    expect(stateOf(merged)).toEqual(whole);
    const [first, ...others] = parts.reverse() as [NativeHistogram, ...NativeHistogram[]];
    for (const part of others) first.merge(part);
    expect(stateOf(first)).toEqual(whole);
  });

  test('merging an empty histogram', () => {
    const histogram = histogramOf(values);
    histogram.merge(new Histogram());
    expect(stateOf(histogram)).toEqual(whole);
  });
});

describe('rows that are left out', () => {
  test('only kept rows are counted', () => {
    const histogram = new Histogram();
    const keep = Uint8Array.of(1, 1, 0, 0, 2, 0);
    histogram.collect(
      Float32Array.of(1, 2, 3, 4, 100, 100, 100, 100, 5, 6, 100, 100),
      'float32',
      keep,
    );
    expect(stateOf(histogram)).toEqual(stateOf(histogramOf([1, 2, 3, 4, 5, 6])));
  });

  test('all or none', () => {
    const values = Float32Array.of(1, 2, 3);
    const all = new Histogram();
    all.collect(values, 'float32', Uint8Array.of(1, 1, 1));
    expect(stateOf(all)).toEqual(stateOf(histogramOf([1, 2, 3])));
    const none = new Histogram();
    none.collect(values, 'float32', Uint8Array.of(0, 0, 0));
    none.collect(new Float32Array(), 'float32', new Uint8Array());
    expect(stateOf(none)).toEqual(stateOf(new Histogram()));
  });
});

describe('percentile', () => {
  /** The smallest |x| that at least this share does not exceed. */
  function orderStatistic(values: readonly number[], percent: number): number {
    const sorted = values.map((value) => Math.abs(Math.fround(value))).sort((a, b) => a - b);
    return sorted[Math.ceil((percent / 100) * sorted.length) - 1] as number;
  }

  test.each([50, 90, 99, 99.9, 99.99, 100])(
    '%f is within a bin of the sorted values',
    (percent) => {
      for (const seed of [31, 32, 33]) {
        const random = randomNumbers(seed);
        const normal = () =>
          Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
        const values = Array.from({ length: 20_000 }, () => normal() ** 3);
        const histogram = histogramOf(values);
        const width = 2 ** histogram.snapshot().exponent;
        const difference = histogram.percentile(percent) - orderStatistic(values, percent);
        expect(Math.abs(difference)).toBeLessThanOrEqual(width);
      }
    },
  );

  test('it is interpolated within the bin', () => {
    // Four values in the bin [4096, 4097) * 2^-12, so half of them reach to its middle.
    expect(histogramOf([1, 1, 1, 1.0002]).percentile(50)).toBe(1 + 2 ** -13);
  });

  test('it never exceeds absmax, which 100 gives exactly', () => {
    const histogram = histogramOf([1, 1, 1]);
    expect(histogram.percentile(99)).toBe(1);
    expect(histogramOf(spread(1000, 5)).percentile(100)).toBe(
      histogramOf(spread(1000, 5)).snapshot().absmax,
    );
  });

  test('zeros count as values, but never become the range', () => {
    const mostlyZero = [...new Array(999).fill(0), 3];
    expect(histogramOf(mostlyZero).percentile(99)).toBe(3);
    const half = [...new Array(500).fill(0), ...new Array(400).fill(1), ...new Array(100).fill(8)];
    expect(histogramOf(half).percentile(75)).toBeCloseTo(1, 2);
  });

  test('of nothing it is 0', () => {
    expect(new Histogram().percentile(99.99)).toBe(0);
    expect(histogramOf([Number.NaN]).percentile(99.99)).toBe(0);
  });
});

test('what memory safety needs is checked', () => {
  const histogram = new Histogram();
  const unsafe = histogram as unknown as Record<string, (...values: unknown[]) => void>;
  expect(() => unsafe['collect']?.(new Float64Array(4), 'float32')).toThrow(TypeError);
  expect(() => unsafe['collect']?.(new Float32Array(4), 'float16')).toThrow(TypeError);
  expect(() => unsafe['collect']?.([1, 2], 'float32')).toThrow(TypeError);
  expect(() => histogram.collect(new Float32Array(5), 'float32', new Uint8Array(2))).toThrow(
    TypeError,
  );
  expect(() => histogram.collect(new Float32Array(5), 'float32', new Uint8Array(0))).toThrow(
    TypeError,
  );
  expect(() => unsafe['merge']?.({})).toThrow(TypeError);
  expect(() => unsafe['merge']?.(Object.create(Histogram.prototype))).toThrow(TypeError);
  expect(stateOf(histogram)).toEqual(stateOf(new Histogram()));
});

test('worker threads have histograms of their own, at the same time', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('../../dist/native.js', import.meta.url).href)}).then(({ loadAddon }) => {
      const histogram = new (loadAddon().Histogram)();
      histogram.collect(Float32Array.of(3), 'float32');
      parentPort.postMessage(histogram.percentile(100));
    });`;
  for (let round = 0; round < 2; round++) {
    const workers = Array.from({ length: 3 }, () => new Worker(code, { eval: true }));
    const answers = await Promise.all(workers.map((worker) => once(worker, 'message')));
    expect(answers).toEqual([[3], [3], [3]]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  expect(histogramOf([5]).percentile(100)).toBe(5);
});
