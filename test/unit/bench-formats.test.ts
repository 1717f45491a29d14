import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { TensorRTError } from 'tensorrt-node';
import { parseBenchReport, readBenchReport, toCsv, toMarkdown } from 'tensorrt-node/bench';
import { describe, expect, it } from 'vitest';
import type { BenchReport } from '../../dist/bench/bench-report.js';
import { figure } from '../../dist/figures.js';
import { cellOf, distributionOf, reportOf, resultOf } from './bench-fixtures.js';
import { errorOf, temporaryFolder } from './helpers.js';

const samples = Array.from({ length: 1000 }, (_, index) => (1000 + index) / 1000);

/** Of everything that a report can hold. */
const full = (): BenchReport => {
  const [first, second] = [cellOf(samples), cellOf(samples, { batch: 4, rate: 12.5 })];
  const result = {
    ...resultOf(samples),
    samplesPerSecond: 5336.9,
    unserved: 2,
    enqueue: distributionOf([0.25, 0.25]),
    memory: { hostPeak: 123_456_789, devicePeak: 2_000_000_000 },
    energy: { joules: 600, watts: 200 },
    cost: { price: 0.834, joules: 600_000 },
    warnings: [{ code: 'unstable' as const, message: 'Times vary, "wildly".' }],
  };
  const failed = { ...cellOf(samples, { runtime: 'tensorrt' }), result: undefined };
  return reportOf([
    { ...first, result, notes: ['2 nodes stay FP32.'] },
    second,
    { ...failed, problem: 'No GPU,\nsays "doctor" | here.' },
  ]);
};

describe('figures', () => {
  it.each([
    [0, '0.0000'],
    [0.00421, '0.0042'],
    [0.98765, '0.9877'],
    [4.2, '4.200'],
    [131.44, '131.4'],
    [999.96, '1000'],
    [12345.6, '12,346'],
  ])('%d is told as %s', (value, text) => expect(figure(value)).toBe(text));
});

describe('toCsv', () => {
  const rows = () => parse(toCsv(full()), { columns: true }) as Record<string, string>[];

  it('is what a reader of RFC 4180 reads, with every digit', () => {
    const [first, second, failed] = rows();
    expect(first).toMatchObject({
      name: '8 fp32 onnxruntime',
      batch: '8',
      rate: '',
      shapes: 'x:8x16',
      inferences: '1000',
      unserved: '2',
      latency_median_ms: '1.499',
      latency_p99_ms: '1.989',
      latency_p999_ms: '1.998',
      latency_max_ms: '1.999',
      enqueue_mean_ms: '0.25',
      h2d_mean_ms: '',
      device_peak_bytes: '2000000000',
      watts: '200',
      price_per_million: '0.834',
      warnings: 'unstable',
      problem: '',
    });
    expect(second).toMatchObject({ batch: '4', rate: '12.5', watts: '' });
    expect(failed).toMatchObject({
      runtime: 'tensorrt',
      problem: 'No GPU,\nsays "doctor" | here.',
      latency_median_ms: '',
    });
  });

  it('ends every line with CRLF, and has the same columns in every report', () => {
    const text = toCsv(full());
    expect(text.endsWith('\r\n')).toBe(true);
    const [head] = text.split('\r\n');
    expect(toCsv(reportOf([]))).toBe(`${head}\r\n`);
    expect(head?.split(',')).toHaveLength(new Set(head?.split(',')).size);
  });
});

