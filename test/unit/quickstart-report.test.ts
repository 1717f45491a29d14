import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoctorReport } from 'tensorrt-node';
import { describe, expect, test } from 'vitest';
import {
  compare,
  measureLatency,
  predictSideBySide,
  quantile,
} from '../../scripts/quickstart/evaluate.js';
import { writeAtomically } from '../../scripts/quickstart/files.js';
import { speed } from '../../scripts/quickstart/format.js';
import { findGpu } from '../../scripts/quickstart/gpu.js';
import { reportPage } from '../../scripts/quickstart/html.js';
import type { EngineFacts, Report, RuntimeFacts } from '../../scripts/quickstart/report.js';
import { reportTable } from '../../scripts/quickstart/table.js';
import { makeBatches, makeSingles } from '../../scripts/quickstart/tokenize.js';
import { temporaryFolder } from './helpers.js';

describe('the comparison', () => {
  test('counts answers', () => {
    const labels = [1, 1, 1, 1, 0, 0, 0, 0];
    const fp32 = [1, 1, 1, 0, 0, 0, 1, 1];
    const int8 = [1, 1, 0, 1, 0, 0, 0, 1];
    const result = compare(labels, { fp32, int8 });
    expect(result.accuracy).toEqual({ fp32: 5 / 8, int8: 6 / 8 });
    expect(result.answers).toEqual({
      bothRight: 4,
      fp32OnlyRight: 1,
      int8OnlyRight: 2,
      bothWrong: 1,
    });
    expect(result.agreement).toBe(5 / 8);
    expect(result.standardError.fp32).toBeCloseTo(Math.sqrt((5 * 3) / 8 ** 3), 12);
    // The deviation of the paired differences -1, 0 and 1.
    const differences = [0, 0, 1, -1, 0, 0, -1, 0];
    const mean = -1 / 8;
    const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / 8;
    expect(result.standardError.difference).toBeCloseTo(Math.sqrt(variance / 8), 12);
  });

  const encoded = [[7, 7, 7], [8], [9, 9]];

  /** Notes its name in `calls`, and says `favourable` of a text with that first token. */
  const runner = (name: string, favourable: number, calls: string[]) => ({
    infer: async ({
      input_ids,
    }: Record<string, { dims: readonly number[]; data: ArrayLike<unknown> }>) => {
      calls.push(name);
      const [count = 0, length = 0] = input_ids?.dims ?? [];
      const first = Array.from({ length: count }, (_, i) => Number(input_ids?.data[i * length]));
      const data = Float32Array.from(first.flatMap((id) => (id === favourable ? [0, 1] : [1, 0])));
      return { logits: { type: 'float32', dims: [count, 2], data } as const };
    },
  });

  test('gives each answer to its text, and lets the precisions take turns', async () => {
    const calls: string[] = [];
    const progress: number[] = [];
    const runners = { fp32: runner('fp32', 7, calls), int8: runner('int8', 9, calls) };
    const answers = await predictSideBySide(runners, makeBatches(encoded, 2), (done) =>
      progress.push(done),
    );
    expect(answers).toEqual({ fp32: [1, 0, 0], int8: [0, 0, 1] });
    expect(calls).toEqual(['fp32', 'int8', 'int8', 'fp32']);
    expect(progress).toEqual([2, 3]);
  });

  test('does not count calls to warm up', async () => {
    const calls: string[] = [];
    const runners = { fp32: runner('fp32', 7, calls), int8: runner('int8', 9, calls) };
    const latency = await measureLatency(runners, makeSingles(encoded), 1, () => {});
    expect(calls).toHaveLength(6);
    expect([latency.fp32.length, latency.int8.length]).toEqual([2, 2]);
    expect(Math.min(...latency.fp32, ...latency.int8)).toBeGreaterThan(0);
  });

  test('interpolates quantiles', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 20], 0.95)).toBeCloseTo(19.5, 12);
    expect(quantile([3], 0.95)).toBe(3);
  });
});

const facts: RuntimeFacts = {
  runtime: { name: 'Runtime <1>', details: '2.0, CPU' },
  accuracy: { fp32: 0.7681, int8: 0.7643 },
  standardError: { fp32: 0.0084, int8: 0.0085, difference: 0.0041 },
  agreement: 0.9617,
  answers: { bothRight: 1500, fp32OnlyRight: 61, int8OnlyRight: 52, bothWrong: 387 },
  latencyMs: { fp32: { p50: 6.25, p95: 9.5 }, int8: { p50: 5, p95: 7.25 } },
  latencySamplesMs: { fp32: [6, 6.25, 9.5], int8: [4, 5, 7.25] },
};
const engine = (precision: 'fp32' | 'int8', target: string, bytes: number): EngineFacts => {
  const common = { library: 'tensorrt-rtx', version: '1.7.1.116', file: 'x.plan', seconds: 1.375 };
  return { precision, target, bytes, ...common };
};
const gpuZ = { name: 'TensorRT for RTX', details: '1.7.1, GPU Z' };
const report: Report = {
  ...facts,
  created: '2026-11-21T10:00:00.000Z',
  model: 'a model & more',
  parameters: 10,
  samples: 2000,
  texts: { train: 4000, heldIn: 900, calibration: 256, heldOut: 2000, latency: 3 },
  calibration: { method: 'percentile', percentile: 99.999 },
  quantized: { int8: 36, float: 13 },
  modelBytes: { fp32: 90_300_000, int8: 58_600_000 },
  engines: [engine('fp32', 'sm86', 95_100_000), engine('int8', 'sm86', 65_100_000)],
  eventLoopDelayMs: { p99: 1.25, max: 8.5 },
  gpu: null,
  tensorrt: null,
  notMeasured: [{ what: 'Speed on a GPU', why: 'there is none.' }],
  machine: { cpu: 'CPU "X"', cores: 2, node: 'v20', platform: 'linux-x64' },
  seconds: 60,
};

