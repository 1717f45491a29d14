import { selectRuntime } from 'tensorrt-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';

// Without a driver, whatever the machine of the tests has.
beforeAll(() => {
  vi.stubEnv('TENSORRT_NODE_LIBCUDA', '/nowhere/libcuda.so.1');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const names = (passedOver: readonly { name: string }[]) => passedOver.map(({ name }) => name);

describe('selectRuntime', () => {
  test('passes over what cannot run here, with the reasons, and takes the CPU', async () => {
    const acceptable = ['tensorrt', 'onnxruntime:tensorrt', 'onnxruntime:cuda', 'onnxruntime'];
    const { runtime, name, passedOver } = await selectRuntime(linearModel(), {
      require: acceptable as never,
      threads: 1,
    });
    await using _ = runtime;
    expect(name).toBe('onnxruntime:cpu');
    expect(runtime).toMatchObject({ runtime: 'onnxruntime', provider: 'cpu' });
    expect((await runtime.infer({ x: randomTensor([2, 16]) }))['y']?.dims).toEqual([2, 4]);
    expect(names(passedOver)).toEqual(['tensorrt', 'onnxruntime:tensorrt', 'onnxruntime:cuda']);
    expect(passedOver[0]?.reason).toContain('no usable NVIDIA driver on this machine');
    expect(passedOver[1]?.reason).toContain('libonnxruntime_providers_tensorrt.so does not exist');
    expect(passedOver[2]?.reason).toContain('npm rebuild onnxruntime-node');
  });

  test('tries first what is preferred', async () => {
    const { runtime, name, passedOver } = await selectRuntime(linearModel(), {
      prefer: ['onnxruntime:cuda', 'onnxruntime'],
      isolate: false,
    });
    await runtime.close();
    expect(name).toBe('onnxruntime:cpu');
    expect(names(passedOver)).toEqual(['onnxruntime:cuda']);
  });

  test('says every reason where none is left', async () => {
    const require = ['onnxruntime:cuda', 'tensorrt'] as const;
    const error = await errorOf(selectRuntime(linearModel(), { require }));
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    const lines = (error as Error).message.split('\n');
    expect(lines[0]).toBe('No runtime can run the model:');
    expect(lines[1]).toMatch(/^ {2}tensorrt: There is no usable NVIDIA driver/);
    expect(lines[2]).toMatch(/^ {2}onnxruntime:cuda: .*does not exist/);
    expect(lines).toHaveLength(3);
  });

  test('knows that a plan is for TensorRT alone', async () => {
    const error = await errorOf(selectRuntime('bert.plan', { require: 'onnxruntime' }));
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    expect((error as Error).message).toContain('onnxruntime:cpu: It runs ONNX models');
  });

  test('does not take an error of the model for one of a runtime', async () => {
    const path = `${await temporaryFolder()}/missing.onnx`;
    expect(await errorOf(selectRuntime(path))).toMatchObject({ code: 'ERR_FILE' });
  });

  test('gives up when aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    expect(await errorOf(selectRuntime(linearModel(), { signal }))).toBe(signal.reason);
  });

  test.each([
    [{ prefer: 'gpu' }, 'for options.prefer'],
    [{ require: ['cpu'] }, 'for options.require'],
    [{ require: [] }, "'gpu' or names of runtimes"],
    [{ require: 'tensorrt', threads: 1 }, 'no options.threads'],
    [{ runtime: 'tensorrt' }, "received 'runtime'"],
    [null, 'an object'],
  ])('refuses %o', async (options, message) => {
    const error = await errorOf(selectRuntime(linearModel(), options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
  });
});
