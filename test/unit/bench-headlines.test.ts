import { describe, expect, it } from 'vitest';
import type { BenchCell } from '../../dist/bench/bench-report.js';
import { driftOf } from '../../dist/bench/html/drift.js';
import { headlinesOf } from '../../dist/bench/html/headlines.js';
import { pageData } from '../../dist/bench/html/page-data.js';
import { cellOf, latencies, reportOf } from './bench-fixtures.js';

/** Cells whose inferences all take the same time. */
const steady = (milliseconds: number, parameters: Partial<BenchCell['parameters']>) =>
  cellOf(new Array<number>(200).fill(milliseconds), parameters);

describe('headlines', () => {
  it('say how many times as fast each precision is, and from what', () => {
    const report = reportOf([
      steady(20, { precision: 'fp32' }),
      steady(8, { precision: 'int8' }),
      steady(25, { precision: 'fp16' }),
      steady(19.9, { precision: 'bf16' }),
    ]);
    expect(headlinesOf(report)).toEqual([
      {
        verdict: 'faster',
        figure: '2.50×',
        claim: 'INT8 is faster than FP32',
        evidence:
          'At batch 8: 125.0 against 50.00 inferences a second, median 8.000 against 20.00 ms.',
        cells: ['8 fp32 onnxruntime', '8 int8 onnxruntime'],
      },
      expect.objectContaining({
        verdict: 'slower',
        figure: '0.80×',
        claim: 'FP16 is slower than FP32',
      }),
      expect.objectContaining({ verdict: 'same', claim: 'BF16 is about as fast as FP32' }),
    ]);
  });

  it('compare cells of the same shape alone, and give the span over shapes', () => {
    const report = reportOf([
      steady(10, { precision: 'fp32', batch: 1 }),
      steady(5, { precision: 'int8', batch: 1 }),
      steady(80, { precision: 'fp32', batch: 8 }),
      steady(10, { precision: 'int8', batch: 8 }),
      steady(1, { precision: 'int8', batch: 64 }),
    ]);
    const [headline, ...others] = headlinesOf(report);
    expect(others).toEqual([]);
    expect(headline?.figure).toBe('4.00×');
    expect(headline?.evidence).toMatch(/^2\.00× \(batch 1\) to 8\.00× \(batch 8\) over 2 shapes\./);
  });

  it('compare runtimes in the same precision', () => {
    const report = reportOf([
      steady(20, { runtime: 'onnxruntime:cpu' }),
      steady(2, { runtime: 'tensorrt' }),
    ]);
    expect(headlinesOf(report)).toMatchObject([
      { figure: '10.0×', claim: 'TensorRT is faster than ONNX Runtime CPU in FP32' },
    ]);
  });

  it('compare with the model as given, where nothing else is there', () => {
    const asGiven = steady(20, { precision: 'fp32' });
    const { precision: _, ...parameters } = asGiven.parameters;
    const report = reportOf([{ ...asGiven, parameters }, steady(10, { precision: 'int8' })]);
    expect(headlinesOf(report)).toMatchObject([
      { claim: 'INT8 is faster than the model as given', figure: '2.00×' },
    ]);
  });

  it('go by the latency in an open loop, whose throughput is what was asked for', () => {
    const at = (milliseconds: number, precision: 'fp32' | 'int8') => {
      const cell = steady(milliseconds, { precision, rate: 10 });
      return { ...cell, result: cell.result && { ...cell.result, inferencesPerSecond: 10 } };
    };
    expect(headlinesOf(reportOf([at(30, 'fp32'), at(10, 'int8')]))).toMatchObject([
      { verdict: 'faster', figure: '3.00×', evidence: expect.not.stringContaining('second') },
    ]);
  });

  it('call nothing faster that noise explains', () => {
    const noisy = (seed: number, scale: number, precision: 'fp32' | 'int8') =>
      cellOf(latencies(seed, { count: 20, spread: 0.5, scale }), { precision });
    const [headline] = headlinesOf(reportOf([noisy(1, 1, 'fp32'), noisy(1, 0.9, 'int8')]));
    expect(headline?.verdict).toBe('same');
    expect(headline?.evidence).toContain('give or take');
  });

  it('are none for a single cell', () => {
    expect(headlinesOf(reportOf([cellOf([1, 2, 3])]))).toEqual([]);
  });
});

describe('drift', () => {
  const flat = new Array<number>(900).fill(10);

  it('is told of a warm-up that was too short', () => {
    expect(driftOf([...new Array<number>(100).fill(15), ...flat])).toMatch(
      /first tenth is 50\.0 % slower .* warm-up/,
    );
  });

  it('is told of latencies that grow or shrink', () => {
    const growing = flat.map((value, index) => value * (1 + index / 900));
    expect(driftOf(growing)).toMatch(/became 36\.\d % slower/);
    expect(driftOf(growing.toReversed())).toMatch(/warm-up was not finished|became .* faster/);
  });

  it('is not told of steady latencies with outliers, nor of a few', () => {
    expect(
      driftOf(flat.map((value, index) => (index % 50 === 0 ? 5 * value : value))),
    ).toBeUndefined();
    expect(driftOf([20, 10, 10, 10])).toBeUndefined();
  });
});

describe('the data of a page', () => {
  it('counts samples where all cells have a batch', () => {
    const cell = cellOf([100, 100], { batch: 8 });
    const result = cell.result && { ...cell.result, samplesPerSecond: 80 };
    const data = pageData(reportOf([{ ...cell, result }]), []);
    expect(data.unit).toBe('samples');
    expect(data.cells[0]?.result).toMatchObject({ throughput: 80 });
    expect(pageData(reportOf([cell]), [])).toMatchObject({ unit: 'inferences' });
  });

  it('thins latencies to what a page can hold, evenly', () => {
    const samples = Array.from({ length: 50_000 }, (_, index) => 1 + index / 50_000);
    const kept = pageData(reportOf([cellOf(samples)]), []).cells[0]?.result?.samples ?? [];
    expect(kept).toHaveLength(5000);
    expect(kept[2500]).toBeCloseTo(1.5, 3);
  });

  it('shows the cells of the first headline first', () => {
    const report = reportOf([
      steady(10, { precision: 'fp32', batch: 1 }),
      steady(80, { precision: 'fp32', batch: 8 }),
      { ...steady(10, { precision: 'fp16', batch: 8 }), result: undefined, problem: 'no GPU' },
      steady(10, { precision: 'int8', batch: 8 }),
    ]);
    expect(pageData(report, headlinesOf(report)).chosen).toEqual([1, 3]);
  });
});
