import { join } from 'node:path';
import { bench } from 'tensorrt-node/bench';
import { expect, it } from 'vitest';
import { buildModel, errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';

// What bench tells of cells that run on ONNX Runtime, and of those that cannot run.

const short = { warmupMs: 1, durationMs: 20, runtimes: ['onnxruntime'] } as const;

it('measures every combination, and says of each what it is', async () => {
  const model = linearModel();
  const report = await bench(model, {
    ...short,
    batches: [1, 3],
    precisions: ['fp32', 'int8'],
    pricePerHour: 36,
  });
  expect(report).toMatchObject({
    format: 'tensorrt-node-bench',
    version: 1,
    model: { name: 'test' },
    method: { warmupMs: 1, durationMs: 20, iterations: 10, concurrency: 1, inputs: 'random' },
  });
  expect(report.model.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(Object.keys(report.versions)).toEqual(['tensorrt-node', 'node', 'onnxruntime']);
  expect(report.cells.map(({ name }) => name)).toEqual([
    '1 fp32 onnxruntime:cpu',
    '1 int8 onnxruntime:cpu',
    '3 fp32 onnxruntime:cpu',
    '3 int8 onnxruntime:cpu',
  ]);
  const last = report.cells[3];
  expect(last).toMatchObject({
    parameters: { runtime: 'onnxruntime:cpu', precision: 'int8', batch: 3 },
    shapes: { x: [3, 16] },
    // 3 rows by 16 x 32 and by 32 x 4, two operations each.
    work: { flops: 2 * 3 * (16 * 32 + 32 * 4) },
  });
  expect(last?.notes?.[0]).toMatch(/random inputs/);
  for (const { result } of report.cells) {
    expect(result).toMatchObject({ provider: 'cpu', failures: 0 });
    const { inferences, latency, compute, samples, wallMs } = result as NonNullable<typeof result>;
    expect(inferences).toBeGreaterThanOrEqual(10);
    expect([latency.count, samples.length, compute?.count]).toEqual(Array(3).fill(inferences));
    expect(result?.inferencesPerSecond).toBeCloseTo((inferences / wallMs) * 1000, 6);
    // 36 an hour are a hundredth a second.
    expect(result?.cost?.price).toBeCloseTo((0.01 / (result?.samplesPerSecond ?? 0)) * 1e6, 6);
    // The parts cannot be more than the whole.
    expect((compute?.mean ?? 0) <= latency.mean).toBe(true);
    expect(wallMs).toBeGreaterThanOrEqual(latency.max);
  }
  expect(last?.result?.samplesPerSecond).toBe(3 * (last?.result?.inferencesPerSecond ?? 0));
  const codes = report.cells.map(({ result }) =>
    result?.warnings.some(({ code }) => code === 'random-ranges'),
  );
  expect(codes).toEqual([false, true, false, true]);
});

it('takes a file, samples and rates, and tells how far it is', async () => {
  const path = join(await temporaryFolder(), 'linear.onnx');
  await linearModel().save(path);
  const seen: { cell: number; cells: number; name: string; phase: string }[] = [];
  const report = await bench(path, {
    ...short,
    rates: [500],
    arrivals: 'even',
    samples: [{ x: randomTensor([2, 16]) }, { x: randomTensor([5, 16]) }],
    onProgress: (progress) => seen.push(progress),
  });
  expect(report.model.name).toBe('linear.onnx');
  expect(report.method).toMatchObject({ inputs: 'samples', arrivals: 'even', wait: 'block' });
  const [cell] = report.cells;
  expect(cell).toMatchObject({ name: '2 onnxruntime:cpu 500/s', shapes: { x: [2, 16] } });
  const { inferences = 0, unserved = 0, queue } = cell?.result ?? {};
  // 500 a second for 20 ms; a machine that stands still meanwhile may not serve all.
  expect(inferences + unserved).toBe(10);
  expect(queue?.count).toBe(inferences);
  const phases = seen.map(({ phase }) => phase);
  expect([...new Set(phases)]).toEqual(['prepare', 'load', 'warm up', 'measure']);
  expect(seen[0]).toMatchObject({ cell: 1, cells: 1, name: '2 onnxruntime:cpu 500/s' });
});

it('says why a cell was not measured, and measures the others', async () => {
  process.env['TENSORRT_NODE_LIBCUDA'] = '/nowhere/libcuda.so.1';
  const report = await bench(linearModel({ batch: 2 }), {
    ...short,
    runtimes: ['tensorrt', 'onnxruntime:cpu'],
    batches: [2, 4],
  });
  expect(report.cells.map(({ name, result }) => [name, result !== undefined])).toEqual([
    ['2 tensorrt', false],
    ['2 onnxruntime:cpu', true],
    ['4 tensorrt', false],
    ['4 onnxruntime:cpu', false],
  ]);
  expect(report.cells[0]?.problem).toMatch(/\/nowhere\/libcuda.so.1.*ERR_NO_GPU/);
  expect(report.cells[3]?.problem).toMatch(/'x' \[2, 16\] cannot be run with batch 4/);
});

it('says what a runtime said of a model it does not take', async () => {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [1] }],
    outputs: [{ name: 'y', type: 'float32', dims: [1] }],
    nodes: [{ opType: 'Unheard', inputs: ['x'], outputs: ['y'] }],
  });
  const { cells } = await bench(model, short);
  expect(cells[0]?.problem).toMatch(/ONNX Runtime cannot load the model.*Unheard/);
});

it('ends with the reason of its signal, whatever it is at', async () => {
  const reason = new Error('enough');
  expect(await errorOf(bench(linearModel(), { ...short, signal: AbortSignal.abort(reason) }))).toBe(
    reason,
  );
  const later = new AbortController();
  const running = bench(linearModel(), {
    ...short,
    durationMs: 60_000,
    signal: later.signal,
    onProgress: ({ phase }) => phase === 'measure' && later.abort(reason),
  });
  expect(await errorOf(running)).toBe(reason);
});

it('refuses options that make no sense', async () => {
  const model = linearModel();
  const samples = [{ x: randomTensor([2, 16]) }];
  const wrong = [
    { oops: 1 },
    { runtimes: [] },
    { runtimes: ['tensorflow'] },
    { precisions: ['int9'] },
    { batches: [0] },
    { lengths: [1.5] },
    { rates: [0] },
    { arrivals: 'odd' },
    { durationMs: -1 },
    { iterations: 0 },
    { concurrency: 0 },
    { wait: 'sleep' },
    { pricePerHour: Number.NaN },
    { samples, batches: [2] },
    { samples: [] },
  ];
  for (const options of wrong) {
    expect(await errorOf(bench(model, options as object)), JSON.stringify(options)).toBeInstanceOf(
      TypeError,
    );
  }
  expect(await errorOf(bench(3 as unknown as string))).toBeInstanceOf(TypeError);
  expect(await errorOf(bench('/nowhere.onnx'))).toMatchObject({ code: 'ERR_FILE' });
  expect(await errorOf(bench('/nowhere.plan'))).toMatchObject({ code: 'ERR_FILE' });
  const neither = await errorOf(bench(join(import.meta.dirname, 'bench.test.ts')));
  expect(neither).toMatchObject({ message: expect.stringMatching(/is no plan and no model/) });
});