test('a latency is told as faster or slower, never as a share', () => {
  expect(speed(6, 4)).toBe('1.50 times as fast');
  expect(speed(4, 6)).toBe('takes 1.50 times as long');
});

describe('the report', () => {
  const figures = ['76.8 %', '76.4 %', '96.2 %', '6.25', '7.25', '65.1 MB', '−31.5 %', '1.38 s'];

  test('for a terminal has every figure, also where a GPU was measured', () => {
    const text = reportTable(report, false);
    for (const figure of [...figures, '90.3 MB', '58.6 MB', '61', '52'])
      expect(text).toContain(figure);
    expect(text).toContain('accuracy on 2,000 texts');
    expect(text).toContain('−0.38 ± 0.41 points');
    expect(text).toContain('Speed on a GPU: there is none.');
    expect(text).toContain('TensorRT for RTX 1.7.1.116');
    expect(text).not.toContain('\x1b');

    const onGpu = reportTable({ ...report, tensorrt: { ...facts, runtime: gpuZ } }, true);
    expect(onGpu).toContain('GPU Z');
    expect(onGpu).toContain('\x1b');
  });

  test('as a page has the same figures in text or charts, and needs nothing else', () => {
    const page = reportPage(report);
    for (const figure of figures) expect(page).toContain(figure);
    expect(page.match(/<svg/g)).toHaveLength(5);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(["']?http|(src|href)="http/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('Runtime &lt;1&gt; 2.0, CPU');
    expect(page).toContain('a model &amp; more');
  });

  test('as a page has charts of the GPU too', () => {
    const page = reportPage({ ...report, gpu: 'GPU Z', tensorrt: { ...facts, runtime: gpuZ } });
    expect(page.match(/<svg/g)).toHaveLength(8);
  });
});

describe('the GPU', () => {
  const gpu = {
    ordinal: 0,
    name: 'GPU Z',
    computeCapability: '8.9',
    multiprocessors: 142,
    memoryBytes: 1e9,
    servedBy: ['tensorrt-rtx', 'tensorrt'] as const,
  };
  const library = (product: 'tensorrt' | 'tensorrt-rtx', version: string | undefined) =>
    ({
      product,
      version,
      core: 'x',
      kind: 'full' as const,
      plugins: undefined,
      lean: undefined,
      parser: 'y',
      source: '',
      problem: undefined,
    }) as const;
  const machine = (parts: Partial<DoctorReport>) =>
    ({ gpus: [], libraries: [], problems: [], ...parts }) as unknown as DoctorReport;

  test('is null where there is none, with what the doctor says', () => {
    const problems = [{ problem: 'No driver.', remedy: 'Install one.' }];
    expect(findGpu(machine({ problems }))).toEqual({
      name: null,
      target: undefined,
      problem: 'No driver. Install one.',
    });
  });

  test('is built for by TensorRT for RTX as its compute capability', () => {
    const libraries = [library('tensorrt', '11.4.0.1'), library('tensorrt-rtx', '1.7.1.116')];
    expect(findGpu(machine({ gpus: [gpu], libraries })).target).toEqual({
      name: 'sm89',
      options: { targets: ['sm89'] },
    });
  });

  test('is built for by TensorRT where that alone is installed', () => {
    const libraries = [library('tensorrt', '11.4.0.1'), library('tensorrt-rtx', undefined)];
    expect(findGpu(machine({ gpus: [gpu], libraries })).target).toEqual({
      name: 'sm89',
      options: { product: 'tensorrt' },
    });
  });

  test('is named but not built for where nothing installed runs on it', () => {
    const found = findGpu(machine({ gpus: [gpu], libraries: [] }));
    expect(found).toMatchObject({ name: 'GPU Z', target: undefined });
  });
});

describe('a file of the quickstart', () => {
  test('is written with the folders on the way', async () => {
    const folder = await temporaryFolder();
    await writeAtomically(join(folder, 'a', 'b.json'), '{}');
    expect(await readFile(join(folder, 'a', 'b.json'), 'utf8')).toBe('{}');
    expect(await readdir(join(folder, 'a'))).toEqual(['b.json']);
  });

  test('that cannot be written leaves nothing behind', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'report.json');
    await mkdir(file);
    await expect(writeAtomically(file, '{}')).rejects.toMatchObject({ code: 'ERR_FILE', file });
    expect(await readdir(folder)).toEqual(['report.json']);
  });
});
