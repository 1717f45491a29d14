import {
  type BuildOptions,
  buildEngine,
  calibrate,
  DeviceTensor,
  Engine,
  type Model,
  quantize,
  Runtime,
  type Tensor,
  type TensorMap,
  tensor,
} from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { linearModel, randomTensor } from '../unit/helpers.js';
import { product, skipWhere, whyNoEngine, whyNoRefusal } from './gpu.js';

// Engines on a real GPU, against the same model in ONNX Runtime.

const profiles = [{ x: { min: [1, 16], opt: [8, 16], max: [32, 16] } }];

function rows(count: number, seed = 5): TensorMap {
  return { x: randomTensor([count, 16], { seed, scale: 1 }) };
}

async function expected(model: Model, feeds: TensorMap): Promise<number[]> {
  await using runtime = await Runtime.load(model, { runtime: 'onnxruntime' });
  return values((await runtime.infer(feeds))['y']);
}

function values(output: Tensor | undefined): number[] {
  expect(output).toBeDefined();
  return Array.from((output as Tensor<'float32'>).data);
}

function expectClose(actual: readonly number[], wanted: readonly number[], tolerance: number) {
  expect(actual).toHaveLength(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs), 1e-3);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - (wanted[i] as number))));
  expect(worst / largest).toBeLessThan(tolerance);
}

async function load(model: Model, options: BuildOptions = {}): Promise<Engine> {
  const plan = await buildEngine(model, { ...(product && { product }), profiles, ...options });
  return await Engine.load(plan);
}

/** TensorRT may compute float32 in TF32, whose mantissa has 10 bits. */
const floatTolerance = 5e-3;

describe('an engine', () => {
  skipWhere(whyNoEngine);

  it('computes what ONNX Runtime does, for every shape of its profile', async () => {
    const model = linearModel();
    await using engine = await load(model);
    await using session = await engine.createSession({ contexts: 2 });
    for (const count of [1, 2, 8, 31, 32]) {
      const feeds = rows(count, count);
      const { y } = await session.infer(feeds);
      expect(y?.dims).toEqual([count, 4]);
      expectClose(values(y), await expected(model, feeds), floatTolerance);
    }
  });

  it('keeps many inferences in flight apart', async () => {
    const model = linearModel();
    await using engine = await load(model);
    await using session = await engine.createSession({ contexts: 4, depth: 2 });
    const batches = Array.from({ length: 100 }, (_, i) => rows(1 + (i % 32), i));
    const alone: number[][] = [];
    for (const feeds of batches) alone.push(values((await session.infer(feeds))['y']));
    const together = await Promise.all(batches.map((feeds) => session.infer(feeds)));
    together.forEach(({ y }, i) => {
      expectClose(values(y), alone[i] as number[], floatTolerance);
    });
  });

  it('computes the same from CUDA graphs', async () => {
    const model = linearModel();
    await using engine = await load(model);
    await using session = await engine.createSession({ cudaGraphs: true, depth: 1 });
    for (const count of [4, 4, 4, 9, 9, 9, 4]) {
      const feeds = rows(count, count);
      expectClose(
        values((await session.infer(feeds))['y']),
        await expected(model, feeds),
        floatTolerance,
      );
    }
    // TensorRT for RTX captures by itself, and does not tell.
    if (product === 'tensorrt') expect(session.stats().graphs.launched).toBeGreaterThan(0);
  });

  it('reads and writes tensors on the device', async () => {
    const model = linearModel();
    await using engine = await load(model);
    await using session = await engine.createSession();
    const feeds = rows(8);
    await using x = await DeviceTensor.from(feeds['x'] as Tensor);
    await using y = await DeviceTensor.allocate('float32', [8, 4]);
    await session.infer({ x }, { outputs: { y } });
    expectClose([...(await y.read()).data], await expected(model, feeds), floatTolerance);
  });

  it('runs INT8 that was calibrated here', async () => {
    const model = linearModel({ batch: 'batch', features: 16, hidden: 64 });
    const table = await calibrate(
      model,
      Array.from({ length: 16 }, (_, i) => rows(8, i)),
    );
    const int8 = await quantize(model, table);
    await using engine = await load(int8);
    await using session = await engine.createSession();
    const feeds = rows(32, 99);
    const y = values((await session.infer(feeds))['y']);
    // The same Q/DQ model in ONNX Runtime; a step of the INT8 grid may round the other way.
    expectClose(y, await expected(int8, feeds), 0.05);
    expectClose(y, await expected(model, feeds), 0.2);
  });

  it('is refitted with the weights of another model', async () => {
    const model = linearModel();
    await using engine = await load(model, { flags: { refit: true } });
    await using session = await engine.createSession({ cudaGraphs: true });
    const feeds = rows(8);
    const before = values((await session.infer(feeds))['y']);
    const b2 = tensor('float32', [4], [1, 2, 3, 4]);
    const other = linearModel();
    other.graph.addInitializer('b2', b2);
    await engine.refit(other);
    const after = values((await session.infer(feeds))['y']);
    expectClose(after, await expected(other, feeds), floatTolerance);
    expect(after).not.toEqual(before);
  });

  it('refuses a shape outside of its profile, and goes on', async () => {
    await using engine = await load(linearModel());
    await using session = await engine.createSession();
    await expect(session.infer(rows(33))).rejects.toMatchObject({ code: 'ERR_FEED' });
    expect((await session.infer(rows(32)))['y']?.dims).toEqual([32, 4]);
  });
});

describe('TensorRT for RTX on a GPU that it does not serve', () => {
  skipWhere(whyNoRefusal);

  it('is refused with a reason, and leaves the process whole', async () => {
    const plan = await buildEngine(linearModel(), { product: 'tensorrt-rtx', profiles });
    await expect(Engine.load(plan)).rejects.toMatchObject({
      name: 'TensorRTError',
      code: expect.stringMatching(/^ERR_(TRT_ENGINE_INVALID|TRT_ENGINE_VERSION|UNSUPPORTED)$/),
      message: expect.stringMatching(/compute capability|GPU/i),
    });
  });
});
