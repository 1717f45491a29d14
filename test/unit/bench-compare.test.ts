import { compareReports, type Verdict } from 'tensorrt-node/bench';
import { describe, expect, it } from 'vitest';
import { mean, quantile, ratioInterval } from '../../dist/bench/compare/bootstrap.js';
import { judge } from '../../dist/bench/compare/compare-reports.js';
import { cellOf, latencies, normal, reportOf, resultOf } from './bench-fixtures.js';

const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

/** How often each verdict comes out for pairs of series. */
function verdicts(
  pair: (seed: number) => [readonly number[], readonly number[]],
): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const seed of seeds) {
    const interval = ratioInterval(...pair(seed), quantile(0.5), { resamples: 300 });
    const verdict = judge(interval, 0.05);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  return counts;
}

describe('the verdict', () => {
  it('is same for the same distribution, and hardly ever another', () => {
    expect(verdicts((seed) => [latencies(seed), latencies(seed + 1000)])).toEqual({ same: 40 });
  });

  it('is slower for 10 % more, and faster for 10 % less', () => {
    const more = verdicts((seed) => [latencies(seed), latencies(seed + 1000, { scale: 1.1 })]);
    expect(more.slower).toBeGreaterThan(37);
    const less = verdicts((seed) => [latencies(seed), latencies(seed + 1000, { scale: 0.9 })]);
    expect(less.faster).toBeGreaterThan(37);
  });

  it('raises at most 2.5 % false alarms where the change is just the threshold', () => {
    const counts = verdicts((seed) => [latencies(seed), latencies(seed + 1000, { scale: 1.05 })]);
    expect(counts.slower ?? 0).toBeLessThanOrEqual(3);
    expect(counts.faster).toBeUndefined();
  });

  it('is unclear where noise is larger than what is asked', () => {
    const noisy = { spread: 0.6, count: 100 };
    const counts = verdicts((seed) => [latencies(seed, noisy), latencies(seed + 1000, noisy)]);
    expect(counts.unclear).toBeGreaterThan(30);
    expect((counts.slower ?? 0) + (counts.faster ?? 0)).toBeLessThanOrEqual(3);
  });

  it('raises few false alarms where slow times come in a row', () => {
    const bursts = { spread: 0.1, memory: 0.9 };
    const counts = verdicts((seed) => [latencies(seed, bursts), latencies(seed + 1000, bursts)]);
    expect((counts.slower ?? 0) + (counts.faster ?? 0)).toBeLessThanOrEqual(3);
  });

  it('is unclear with fewer than 20 samples', () => {
    const few = { count: 19 };
    const counts = verdicts((seed) => [latencies(seed, few), latencies(seed, few)]);
    expect(counts).toEqual({ unclear: 40 });
  });
});

describe('the interval', () => {
  it('covers the true ratio about as often as it says, also of dependent series', () => {
    // Of 100 intervals at 95 %, 95 are expected to cover; a block bootstrap of a short dependent
    // series covers less often.
    const covers = (memory: number) => {
      let covered = 0;
      for (let seed = 1; seed <= 100; seed++) {
        const shape = { memory, spread: 0.1, count: 300 };
        const after = latencies(seed + 5000, { ...shape, scale: 1.2 });
        const interval = ratioInterval(latencies(seed, shape), after, quantile(0.5), {
          resamples: 200,
        });
        if (interval && interval.low <= 1.2 && interval.high >= 1.2) covered++;
      }
      return covered / 100;
    };
    expect(covers(0)).toBeGreaterThan(0.83);
    expect(covers(0.8)).toBeGreaterThan(0.79);
  });

  it('is on average as wide as the theory of the mean says', () => {
    // Of n independent samples with the variation v, the ratio of two means has the standard
    // deviation v * sqrt(2 / n), and 95 % lie within 1.96 of them.
    const next = normal(7);
    const series = () => Array.from({ length: 500 }, () => 10 + 0.5 * next());
    const widths = Array.from({ length: 60 }, () => {
      const interval = ratioInterval(series(), series(), mean, { resamples: 200 });
      return (interval?.high ?? 0) - (interval?.low ?? 0);
    });
    const average = widths.reduce((sum, width) => sum + width, 0) / widths.length;
    // Ten blocks know the spread from ten means, which makes it a little too small.
    expect(average / (2 * 1.96 * 0.05 * Math.sqrt(2 / 500))).toBeGreaterThan(0.8);
    expect(average / (2 * 1.96 * 0.05 * Math.sqrt(2 / 500))).toBeLessThan(1.1);
  });

  it('is the same each time', () => {
    const [a, b] = [latencies(1), latencies(2)];
    expect(ratioInterval(a, b, quantile(0.5))).toEqual(ratioInterval(a, b, quantile(0.5)));
    expect(ratioInterval(a, b, quantile(0.5), { seed: 2 })).not.toEqual(
      ratioInterval(a, b, quantile(0.5)),
    );
  });

  it('of a high percentile needs samples beyond it', () => {
    const many = (count: number) => latencies(1, { count });
    expect(ratioInterval(many(999), many(999), quantile(0.99))).toBeUndefined();
    expect(ratioInterval(many(1000), many(1000), quantile(0.99))).toBeDefined();
  });
});

