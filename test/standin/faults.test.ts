import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Product } from 'tensorrt-node';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareStandins } from './environment.js';
import { scalePlan } from './plan.js';

// What fails below the addon must come out as a typed error, leave the next call working where that
// is possible, and leave nothing behind on the device. Every scenario has a process of its own.

const standins = prepareStandins();
const folder = mkdtempSync(join(tmpdir(), 'faults-'));
afterAll(() => {
  standins.remove();
  rmSync(folder, { recursive: true });
});

interface Failure {
  type: string;
  code: string;
  message: string;
  recorded: unknown[];
  log: string[];
}

interface Run {
  steps: Record<string, 'ok' | Failure>;
  /** The counts of live objects and of breaches that the stand-ins report at exit. */
  reports: (Record<string, unknown> & { calls: Record<string, number> })[];
}

async function run(product: Product, env: NodeJS.ProcessEnv): Promise<Run> {
  const plan = join(folder, `${product}.plan`);
  writeFileSync(plan, scalePlan({ product }));
  const report = join(mkdtempSync(join(folder, 'run-')), 'report.jsonl');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [resolve('test/standin/faulty-run.mjs')],
    {
      env: {
        ...process.env,
        ...standins.env,
        PLAN: plan,
        LIBRARY_DIR: standins.libraryDir,
        STANDIN_CUDA_REPORT: report,
        STANDIN_TENSORRT_REPORT: report,
        ...env,
      },
    },
  );
  const lines = readFileSync(report, 'utf8').trim().split('\n');
  return { steps: JSON.parse(stdout), reports: lines.map((line) => JSON.parse(line)) };
}

function expectNothingLeft({ reports }: Run): void {
  for (const { standin: _name, calls: _calls, ...counts } of reports) {
    expect(
      Object.values(counts).filter((count) => count !== 0),
      JSON.stringify(reports),
    ).toEqual([]);
  }
}

/** How often each function is called before a step, and in it, when nothing fails. */
async function callsUntil(step: string, product: Product): Promise<Record<string, number>> {
  const { reports } = await run(product, { UNTIL: step });
  return Object.assign({}, ...reports.map(({ calls }) => calls));
}

const good = {
  load: 'ok',
  createSession: 'ok',
  'first infer': 'ok',
  'second infer': 'ok',
  close: 'ok',
};

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('%s', (product) => {
  it('works when nothing fails, also with random delays, and leaves nothing', async () => {
    const outcome = await run(product, { STANDIN_CUDA_DELAY_US: '500' });
    expect(outcome.steps).toEqual(good);
    expectNothingLeft(outcome);
  });

  it.each([
    [
      'out of device memory for the engine',
      'load',
      { STANDIN_CUDA_FAIL: 'cuMemAlloc_v2:2:0' },
      /ERR_/,
    ],
    [
      'a context that cannot be made',
      'createSession',
      { STANDIN_TENSORRT_FAIL: 'createExecutionContext:1' },
      /ERR_TRT_INFER/,
    ],
    [
      'a plan that is refused',
      'load',
      { STANDIN_TENSORRT_FAIL: 'deserializeCudaEngineV2:0' },
      /ERR_TRT_ENGINE_INVALID/,
    ],
  ])('tells %s, and frees what was made before', async (_, step, env, code) => {
    const outcome = await run(product, env);
    expect(outcome.steps[step]).toMatchObject({
      type: 'TensorRTError',
      code: expect.stringMatching(code),
    });
    expectNothingLeft(outcome);
  });

  it('tells that there is no stream, and frees what was made before', async () => {
    const name = 'cuStreamCreateWithPriority';
    const { [name]: before = 0 } = await callsUntil('load', product);
    const outcome = await run(product, { STANDIN_CUDA_FAIL: `${name}:304:${before + 2}` });
    expect(outcome.steps['createSession']).toMatchObject({ code: 'ERR_CUDA' });
    expectNothingLeft(outcome);
  });

  it.each([
    ['enqueueV3', { STANDIN_TENSORRT_FAIL: 'enqueueV3:0:1' }, 'ERR_TRT_INFER'],
    ['setInputShape', { STANDIN_TENSORRT_FAIL: 'setInputShape:0:1' }, 'ERR_FEED'],
    ['inferShapes', { STANDIN_TENSORRT_FAIL: 'inferShapes:0:1' }, 'ERR_TRT_INFER'],
    ['setTensorAddress', { STANDIN_TENSORRT_FAIL: 'setTensorAddress:0:1' }, 'ERR_TRT_INFER'],
  ])('goes on after a failure of %s', async (_, env, code) => {
    const outcome = await run(product, env);
    expect(outcome.steps).toEqual({
      ...good,
      'first infer': expect.objectContaining({ type: 'TensorRTError', code }),
    });
    expectNothingLeft(outcome);
  });

  it.each([
    ['a copy to the device', 'cuMemcpyHtoDAsync_v2', 1],
    ['a copy from the device', 'cuMemcpyDtoHAsync_v2', 1],
    ['pinned memory', 'cuMemHostAlloc', 2],
    ['an event', 'cuEventRecord', 1],
  ])('goes on after a failure of %s', async (_, name, error) => {
    const { [name]: before = 0 } = await callsUntil('createSession', product);
    const outcome = await run(product, { STANDIN_CUDA_FAIL: `${name}:${error}:${before}:1` });
    const code = 'ERR_CUDA';
    expect(outcome.steps).toEqual({
      ...good,
      'first infer': expect.objectContaining({ type: 'TensorRTError', code }),
    });
    expectNothingLeft(outcome);
  });

  it('tells a lost device, and still closes', async () => {
    const { cuEventSynchronize: before = 0 } = await callsUntil('first infer', product);
    const outcome = await run(product, {
      STANDIN_CUDA_FAIL: `cuEventSynchronize:719:${before}`,
    });
    expect(outcome.steps['second infer']).toMatchObject({
      type: 'TensorRTError',
      code: 'ERR_CUDA',
    });
    expect(outcome.steps['close']).toBe('ok');
  });

  it('tells a machine whose driver finds no GPU', async () => {
    const { steps } = await run(product, { STANDIN_CUDA_DEVICES: '0' });
    expect(steps['load']).toMatchObject({
      code: 'ERR_NO_GPU',
      message: expect.stringContaining('finds no usable GPU'),
    });
  });
});

it.each([
  ['tensorrt-rtx', '1.4.0.0'],
  ['tensorrt', '9.3.0.0'],
  ['tensorrt', '12.0.0.0'],
] as const)('refuses %s %s before any virtual call', async (product, version) => {
  const { steps, reports } = await run(product, { STANDIN_TENSORRT_VERSION: version });
  expect(steps['load']).toMatchObject({
    code: 'ERR_TRT_LIBRARY_VERSION',
    message: expect.stringContaining(`is version ${version}, which this package cannot drive`),
  });
  const calls = Object.assign({}, ...reports.map((report) => report['calls']));
  expect(Object.keys(calls).filter((name) => name.startsWith('createInfer'))).toEqual([]);
});
