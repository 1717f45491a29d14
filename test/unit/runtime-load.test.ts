import { Model, type RunTimes, Runtime, TensorRTError } from 'tensorrt-node';
import { describe, expect, test } from 'vitest';
import { checkProvider } from '../../dist/runtime/ort-provider.js';
import { errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';

const x = randomTensor([3, 16]);

describe('Runtime.load', () => {
  test('runs a model by ONNX Runtime, in a process of its own, and leaves the event loop free', async () => {
    await using runtime = await Runtime.load(linearModel(), { runtime: 'onnxruntime:cpu' });
    expect(runtime).toMatchObject({ runtime: 'onnxruntime', provider: 'cpu' });
    await using here = await Runtime.load(linearModel(), {
      runtime: 'onnxruntime',
      isolate: false,
      threads: 1,
    });
    expect(await runtime.infer({ x })).toEqual(await here.infer({ x }));
  });

  test('takes the path of a model', async () => {
    const path = `${await temporaryFolder()}/Model.ONNX`;
    await linearModel().save(path);
    await using runtime = await Runtime.load(path, { runtime: 'onnxruntime', isolate: false });
    const model = await Model.load(path);
    expect(runtime.inputs).toEqual(model.inputs);
  });

  test.each([
    [{ runtime: 'tensorrt', threads: 2 }, "no options.threads for the runtime 'tensorrt'"],
    [{ runtime: 'onnxruntime', profiles: [] }, "it is an option of 'tensorrt'"],
    [{ runtime: 'onnxruntime:cpu', cpuFallback: true }, 'no options.cpuFallback'],
    [{ runtime: 'onnxruntime', device: 0 }, 'no options.device'],
    [{ runtime: 'cuda' }, 'for options.runtime'],
    [{}, 'for options.runtime'],
    [{ runtime: 'onnxruntime', thread: 2 }, "received 'thread'"],
    [{ runtime: 'onnxruntime', threads: 0 }, 'options.threads'],
    [{ runtime: 'onnxruntime', isolate: 1 }, 'options.isolate'],
    [undefined, "an object with 'runtime'"],
  ])('refuses %o', async (options, message) => {
    const error = await errorOf(Runtime.load(linearModel(), options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
  });

  test('refuses a plan for ONNX Runtime', async () => {
    const error = await errorOf(Runtime.load('bert.plan', { runtime: 'onnxruntime' }));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain("runs by 'tensorrt' alone");
  });

  test('refuses for a plan what is for building one', async () => {
    const error = await errorOf(
      Runtime.load('bert.plan', { runtime: 'tensorrt', cacheDir: 'engines' }),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('no options.cacheDir for a plan');
  });

  test.each([true, false])('gives up when aborted, isolate: %s', async (isolate) => {
    const signal = AbortSignal.abort(new Error('enough'));
    const loading = Runtime.load(linearModel(), { runtime: 'onnxruntime', isolate, signal });
    expect(await errorOf(loading)).toBe(signal.reason);
  });

  test.each([true, false])('an abort after loading harms nobody, isolate: %s', async (isolate) => {
    const controller = new AbortController();
    const { signal } = controller;
    await using runtime = await Runtime.load(linearModel(), {
      runtime: 'onnxruntime',
      isolate,
      signal,
    });
    controller.abort();
    expect((await runtime.infer({ x }))['y']?.dims).toEqual([3, 4]);
  });
});

describe.each([true, false])('runs wait in line, isolate: %s', (isolate) => {
  const load = () => Runtime.load(linearModel(), { runtime: 'onnxruntime', isolate, threads: 1 });

  test('and are counted', async () => {
    await using runtime = await load();
    const seen: RunTimes[] = [];
    const ends: number[] = [];
    const calls: [begin: number, end: number][] = [];
    const onTimes = (times: RunTimes) => {
      seen.push(times);
      ends.push(performance.now());
    };
    const runs = [1, 2, 3].map(() => {
      const begin = performance.now();
      const run = runtime.infer({ x }, { onTimes });
      calls.push([begin, performance.now()]);
      return run;
    });
    expect(runtime.stats()).toMatchObject({ inferences: 0, inFlight: 1, waiting: 2 });
    await Promise.all(runs);
    const { inferences, failures, inFlight, waiting, latency, queue } = runtime.stats();
    expect({ inferences, failures, inFlight, waiting }).toEqual({
      inferences: 3,
      failures: 0,
      inFlight: 0,
      waiting: 0,
    });
    expect([latency.count, queue.count]).toEqual([3, 3]);
    expect(seen).toHaveLength(3);
    for (const [index, { queueMs, computeMs }] of seen.entries()) {
      const [begin, end] = calls[index] as [number, number];
      const ended = ends[index] as number;
      const before = ends[index - 1] ?? 0;
      expect(computeMs).toBeGreaterThan(0);
      expect(ended - computeMs).toBeGreaterThanOrEqual(before);
      expect(end + queueMs).toBeGreaterThanOrEqual(before);
      expect(begin + queueMs + computeMs).toBeLessThanOrEqual(ended);
    }
  });

  test('where they can be given up', async () => {
    await using runtime = await load();
    const controller = new AbortController();
    const first = runtime.infer({ x }, { signal: controller.signal });
    const second = runtime.infer({ x }, { signal: controller.signal });
    const third = runtime.infer({ x });
    controller.abort(new Error('enough'));
    expect(await errorOf(second)).toBe(controller.signal.reason);
    expect((await first)['y']).toEqual((await third)['y']);
    expect(runtime.stats()).toMatchObject({ inferences: 2, failures: 0 });
  });

  test('with options that are checked', async () => {
    await using runtime = await load();
    for (const options of [{ output: ['y'] }, { outputs: ['z'] }, { outputs: [] }]) {
      expect(await errorOf(runtime.infer({ x }, options as never))).toBeInstanceOf(TypeError);
    }
  });
});

describe('providers', () => {
  test.each(['cuda', 'tensorrt'] as const)('%s says what to install', async (provider) => {
    const error = await errorOf(
      Runtime.load(linearModel(), { runtime: `onnxruntime:${provider}`, isolate: false }),
    );
    expect(error).toBeInstanceOf(TensorRTError);
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    const { message } = error as Error;
    expect(message).toContain(`libonnxruntime_providers_${provider}.so does not exist`);
    expect(message).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node');
  });

  test('webgpu says what it lacks', async (context) => {
    const loading = Runtime.load(linearModel(), { runtime: 'onnxruntime:webgpu' });
    const outcome = await loading.then(
      (runtime) => runtime.close(),
      (error: unknown) => error,
    );
    if (outcome === undefined) return context.skip('this machine has an adapter');
    expect(outcome).toMatchObject({ code: 'ERR_RUNTIME' });
    expect((outcome as Error).message).toMatch(/provider 'webgpu'.*adapter.*Vulkan/s);
  });

  test('that the package does not have are named', () => {
    const backends = [{ name: 'cpu', bundled: true }];
    expect(() => checkProvider('cpu', [])).not.toThrow();
    expect(() => checkProvider('cuda', backends)).toThrow(
      `no provider 'cuda' on ${process.platform}/${process.arch}: it offers 'cpu'`,
    );
  });
});
