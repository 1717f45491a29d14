import { describe, expect, test } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import type {
  HistogramItem,
  HistogramSnapshot,
} from '../../dist/quantize/calibration/native-calibration.js';
import { cut, histogramOf, normal, shuffled, spread, stateOf } from '../unit/histogram-fixtures.js';

const { Histogram, collectAll } = loadAddon();

describe('a histogram made of a snapshot', () => {
  test.each([
    ['nothing', []],
    ['zeros alone', [0, 0, -0]],
    ['nothing finite', [Number.NaN, Infinity]],
    ['values too small to be told apart', [2 ** -149, 2 ** -140]],
    ['the largest values', [3.4e38, 1]],
    ['many values', [...spread(3000, 1), 0, 0, Number.NaN, -Infinity]],
  ])('has counted the same: %s', (_, values) => {
    const histogram = histogramOf(values);
    expect(stateOf(new Histogram(histogram.snapshot()))).toEqual(stateOf(histogram));
  });

  test('goes on as if it had counted all', () => {
    const values = [...spread(4000, 2), 0, Number.NaN];
    const [first, second] = [values.slice(0, 1500), values.slice(1500)];
    const restored = new Histogram(histogramOf(first).snapshot());
    restored.collect(Float32Array.from(second), 'float32');
    expect(stateOf(restored)).toEqual(stateOf(histogramOf(values)));
  });

  const good = histogramOf([1, 2, 3, -0.5, 0, Number.NaN]).snapshot();
  const countsWith = (change: (counts: BigUint64Array) => void) => {
    const counts = good.counts.slice();
    change(counts);
    return counts;
  };

  test.each<[string, Partial<Record<keyof HistogramSnapshot, unknown>>]>([
    ['too few bins', { counts: good.counts.slice(1) }],
    ['counts that are no BigUint64Array', { counts: [...good.counts] }],
    ['a value more than counted', { finite: good.finite + 1 }],
    ['a value less than counted', { finite: good.finite - 1 }],
    ['more zeros than values', { zeros: good.finite + 1 }],
    ['a negative number', { nans: -1 }],
    ['half a value', { infinities: 0.5 }],
    ['no number', { zeros: '1' }],
    ['NaN', { finite: Number.NaN }],
    ['another width of the bins', { exponent: good.exponent + 1 }],
    ['an exponent that is none', { exponent: 0.5 }],
    ['an exponent beyond all', { exponent: 1e300 }],
    ['an absmax outside the last bin', { absmax: 2 }],
    ['no absmax', { absmax: 0 }],
    ['an absmax that no float32 has', { absmax: 3.0000000001 }],
    ['an infinite absmax', { absmax: Infinity }],
    ['a value beyond absmax', { counts: countsWith((counts) => counts.set([1n], 8191)) }],
    ['counts that wrap around', { counts: countsWith((counts) => counts.fill(2n ** 63n, 0, 2)) }],
  ])('must not contradict itself: %s', (_, change) => {
    const damaged = { ...good, ...change } as HistogramSnapshot;
    expect(() => new Histogram(damaged)).toThrow(TypeError);
  });

  test.each([null, 5, 'snapshot', {}])('%o is no snapshot', (value) => {
    expect(() => new Histogram(value as unknown as HistogramSnapshot)).toThrow(TypeError);
  });
});

describe('collectAll', () => {
  /** Larger than what one thread counts in one go. */
  const large = Float32Array.from([...normal(70_001, 3), Number.NaN, 0]);
  const huge = new Float32Array(large.length * 9);
  for (let i = 0; i < 9; i++) huge.set(large, i * large.length);

  function itemsOf(count: number): HistogramItem[] {
    return Array.from({ length: count }, (_, index) => ({
      histogram: new Histogram(),
      data: Float32Array.from(spread(100 * (index + 1), index)),
      type: 'float32',
    }));
  }

  test.each([1, 2, 3, 8, undefined])('counts as collect does, on %s threads', (threads) => {
    const items = [
      ...itemsOf(12),
      { histogram: new Histogram(), data: huge, type: 'float32' as const },
    ];
    collectAll(items, threads);
    for (const { histogram, data, type } of items) {
      const alone = new Histogram();
      alone.collect(data, type);
      expect(stateOf(histogram)).toEqual(stateOf(alone));
    }
  });

  test('adds to what was counted before, several tensors to one histogram', () => {
    const values = [...spread(6000, 4), 0, Number.NaN];
    const histogram = histogramOf([300]);
    const items = cut(shuffled(values, 5), 6).map(
      (part) => ({ histogram, data: Float32Array.from(part), type: 'float32' }) as const,
    );
    collectAll([...items, { histogram, data: huge, type: 'float32' }], 4);
    expect(stateOf(histogram)).toEqual(stateOf(histogramOf([300], values, huge)));
  });

  test('leaves out rows, in large tensors too', () => {
    const rows = 997;
    const width = Math.floor(huge.length / rows);
    const data = huge.subarray(0, rows * width);
    const keep = Uint8Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 1 : 0));
    const [together, alone] = [new Histogram(), new Histogram()];
    collectAll([{ histogram: together, data, type: 'float32', keep }], 3);
    alone.collect(data, 'float32', keep);
    expect(stateOf(together)).toEqual(stateOf(alone));
    expect(together.snapshot().finite).toBeLessThan(data.length / 2);
  });

  test('reads half precision, and nothing', () => {
    const half = new Histogram();
    const brain = new Histogram();
    const none = new Histogram();
    collectAll([
      { histogram: half, data: Uint16Array.of(0x3c00, 0xc000), type: 'float16' },
      { histogram: brain, data: Uint16Array.of(0x3f80, 0xc000), type: 'bfloat16' },
      { histogram: none, data: new Float32Array(), type: 'float32', keep: new Uint8Array() },
    ]);
    expect(stateOf(half)).toEqual(stateOf(histogramOf([1, -2])));
    expect(stateOf(brain)).toEqual(stateOf(histogramOf([1, -2])));
    expect(stateOf(none)).toEqual(stateOf(new Histogram()));
    expect(() => collectAll([])).not.toThrow();
  });

  test('counts nothing when an item is wrong', () => {
    const histogram = new Histogram();
    const good = { histogram, data: Float32Array.of(1), type: 'float32' } as const;
    for (const bad of [
      {},
      null,
      { ...good, histogram: {} },
      { ...good, type: 'float16' },
      { ...good, type: 'float64' },
      { ...good, keep: new Uint8Array(2) },
      { ...good, keep: new Uint8Array() },
      { ...good, keep: [1] },
    ]) {
      expect(() => collectAll([good, bad as HistogramItem])).toThrow(TypeError);
    }
    expect(() => collectAll({} as HistogramItem[])).toThrow(TypeError);
    for (const threads of [0, -1, 1.5, Number.NaN]) {
      expect(() => collectAll([good], threads)).toThrow(TypeError);
    }
    expect(stateOf(histogram)).toEqual(stateOf(new Histogram()));
  });
});