describe('toMarkdown', () => {
  const text = toMarkdown(full());
  const lines = text.split('\n');

  it('tells what was measured, where and how', () => {
    expect(lines[0]).toBe('# bert.onnx');
    expect(text).toContain('- Model: 438 MB, SHA-256 `abababababababab`');
    expect(text).toContain('- Machine: A CPU (2 cores), 24.0 GB, Linux');
    expect(text).toContain('3 s and at least 10 inferences after 200 ms of warm-up; 1 context');
  });

  it('tells of how it was measured also what was chosen', () => {
    const chosen = { arrivals: 'even', wait: 'spin', threads: 2, int8: 'float' } as const;
    const report = full();
    expect(toMarkdown({ ...report, method: { ...report.method, ...chosen } })).toContain(
      '; even arrivals; threads spin for the GPU; 2 threads of ONNX Runtime; INT8 by float on rounded values\n',
    );
  });

  it('has a row for every cell, with as many fields as the head', () => {
    const table = lines.filter(
      (line) => line.startsWith('| runtime') || /^\| (onnx|tensor)/.test(line),
    );
    expect(table).toHaveLength(4);
    const fields = table.map((line) => line.replaceAll('\\|', '').split('|').length);
    expect(new Set(fields).size).toBe(1);
    expect(table[0]).toContain('| rate |');
    expect(table[1]).toContain('| 1.499 | 1.899 | 1.989 |');
    expect(table[1]).toMatch(
      /\| 123 MB \| 2\.0 GB \| 200\.0 W \| 0\.8340 \| 600,000 \| cpu \| unstable \|$/,
    );
    expect(table[3]).toContain('No GPU, says "doctor" \\| here.');
  });

  it('has a table of the parts of each cell that was measured', () => {
    expect(text).toContain(
      '| Latency | 1.000 | 1.500 | 1.499 | 1.899 | 1.949 | 1.989 | 1.998 | 1.999 |',
    );
    expect(text).toContain('| Enqueue | 0.2500 |');
    expect(text).toContain('- Times vary, "wildly".');
    expect(text.match(/^## /gm)).toHaveLength(2);
  });
});

describe('readBenchReport', () => {
  it('reads what was written', async () => {
    const path = `${await temporaryFolder()}/bench.json`;
    const text = JSON.stringify(full());
    await writeFile(path, text);
    expect(await readBenchReport(path)).toEqual(JSON.parse(text));
    expect(parseBenchReport(text)).toEqual(JSON.parse(await readFile(path, 'utf8')));
  });

  /** A report in which the value at a path of keys is another. */
  function changed(path: string, value: unknown): string {
    const report = JSON.parse(JSON.stringify(full()));
    const keys = path.split('.');
    const last = keys.pop() as string;
    let place = report;
    for (const key of keys) place = place[key];
    place[last] = value;
    return JSON.stringify(report);
  }

  it.each([
    ['format', 'another', 'its format is "another", not \'tensorrt-node-bench\''],
    ['version', 2, 'its version is 2, and this release reads 1'],
    ['machine', null, 'machine is null, not an object'],
    ['method.iterations', -1, 'method.iterations is -1'],
    ['method.cudaGraphs', 'yes', 'method.cudaGraphs is "yes"'],
    ['cells', {}, 'cells is {}, not a list'],
    ['cells.1.parameters.runtime', 'pytorch', 'cells[1].parameters.runtime is "pytorch"'],
    ['cells.0.shapes', { x: [1.5] }, "cells[0].shapes['x'][0] is 1.5"],
    ['cells.0.result.latency.p99', null, 'cells[0].result.latency.p99 is null'],
    ['cells.0.result.latency', undefined, 'cells[0].result.latency is missing, not an object'],
    ['cells.0.result.samples', [1, 'x'], 'cells[0].result.samples[1] is "x"'],
    ['cells.2.problem', 7, 'cells[2].problem is 7'],
  ])('refuses a report whose %s is %j', (path, value, message) => {
    expect(() => parseBenchReport(changed(path, value), 'old.json')).toThrow(
      `'old.json' is no report of bench: ${message}.`,
    );
  });

  it('takes fields that a later release adds', () => {
    const report = parseBenchReport(changed('cells.0.result.stalls', 3));
    expect(report.cells).toHaveLength(3);
  });

  it('tells of files that are something else', async () => {
    const path = `${await temporaryFolder()}/bench.json`;
    await writeFile(path, '{"format": "tensorrt-node-bench", ');
    const cut = await errorOf(readBenchReport(path));
    expect(cut).toBeInstanceOf(TensorRTError);
    expect(cut).toMatchObject({ code: 'ERR_REPORT', file: path });
    expect(`${cut}`).toMatch(/it is not JSON/);
    await writeFile(path, '[]');
    expect(`${await errorOf(readBenchReport(path))}`).toMatch(/it is not an object/);
    expect(await errorOf(readBenchReport(`${path}.not`))).toMatchObject({ code: 'ERR_FILE' });
  });
});
