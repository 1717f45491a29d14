import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceTensor, Engine, type Product, tensor } from 'tensorrt-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectedLogits, ids, useStandins } from './helpers.js';
import { decoderPlan, nonZeroPlan, scalePlan, standinPlan, tinyClassifierPlan } from './plan.js';

const { libraryDir, open } = useStandins();

const row = (...values: number[]) => tensor('float32', [values.length / 4, 4], values);

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'session-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('%s', (product) => {
  describe('outputs whose shape depends on data', () => {
    it('have the shape that the data gives them, from call to call', async () => {
      const { session } = await open(nonZeroPlan({ product }), { contexts: 2 });
      const cases: [number[], bigint[]][] = [
        [
          [0, 5, 0, 7],
          [0n, 0n, 1n, 3n],
        ],
        [[0, 0, 0, 0], []],
        [
          [1, 0, 0, 0, 0, 0, 0, 2],
          [0n, 1n, 0n, 3n],
        ],
      ];
      const calls = cases.map(([x]) => session.infer({ x: row(...x) }));
      for (const [i, [, expected]] of cases.entries()) {
        const { indices } = await (calls[i] as (typeof calls)[number]);
        expect(indices).toEqual(tensor('int64', [2, expected.length / 2], expected));
      }
    });

    it('stay on the device, or go where there is room', async () => {
      const { session } = await open(nonZeroPlan({ product }));
      const x = row(0, 5, 0, 7);
      const fresh = await session.infer({ x }, { outputs: { indices: 'device' } });
      expect([...(await fresh.indices.read()).data]).toEqual([0n, 0n, 1n, 3n]);
      await fresh.indices.close();

      await using roomy = await DeviceTensor.allocate('int64', [2, 8]);
      await session.infer({ x }, { outputs: { indices: roomy } });
      expect(await roomy.read()).toEqual(tensor('int64', [2, 2], [0n, 0n, 1n, 3n]));

      await using tight = await DeviceTensor.allocate('int64', [1]);
      await expect(session.infer({ x }, { outputs: { indices: tight } })).rejects.toMatchObject({
        code: 'ERR_FEED',
        tensor: 'indices',
      });
      expect((await session.infer({ x }))['indices']?.dims).toEqual([2, 2]);
    });

    it('are no work for a CUDA graph', async () => {
      const own = product === 'tensorrt-rtx' ? { cudaGraphStrategy: 'disabled' } : {};
      const { session } = await open(nonZeroPlan({ product }), { ...own, cudaGraphs: true });
      for (let i = 0; i < 3; i++) await session.infer({ x: row(1, 0, 0, 1) });
      expect(session.stats().graphs).toMatchObject({
        captured: 0,
        fallbacks: { dataDependentOutput: 3 },
      });
    });
  });

  it('runs a decoder whose past stays on the device', async () => {
    const { session } = await open(decoderPlan({ product }));
    let past = await DeviceTensor.from(tensor('float32', [1, 0, 2], []));
    const choices: bigint[] = [];
    for (const values of [
      [1, 0],
      [0, 3],
      [5, 0],
    ]) {
      const step = await session.infer(
        { past, token: tensor('float32', [1, 1, 2], values) },
        { outputs: { present: 'device', next: 'host' } },
      );
      choices.push(...(step.next.data as BigInt64Array));
      await past.close();
      past = step.present as typeof past;
    }
    expect(choices).toEqual([0n, 1n, 0n]);
    expect(await past.read()).toEqual(tensor('float32', [1, 3, 2], [1, 0, 0, 3, 5, 0]));
    await past.close();
  });

  describe('shape tensors', () => {
    const plan = standinPlan({
      product,
      inputs: [
        { name: 'x', type: 'float32', dims: [-1, 4] },
        { name: 'shape', type: 'int64', dims: [2] },
      ],
      ops: [{ op: 'reshape', result: 'y', operand: 'x', shape: 'shape' }],
      outputs: ['y'],
      profiles: [{ x: { min: [1, 4], opt: [2, 4], max: [4, 4] } }],
      profileExtras: [{ values: { shape: { min: [1, 1], opt: [2, 4], max: [16, 16] } } }],
    });

    it('are read on the host', async () => {
      const { session } = await open(plan);
      const x = row(1, 2, 3, 4, 5, 6, 7, 8);
      for (const shape of [
        [2, 4],
        [8, 1],
        [1, 8],
      ]) {
        const { y } = await session.infer({ x, shape: tensor('int64', [2], shape) });
        expect(y).toEqual(tensor('float32', shape, x.data));
      }
      await session.warmup();
    });

    it('are checked against the values of the profile', async () => {
      const { session } = await open(plan);
      const shape = tensor('int64', [2], [1, 32]);
      await expect(session.infer({ x: row(1, 2, 3, 4), shape })).rejects.toMatchObject({
        code: 'ERR_FEED',
        tensor: 'shape',
        message: expect.stringMatching(/has values \[1, 32\], but profile 0 holds min \[1, 1\]/),
      });
    });

    it('cannot be on the device', async () => {
      const { session } = await open(plan);
      await using shape = await DeviceTensor.from(tensor('int64', [2], [1, 4]));
      await expect(session.infer({ x: row(1, 2, 3, 4), shape })).rejects.toMatchObject({
        code: 'ERR_FEED',
        tensor: 'shape',
      });
    });
  });

  it('shows tensors from inside, and times layers', async () => {
    const plan = standinPlan({
      product,
      inputs: [{ name: 'x', type: 'float32', dims: [-1, 4] }],
      ops: [
        { op: 'add', result: 'twice', left: 'x', right: 'x' },
        { op: 'relu', result: 'y', operand: 'twice' },
      ],
      outputs: ['y'],
      profiles: [{ x: { min: [1, 4], opt: [1, 4], max: [8, 4] } }],
      debug: ['twice'],
      verbosity: 'detailed',
    });
    const { engine, session } = await open(plan);
    expect(engine.debugTensors).toEqual(['twice']);
    const x = row(1, -2, 3, -4);
    const { outputs, tensors } = await session.debug({ x });
    expect(tensors).toEqual({ twice: row(2, -4, 6, -8) });
    expect(outputs).toEqual({ y: row(2, 0, 6, 0) });
    await expect(session.debug({ x }, { tensors: ['y'] })).rejects.toThrow(TypeError);
    const layers = await session.profile({ x }, { iterations: 3 });
    expect(layers).toHaveLength(2);
    for (const { name, ms } of layers) {
      expect(name).toEqual(expect.any(String));
      expect(ms).toBeGreaterThanOrEqual(0);
    }
    expect(await session.infer({ x })).toEqual({ y: row(2, 0, 6, 0) });
  });

  it.each(['static', 'onProfileChange', 'userManaged'])(
    'computes with scratch memory that is %s',
    async (memory) => {
      const { session } = await open(tinyClassifierPlan({ product }), { memory, priority: 'high' });
      for (const [batch, sequence] of [
        [1, 4],
        [32, 64],
        [8, 32],
      ] as const) {
        const feeds = ids(batch, sequence);
        const { logits } = await session.infer(feeds);
        expect([...(logits?.data ?? [])]).toEqual(expectedLogits(feeds));
      }
    },
  );
});

