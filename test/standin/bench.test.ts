import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from 'tensorrt-node';
import { type BenchOptions, type BenchResult, bench } from 'tensorrt-node/bench';
import { expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../dist/bench/load/clock.js';
import { openLoop } from '../../dist/bench/load/open-loop.js';
import { errorOf, temporaryFolder } from '../unit/helpers.js';
import { ids, useStandins } from './helpers.js';
import { scalePlan, tinyClassifierPlan } from './plan.js';

// What bench measures of TensorRT, on stand-ins. Lower bounds only: a busy machine is slower.

const { libraryDir, open } = useStandins();

/** Makes the stand-ins of child processes slower for this test. */
function slow(env: Record<string, string>): void {
  Object.assign(process.env, env);
  onTestFinished(() => {
    for (const name of Object.keys(env)) delete process.env[name];
  });
}

async function measured(plan: Uint8Array, options: BenchOptions = {}): Promise<BenchResult> {
  const short = { warmupMs: 1, durationMs: 60, libraryDir };
  const { cells } = await bench(plan, { ...short, ...options });
  expect(cells.map(({ problem }) => problem)).toEqual([undefined]);
  return cells[0]?.result as BenchResult;
}

it('measures a plan in the shapes that it was built for, with the parts of each inference', async () => {
  slow({ STANDIN_TENSORRT_INFER_MS: '4', STANDIN_CUDA_COPY_US: '1000' });
  const plan = tinyClassifierPlan({ product: 'tensorrt-rtx' });
  const report = await bench(plan, { libraryDir, warmupMs: 1, durationMs: 60 });
  expect(report.machine.gpu).toMatch(/stand-in/);
  expect(report.versions['tensorrt-rtx']).toBe('1.7.1.116');
  const [cell] = report.cells;
  expect(cell?.problem).toBeUndefined();
  expect(cell?.shapes['input_ids']).toEqual(cell?.shapes['attention_mask']);
  expect(cell?.parameters).toMatchObject({ runtime: 'tensorrt', precision: undefined });
  const result = cell?.result as BenchResult;
  expect(result).toMatchObject({ provider: 'tensorrt-rtx', failures: 0 });
  const { latency, queue, enqueue, copyIn, compute, copyOut } = result;
  for (const part of [queue, enqueue, copyIn, compute, copyOut]) {
    expect(part?.count).toBe(result.inferences);
  }
  // Two inputs are copied, and one output.
  expect(copyIn?.min).toBeGreaterThanOrEqual(2);
  expect(compute?.min).toBeGreaterThanOrEqual(4);
  expect(copyOut?.min).toBeGreaterThanOrEqual(1);
  expect(latency.min).toBeGreaterThanOrEqual(7);
  // The parts come one after the other within each inference, so their means add up to less.
  const sum = [copyIn, compute, copyOut].reduce((total, part) => total + (part?.mean ?? 0), 0);
  expect(latency.mean).toBeGreaterThanOrEqual(sum);
  expect(result.memory.hostPeak).toBeGreaterThan(2 ** 20);
  expect(result.memory.devicePeak).toBeGreaterThan(0);
  expect(result.energy?.joules).toBeGreaterThan(0);
  const samples = result.inferences * (cell?.shapes['input_ids']?.[0] ?? 0);
  expect(result.cost?.joules).toBeCloseTo(((result.energy?.joules ?? 0) / samples) * 1e6, 3);
});

it('says nothing of energy where the GPU does not', async () => {
  slow({ STANDIN_NVML_FAIL: 'nvmlDeviceGetTotalEnergyConsumption:3:0' });
  const { energy, cost } = await measured(scalePlan({ product: 'tensorrt' }), { pricePerHour: 1 });
  expect(energy).toBeUndefined();
  expect(cost).toMatchObject({ price: expect.any(Number), joules: undefined });
});

it('launches graphs that the warm-up has captured', async () => {
  const options = { cudaGraphs: true, contexts: 2, concurrency: 4 };
  const { warnings, failures } = await measured(scalePlan({ product: 'tensorrt' }), options);
  expect(failures).toBe(0);
  expect(warnings.map(({ code }) => code)).not.toContain('no-graph');
});

it('leaves inputs and outputs on the device', async () => {
  slow({ STANDIN_CUDA_COPY_US: '1000' });
  const options = { transfers: false, contexts: 2, concurrency: 3 };
  const result = await measured(scalePlan({ product: 'tensorrt' }), options);
  expect([result.copyIn?.max, result.copyOut?.max]).toEqual([0, 0]);
  expect(result.failures).toBe(0);
  expect(result.warnings.map(({ code }) => code)).toContain('several-streams');
  // Those of one sample would be too small for another.
  const samples = [1, 4, 2].map((rows) => ({
    x: tensor('float32', [rows, 4], Array(4 * rows).fill(1)),
  }));
  const ofSamples = await measured(scalePlan({ product: 'tensorrt' }), {
    transfers: false,
    cudaGraphs: true,
    samples,
  });
  expect(ofSamples.failures).toBe(0);
});

it('goes on after an inference that failed, and says so', async () => {
  slow({ STANDIN_TENSORRT_FAIL: 'enqueueV3:6:1' });
  const options = { libraryDir, warmupMs: 0, durationMs: 1, iterations: 20 };
  const { cells } = await bench(scalePlan({ product: 'tensorrt-rtx' }), options);
  expect(cells[0]?.result).toMatchObject({ inferences: 19, failures: 1 });
  expect(cells[0]?.notes?.[0]).toMatch(/^1 inference failed, the last with: .*enqueueV3/);
});

it('counts the time in line where more come than can be served', async () => {
  slow({ STANDIN_TENSORRT_INFER_MS: '20' });
  // 50 a second can be served, 100 a second come.
  const options = { rates: [100], arrivals: 'even', durationMs: 400 } as const;
  const result = await measured(scalePlan({ product: 'tensorrt-rtx' }), options);
  expect(result.warnings.map(({ code }) => code)).toContain('overloaded');
  // The n-th, from 1, comes at 10 n ms and ends at 10 + 20 n ms or later.
  result.samples.slice(0, 30).forEach((latency, index) => {
    expect(latency).toBeGreaterThanOrEqual(20 + 10 * index - 1);
  });
  expect(result.queue?.max).toBeGreaterThanOrEqual(200);
});

it('shows a stall to all who came meanwhile', async () => {
  const { session } = await open(tinyClassifierPlan({ product: 'tensorrt-rtx' }));
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const run = async (index: number) => {
    if (index === 5) Atomics.wait(nobody, 0, 0, 300);
    await session.infer(ids(1, 8));
    return undefined;
  };
  const arrivals = Float64Array.from({ length: 45 }, (_, index) => 10 * (index + 1));
  const options = { arrivals, capacity: 2, drainMs: 10_000, clock: realClock };
  const { latency, load } = await openLoop(run, options);
  expect(load).toMatchObject({ arrivals: 45, unserved: 0 });
  // 30 came in those 300 ms, the first of them with the stall; each waited for the rest of it.
  const waited = [...latency].sort((a, b) => b - a);
  for (let behind = 0; behind < 30; behind++) {
    expect(waited[behind]).toBeGreaterThanOrEqual(300 - 10 * behind);
  }
});

it('says what stopped a cell, also where its process ended', async () => {
  const plan = scalePlan({ product: 'tensorrt-rtx' });
  const problemOf = async (env: Record<string, string>, options: BenchOptions = {}) => {
    Object.assign(process.env, env);
    const { cells } = await bench(plan, { libraryDir, warmupMs: 1, durationMs: 1, ...options });
    for (const name of Object.keys(env)) delete process.env[name];
    return cells[0]?.problem;
  };
  expect(await problemOf({}, { batches: [99] })).toMatch(/x.*99.*ERR_FEED/);
  expect(await problemOf({}, { device: 3 })).toMatch(/no GPU 3.*ERR_NO_GPU/);
  expect(await problemOf({ STANDIN_TENSORRT_FAIL: 'enqueueV3:0' })).toMatch(/ERR_TRT_INFER/);
  // The stand-ins end a process that was told nonsense.
  const ended = await problemOf({ STANDIN_TENSORRT_FAIL: 'nonsense' });
  expect(ended).toMatch(/The process that measures ended unexpectedly/);
});

it('takes a plan from a file, and nothing of it that only a model has', async () => {
  const path = join(await temporaryFolder(), 'scale.plan');
  writeFileSync(path, scalePlan({ product: 'tensorrt-rtx' }));
  const report = await bench(path, { libraryDir, warmupMs: 1, durationMs: 1, batches: [2] });
  expect(report.cells[0]).toMatchObject({ name: '2 tensorrt', shapes: { x: [2, 4] } });
  expect(report.model).toMatchObject({ name: 'scale.plan' });
  const wrong = [{ runtimes: ['onnxruntime'] }, { precisions: ['int8'] }] as const;
  for (const options of wrong) {
    expect(await errorOf(bench(path, options))).toBeInstanceOf(TypeError);
  }
});
