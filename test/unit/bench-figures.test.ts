import { expect, it } from 'vitest';
import { distributionOf, thinned } from '../../dist/bench/distribution.js';
import { warningsOf } from '../../dist/bench/warnings.js';

it('describes numbers by exact percentiles, as NumPy does', () => {
  // Sorted: 1 2 3 4; numpy.percentile([3, 1, 4, 2], [90, 95, 99, 99.9]) = 3.7, 3.85, 3.97, 3.997.
  const found = distributionOf(Float64Array.of(3, 1, 4, 2));
  expect(found).toMatchObject({ count: 4, min: 1, mean: 2.5, median: 2.5, max: 4 });
  expect(found?.p90).toBeCloseTo(3.7, 12);
  expect(found?.p95).toBeCloseTo(3.85, 12);
  expect(found?.p99).toBeCloseTo(3.97, 12);
  expect(found?.p999).toBeCloseTo(3.997, 12);
  // numpy.std([1, 2, 3, 4]) / 2.5 = sqrt(1.25) / 2.5
  expect(found?.variation).toBeCloseTo(0.4472135955, 9);
  expect(distributionOf(Float64Array.of(7))).toMatchObject({ median: 7, p999: 7, variation: 0 });
  expect(distributionOf(Float64Array.of())).toBeUndefined();
});

it('leaves the numbers in their order, and thins them evenly', () => {
  const values = Float64Array.of(5, 3, 9, 1, 7, 2);
  distributionOf(values);
  expect(thinned(values, 6)).toEqual([5, 3, 9, 1, 7, 2]);
  expect(thinned(values, 3)).toEqual([5, 9, 7]);
  const many = Float64Array.from({ length: 25_000 }, (_, index) => index);
  const kept = thinned(many, 10_000);
  expect([kept.length, kept[0], kept[1], kept.at(-1)]).toEqual([10_000, 0, 2, 24_997]);
});

const times = (median: number, variation = 0) => ({
  count: 1000,
  min: median,
  mean: median,
  median,
  p90: median,
  p95: median,
  p99: median,
  p999: median,
  max: median,
  variation,
});

const calm = {
  latency: times(12),
  enqueue: times(8),
  copyIn: times(1),
  compute: times(10, 0.025),
  copyOut: times(1),
  contexts: 1,
  cudaGraphs: false,
  hasContexts: true,
  graphProblems: [],
  load: undefined,
  rate: undefined,
  randomRanges: false,
};

const codes = (change: object) => warningsOf({ ...calm, ...change }).map(({ code }) => code);

it('warns as trtexec does, and not below its limits', () => {
  expect(codes({})).toEqual([]);
  expect(codes({ enqueue: times(8.01) })).toEqual(['enqueue-bound']);
  expect(codes({ copyIn: times(10) })).toEqual(['transfer-bound']);
  expect(codes({ copyOut: times(10) })).toEqual(['transfer-bound']);
  expect(codes({ copyOut: times(9.99) })).toEqual([]);
  expect(codes({ compute: times(10, 0.0251) })).toEqual(['unstable']);
  expect(codes({ contexts: 2 })).toEqual(['several-streams']);
  expect(codes({ contexts: 2, hasContexts: false })).toEqual([]);
  expect(codes({ graphProblems: ['a refusal'] })).toEqual(['no-graph']);
  expect(codes({ latency: { ...times(12), count: 99 } })).toEqual(['few-samples']);
  expect(codes({ randomRanges: true })).toEqual(['random-ranges']);
});

it('says what a warning is about', () => {
  const [bound] = warningsOf({ ...calm, enqueue: times(9), cudaGraphs: true });
  expect(bound?.message).toMatch(/9\.00 ms to launch .* 10\.0 ms.* a larger batch would help/);
  const [slow] = warningsOf({ ...calm, copyOut: times(20) });
  expect(slow?.message).toMatch(/outputs from the GPU takes 20\.0 ms/);
});

it('takes a burst at the end for no overload, and what is never served for one', () => {
  const load = (backlog: number, unserved = 0) => ({
    rate: 100,
    load: { arrivals: 1000, backlog, unserved },
  });
  expect(codes(load(50))).toEqual([]);
  expect(codes(load(51))).toEqual(['overloaded']);
  expect(codes(load(1, 1))).toEqual(['overloaded']);
  const short = { rate: 100, load: { arrivals: 40, backlog: 10, unserved: 0 } };
  expect(codes(short)).toEqual([]);
  const [warning] = warningsOf({ ...calm, ...load(300, 20) });
  expect(warning?.message).toMatch(/300 of 1000 still waited.* 20 were never served/);
});