describe('compareReports', () => {
  const [fast, slow] = [latencies(1, { count: 1500 }), latencies(2, { count: 1500, scale: 1.5 })];

  it('gives both figures, their ratio and an interval', () => {
    const { cells } = compareReports(reportOf([cellOf(fast)]), reportOf([cellOf(slow)]));
    const [{ median, p99, throughput }] = cells as [(typeof cells)[0]];
    expect(median.before).toBe(resultOf(fast).latency.median);
    expect(median.after).toBe(resultOf(slow).latency.median);
    for (const change of [median, p99]) {
      expect(change).toMatchObject({ ratio: change.after / change.before, verdict: 'slower' });
      expect(change.interval?.low).toBeLessThan(1.5);
      expect(change.interval?.high).toBeGreaterThan(1.45);
    }
    expect(throughput.verdict).toBe('slower');
    expect(throughput.ratio).toBeCloseTo(1 / 1.5, 1);
  });

  it('matches cells by what they measured, and names those that are in one report only', () => {
    const renamed = { ...cellOf(fast), name: 'another name' };
    const explicit = cellOf(fast, { runtime: 'onnxruntime:cpu', batch: 4 });
    const before = reportOf([cellOf(fast), cellOf(fast, { batch: 4 }), cellOf(fast, { batch: 1 })]);
    const after = reportOf([explicit, renamed, cellOf(fast, { precision: 'int8' })]);
    const compared = compareReports(before, after);
    expect(compared.cells.map(({ name }) => name)).toEqual([explicit.name, 'another name']);
    expect(compared.onlyBefore).toEqual(['1 fp32 onnxruntime']);
    expect(compared.onlyAfter).toEqual(['8 int8 onnxruntime']);
  });

  it('leaves out cells that could not be measured', () => {
    const { result: _, ...cell } = cellOf(fast);
    const failed = { ...cell, problem: 'no GPU' };
    const compared = compareReports(reportOf([cellOf(fast)]), reportOf([failed]));
    expect(compared).toMatchObject({ cells: [], onlyBefore: [cell.name], onlyAfter: [] });
  });

  it('judges no throughput of an open loop, which is the rate of the arrivals', () => {
    const [before, after] = [fast, slow].map((samples) =>
      reportOf([cellOf(samples, { rate: 50 })]),
    );
    const { cells } = compareReports(before as never, after as never);
    expect(cells[0]).toMatchObject({
      verdict: 'slower',
      throughput: { interval: undefined, verdict: 'unclear' },
    });
  });

  it('tells what else differs, and whether that makes figures incomparable', () => {
    const before = reportOf([cellOf(fast)]);
    const method = { ...before.method, durationMs: 10_000, pricePerHour: 3 };
    const versions = { ...before.versions, node: '22.0.0', tensorrt: '11.0' };
    const other = compareReports(before, { ...before, versions });
    expect(other.comparable).toBe(true);
    expect(other.differences).toEqual([
      { of: 'versions', name: 'node', before: '20.19.0', after: '22.0.0' },
      { of: 'versions', name: 'tensorrt', before: undefined, after: '11.0' },
    ]);
    const longer = compareReports(before, { ...before, method });
    expect(longer.comparable).toBe(false);
    expect(longer.differences).toEqual([
      { of: 'method', name: 'durationMs', before: '3000', after: '10000' },
    ]);
    const machine = { ...before.machine, cpu: 'Another' };
    expect(compareReports(before, { ...before, machine }).comparable).toBe(false);
    const model = { ...before.model, sha256: 'cd'.repeat(32), name: 'renamed.onnx' };
    expect(compareReports(before, { ...before, model }).differences).toMatchObject([
      { of: 'model', name: 'sha256' },
    ]);
  });

  it('refuses wrong options', () => {
    const report = reportOf([]);
    expect(() => compareReports(report, report, { threshold: 5 })).toThrow(
      /Expected a share from 0 to below 1 for options.threshold/,
    );
    expect(() => compareReports(report, report, { treshold: 0.1 } as never)).toThrow(TypeError);
  });
});
