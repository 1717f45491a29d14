import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import { carry, uncarry } from '../../dist/runtime/child/protocol.js';
import { RequestProcess } from '../../dist/runtime/child/request-process.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const x = randomTensor([3, 16]);

/** Takes a while: a product of two 1200 x 1200 matrices, twelve times. */
function slowModel() {
  const names = Array.from({ length: 13 }, (_, index) => `x${index}`);
  return buildModel({
    inputs: [{ name: 'x0', type: 'float32', dims: [1200, 1200] }],
    outputs: [{ name: 'x12', type: 'float32', dims: [1200, 1200] }],
    nodes: names.slice(1).map((output, index) => ({
      opType: 'MatMul',
      name: `product_${index}`,
      inputs: [`x${index}`, 'x0'],
      outputs: [output],
    })),
  });
}
const slowFeeds = () => ({ x0: tensor('float32', [1200, 1200], new Float32Array(1200 ** 2)) });

describe('a runtime in a process of its own', () => {
  test('gives what a runtime in this process gives, and leaves no file', async () => {
    const temporary = await temporaryFolder();
    vi.stubEnv('TMPDIR', temporary);
    await using here = await openOnnxRuntime(linearModel());
    await using isolated = await openOnnxRuntime(linearModel(), { isolate: true, threads: 1 });
    expect(await readdir(temporary)).toEqual([]);
    expect(isolated).toMatchObject({ runtime: 'onnxruntime', provider: 'cpu' });
    expect(isolated.inputs).toEqual(here.inputs);
    expect(await isolated.infer({ x })).toEqual(await here.infer({ x }));
  });

  test('passes types and outputs as they are', async () => {
    const model = buildModel({
      inputs: [
        { name: 'h', type: 'float16', dims: ['n'] },
        { name: 'i', type: 'int64', dims: ['n'] },
      ],
      outputs: [
        { name: 'h2', type: 'float16', dims: ['n'] },
        { name: 'i2', type: 'int64', dims: ['n'] },
      ],
      nodes: [
        { opType: 'Identity', name: 'a', inputs: ['h'], outputs: ['h2'] },
        { opType: 'Identity', name: 'b', inputs: ['i'], outputs: ['i2'] },
      ],
    });
    const h = tensor('float16', [3], Uint16Array.of(0x3c00, 0x8001, 0x7e00));
    const i = tensor('int64', [1], [-(2n ** 63n)]);
    await using runtime = await openOnnxRuntime(model, { isolate: true });
    expect(await runtime.infer({ h, i })).toEqual({ h2: h, i2: i });
    expect(await runtime.infer({ h, i }, { outputs: ['i2'] })).toEqual({ i2: i });
  });

  test('queues calls, and close waits for them', async () => {
    const runtime = await openOnnxRuntime(linearModel(), { isolate: true });
    await using here = await openOnnxRuntime(linearModel());
    const feeds = Array.from({ length: 20 }, (_, seed) => ({ x: randomTensor([2, 16], { seed }) }));
    const running = feeds.map((feed) => runtime.infer(feed));
    const closed = runtime.close();
    expect(await errorOf(runtime.infer({ x }))).toMatchObject({ code: 'ERR_CLOSED' });
    for (const [index, outputs] of (await Promise.all(running)).entries()) {
      expect(outputs).toEqual(await here.infer(feeds[index] as { x: Tensor }));
    }
    await closed;
    await runtime.close();
  });

  test('leaves the event loop free', async () => {
    await using runtime = await openOnnxRuntime(slowModel(), { isolate: true, threads: 1 });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await runtime.infer(slowFeeds());
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });
});

describe('errors come over', () => {
  test('of the feeds, without asking the process', async () => {
    await using runtime = await openOnnxRuntime(linearModel(), { isolate: true });
    expect(await errorOf(runtime.infer({}))).toMatchObject({ code: 'ERR_FEED', tensor: 'x' });
  });

  test('of a model that ONNX Runtime refuses', async () => {
    const model = linearModel();
    for (const node of model.graph.proto.node) node.opType = 'NoSuchOperator';
    const error = await errorOf(openOnnxRuntime(model, { isolate: true }));
    expect(error).toMatchObject({ name: 'TensorRTError', code: 'ERR_RUNTIME' });
    expect((error as Error).message).toContain('NoSuchOperator');
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  test('of one run, after which the next is fine', async () => {
    const model = buildModel({
      inputs: [{ name: 'index', type: 'int64', dims: [1] }],
      outputs: [{ name: 'y', type: 'float32', dims: [1] }],
      initializers: { table: tensor('float32', [2], [1, 2]) },
      nodes: [{ opType: 'Gather', name: 'pick', inputs: ['table', 'index'], outputs: ['y'] }],
    });
    await using runtime = await openOnnxRuntime(model, { isolate: true });
    const pick = (index: number) => runtime.infer({ index: tensor('int64', [1], [index]) });
    expect(await errorOf(pick(5))).toMatchObject({ code: 'ERR_RUNTIME' });
    expect(await pick(1)).toEqual({ y: tensor('float32', [1], [2]) });
  });

  test('with their remedy, node and cause', () => {
    const cause = new TypeError('the cause');
    const details = { remedy: 'Do this.', node: { name: 'n' }, tensor: 't', file: 'f', cause };
    const error = new TensorRTError('ERR_RUNTIME', 'It failed.', details);
    const received = uncarry(structuredClone(carry(error)));
    expect(received).toBeInstanceOf(TensorRTError);
    const { message, cause: carried, ...rest } = { message: received.message, ...details };
    expect(message).toBe('It failed. Do this.');
    expect(received).toMatchObject(rest);
    expect((received.cause as Error).message).toBe(carried.message);
  });
});

test('an abort ends what runs at once, and every later run', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const runtime = await openOnnxRuntime(slowModel(), { isolate: true, threads: 1, signal });
  const running = runtime.infer(slowFeeds());
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 50);
  expect(await errorOf(running)).toBe(reason);
  expect(await errorOf(runtime.infer(slowFeeds()))).toBe(reason);
  await runtime.close();
});