describe('the runtime cache of TensorRT for RTX', () => {
  const plan = scalePlan({ product: 'tensorrt-rtx' });
  const x = row(1, 2, 3, 4);

  it('is written after warmup and when the session closes, and read by the next', async () => {
    const runtimeCache = join(temporaryFolder(), 'cache', 'kernels.bin');
    const { session } = await open(plan, { runtimeCache });
    expect(existsSync(runtimeCache)).toBe(false);
    await session.warmup();
    const { size } = statSync(runtimeCache);
    await session.infer({ x: row(1, 2, 3, 4, 5, 6, 7, 8) });
    await session.close();
    expect(statSync(runtimeCache).size).toBeGreaterThan(size);
    const again = await open(plan, { runtimeCache });
    expect([...((await again.session.infer({ x }))['y']?.data ?? [])]).toEqual([3, 5, 7, 9]);
  });

  it('is made anew where the file is damaged', async () => {
    const runtimeCache = join(temporaryFolder(), 'kernels.bin');
    writeFileSync(runtimeCache, 'no cache');
    const { session } = await open(plan, { runtimeCache });
    await session.infer({ x });
    await session.close();
    expect(statSync(runtimeCache).size).toBeGreaterThan('no cache'.length);
  });

  it('frees everything even where it cannot be written', async () => {
    const folder = temporaryFolder();
    const runtimeCache = join(folder, 'sub', 'kernels.bin');
    const engine = await Engine.load(plan, { libraryDir });
    const session = await engine.createSession({ runtimeCache });
    rmSync(join(folder, 'sub'), { recursive: true });
    writeFileSync(join(folder, 'sub'), 'a file where the folder was');
    await expect(session.close()).rejects.toMatchObject({ code: 'ERR_FILE' });
    await engine.close();
  });

  it('is refused for TensorRT, which has none', async () => {
    const engine = await Engine.load(scalePlan({ product: 'tensorrt' }), { libraryDir });
    onTestFinished(() => engine.close());
    const runtimeCache = join(temporaryFolder(), 'kernels.bin');
    for (const options of [
      { runtimeCache },
      { kernelSpecialization: 'eager' },
      { cudaGraphStrategy: 'wholeGraphCapture' },
    ] as const) {
      await expect(engine.createSession(options)).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
      });
    }
  });
});