test.each([true, false])('an abort before opening, isolate: %s', async (isolate) => {
  const signal = AbortSignal.abort(new Error('enough'));
  expect(await errorOf(openOnnxRuntime(linearModel(), { isolate, signal }))).toBe(signal.reason);
});

test('the end of the process is ERR_RUNTIME, for this call and the next', async () => {
  const request = vi.spyOn(RequestProcess.prototype, 'request');
  const runtime = await openOnnxRuntime(slowModel(), { isolate: true, threads: 1 });
  const { pid } = request.mock.contexts[0] as RequestProcess<never>;
  const running = runtime.infer(slowFeeds());
  process.kill(pid as number, 'SIGKILL');
  const error = await errorOf(running);
  expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
  expect((error as Error).message).toContain('(SIGKILL)');
  expect(await errorOf(runtime.infer(slowFeeds()))).toBe(error);
  await runtime.close();
});

test.each([{ isolate: 1 }, { int8: 'exact' }])(
  'wrong options are a TypeError: %o',
  async (options) => {
    const error = await errorOf(openOnnxRuntime(linearModel(), options as never));
    expect(error).toBeInstanceOf(TypeError);
  },
);

test.each([true, false])('INT8 in float has no saturation, isolate: %s', async (isolate) => {
  // 32 products of 127 * 127: pairs of them leave 16 bits, which costs CPUs without VNNI digits.
  const int8 = (dims: number[]) =>
    tensor('int8', dims, new Int8Array(dims.reduce((a, b) => a * b)).fill(127));
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 32] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 16] }],
    initializers: {
      w: int8([32, 16]),
      s: tensor('float32', [], [1]),
      zero: tensor('int8', [], [0]),
    },
    nodes: [
      { opType: 'QuantizeLinear', name: 'q', inputs: ['x', 's', 'zero'], outputs: ['xq'] },
      { opType: 'DequantizeLinear', name: 'dx', inputs: ['xq', 's', 'zero'], outputs: ['xd'] },
      { opType: 'DequantizeLinear', name: 'dw', inputs: ['w', 's', 'zero'], outputs: ['wd'] },
      { opType: 'MatMul', name: 'product', inputs: ['xd', 'wd'], outputs: ['y'] },
    ],
  });
  await using runtime = await openOnnxRuntime(model, { isolate, int8: 'float' });
  const feeds = { x: tensor('float32', [1, 32], new Float32Array(32).fill(126.6)) };
  const { y } = await runtime.infer(feeds);
  expect(y).toEqual(tensor('float32', [1, 16], new Array(16).fill(32 * 127 * 127)));
});

const dist = new URL('../../dist', import.meta.url);

/** Opens the model, in a process that then does what `ending` says. */
const script = (path: string, ending: string) => `
  import { Model } from '${dist}/onnx/model.js';
  import { RequestProcess } from '${dist}/runtime/child/request-process.js';
  import { openOnnxRuntime } from '${dist}/runtime/onnxruntime.js';
  import { tensor } from '${dist}/tensor.js';
  const { request } = RequestProcess.prototype;
  RequestProcess.prototype.request = function (kind, ...rest) {
    if (kind === 'open') { console.log(this.pid); ${ending.startsWith('early ') ? ending.slice(6) : ''} }
    return request.call(this, kind, ...rest);
  };
  const runtime = await openOnnxRuntime(await Model.load(${JSON.stringify(path)}), { isolate: true });
  ${ending.startsWith('early ') ? '' : ending}`;

describe('nothing is left by a user who', () => {
  test('forgets to close', async () => {
    const folder = await temporaryFolder();
    await linearModel().save(`${folder}/model.onnx`);
    const source = script(`${folder}/model.onnx`, '');
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source]);
    const pid = Number((await run).stdout);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 10_000 });
  });

  test.each([
    ["early process.kill(process.pid, 'SIGKILL')"],
    ["process.kill(process.pid, 'SIGKILL')"],
    ['process.exit()'],
  ])('ends by %s', async (ending) => {
    const folder = await temporaryFolder();
    const temporary = await temporaryFolder();
    await linearModel().save(`${folder}/model.onnx`);
    const child = spawn(
      process.execPath,
      ['--input-type=module', '--eval', script(`${folder}/model.onnx`, ending)],
      { env: { ...process.env, TMPDIR: temporary }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    await once(child, 'close');
    const pid = Number(output);
    expect(pid).toBeGreaterThan(0);
    await vi.waitFor(
      async () => {
        expect(await readdir(temporary)).toEqual([]);
        expect(await stateOf(pid)).toBe('gone');
      },
      { timeout: 10_000 },
    );
  });
});

/** A process whose parent is gone may stay as an entry in the table of processes: `Z`. */
async function stateOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') gone');
  const state = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] as string;
  return state === 'Z' ? 'gone' : state;
}
