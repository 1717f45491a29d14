import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, buildEngine, Engine, TensorRTError } from 'tensorrt-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel, linearModel } from '../unit/helpers.js';

// Everything here is the real TensorRT for RTX: parser, builder and serialisation need no GPU.

const profiles = [{ x: { min: [1, 16], opt: [8, 16], max: [32, 16] } }];
const options: BuildOptions = { profiles, targets: ['sm89'] };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-'));
  // Temporary files of other processes must not count as left behind.
  process.env['TMPDIR'] = await mkdtemp(join(folder, 'tmp-'));
});
afterAll(() => rm(folder, { recursive: true }));

function leftBehind(): string[] {
  return readdirSync(tmpdir());
}

describe('buildEngine', () => {
  it('builds a plan and tells its facts', async () => {
    const plan = await buildEngine(linearModel(), options);
    expect(Buffer.from(plan.data).toString('latin1', 0, 4)).toBe('vtrt');
    expect(plan).toMatchObject({ product: 'tensorrt-rtx', targets: ['sm89'] });
    expect(plan.version).toMatch(/^1\.7\.1\.\d+$/);
    expect(plan.bytes).toBe(plan.data.byteLength);
    expect(plan.seconds).toBeGreaterThan(0);
    expect(leftBehind()).toEqual([]);
  });

  it.each(['sm86', 'sm89', 'sm120'] as const)(
    'builds for %s, the same bytes each time',
    async (target) => {
      const build = () => buildEngine(linearModel(), { profiles, targets: [target] });
      const [first, second] = [await build(), await build()];
      expect(Buffer.compare(first.data, second.data)).toBe(0);
    },
  );

  it('builds for several targets at once, and with none', async () => {
    const one = await buildEngine(linearModel(), options);
    const two = await buildEngine(linearModel(), { profiles, targets: ['sm86', 'sm89'] });
    const any = await buildEngine(linearModel(), { profiles });
    expect(two.bytes).toBeGreaterThan(one.bytes);
    expect(two.targets).toEqual(['sm86', 'sm89']);
    expect(any.bytes).toBeGreaterThan(0);
  });

  it('builds from a file, also with external data and with several profiles', async () => {
    const path = join(folder, 'linear.onnx');
    await linearModel().save(path, { externalData: 'always' });
    const second = { x: { min: [33, 16], opt: [64, 16], max: [64, 16] } };
    const plan = await buildEngine(path, { ...options, profiles: [...profiles, second] });
    expect(plan.bytes).toBeGreaterThan(0);
  });

  it('gives each build its own result when several run at once', async () => {
    const sizes = [16, 32, 48, 64];
    const build = (hidden: number) => buildEngine(linearModel({ hidden }), options);
    const alone: Uint8Array[] = [];
    for (const hidden of sizes) alone.push((await build(hidden)).data);
    const together = await Promise.all(sizes.map(build));
    together.forEach((plan, i) => {
      expect(Buffer.compare(plan.data, alone[i] as Uint8Array)).toBe(0);
    });
  });

  it('does not change its model', async () => {
    const model = linearModel();
    const before = model.toBytes();
    await buildEngine(model, options);
    expect(Buffer.compare(model.toBytes(), before)).toBe(0);
  });

  it('takes every option', async () => {
    const plan = await buildEngine(linearModel(), {
      ...options,
      product: 'tensorrt-rtx',
      optimizationLevel: 1,
      memoryPools: { workspace: 1 << 24 },
    });
    expect(plan.bytes).toBeGreaterThan(0);
  });

  it('writes a plan whole or not at all', async () => {
    const plan = await buildEngine(linearModel(), options);
    const path = join(folder, 'linear.plan');
    await plan.save(path);
    expect(Buffer.compare(await readFile(path), plan.data)).toBe(0);
    const nowhere = join(folder, 'absent', 'linear.plan');
    await expect(plan.save(nowhere)).rejects.toMatchObject({ code: 'ERR_FILE', file: nowhere });
    expect(readdirSync(folder).filter((entry) => entry.endsWith('.tmp'))).toEqual([]);
  });
});

describe('progress and abort', () => {
  it('tells phases with the time since the start', async () => {
    const seen: { phase: string; elapsedMs: number }[] = [];
    await buildEngine(linearModel(), { ...options, onProgress: (progress) => seen.push(progress) });
    const phases = seen.map(({ phase }) => phase);
    expect(phases).toEqual(expect.arrayContaining(['parse', 'build']));
    expect(phases.length).toBeGreaterThan(2);
    const times = seen.map(({ elapsedMs }) => elapsedMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('rejects with the reason when the signal is aborted before, during or while waiting', async () => {
    const reason = new Error('no longer needed');
    const before = buildEngine(linearModel(), { ...options, signal: AbortSignal.abort(reason) });
    await expect(before).rejects.toBe(reason);

    // Large enough that no build can end between the first news of one and the abort.
    const model = linearModel({ batch: 8, features: 512, hidden: 2048 });
    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    const running: BuildOptions = { targets: ['sm89'], signal: controller.signal, onProgress };
    const builds = [1, 2, 3, 4].map(() => buildEngine(model, running));
    const outcomes = await Promise.allSettled(builds);
    expect(outcomes).toEqual(builds.map(() => ({ status: 'rejected', reason })));
    expect(leftBehind()).toEqual([]);
  });

  it('ends with what a callback threw', async () => {
    const error = new Error('from the callback');
    const onProgress = () => {
      throw error;
    };
    await expect(buildEngine(linearModel(), { ...options, onProgress })).rejects.toBe(error);
  });
});

describe('bad input', () => {
  it('names the node whose operator TensorRT has not', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2, 2] }],
      outputs: [{ name: 'y', type: 'float32', dims: [2, 2] }],
      nodes: [
        { opType: 'Relu', inputs: ['x'], outputs: ['h'] },
        { opType: 'Fancy', domain: 'com.example', name: 'my_fancy', inputs: ['h'], outputs: ['y'] },
      ],
    });
    await expect(buildEngine(model)).rejects.toMatchObject({
      name: 'TensorRTError',
      code: 'ERR_TRT_PARSE',
      node: { name: 'my_fancy', opType: 'Fancy', index: 1 },
      message: expect.stringContaining("node 'my_fancy' (Fancy)"),
      recorded: [{ code: 'invalidNode', node: { name: 'my_fancy', opType: 'Fancy', index: 1 } }],
    });
    expect(leftBehind()).toEqual([]);
  });

  it('gives a name to a node without one, so that the error can name it', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2] }],
      outputs: [{ name: 'y', type: 'float32', dims: [2] }],
      nodes: [{ opType: 'Fancy', domain: 'com.example', inputs: ['x'], outputs: ['y'] }],
    });
    await expect(buildEngine(model)).rejects.toMatchObject({
      node: { name: 'Fancy_0', opType: 'Fancy' },
    });
  });

  it("passes on the builder's reason, and its log", async () => {
    // MatMul of FP32 cannot be compiled for Turing (compute capability 7.5).
    const build = buildEngine(linearModel(), { profiles, targets: ['sm75'] });
    const error = await build.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TensorRTError);
    expect(error).toMatchObject({
      code: 'ERR_TRT_BUILD',
      message: expect.stringContaining('Turing'),
    });
    expect((error as TensorRTError).recorded.length).toBeGreaterThan(0);
    expect((error as TensorRTError).stack).toContain('buildEngine');
  });

  it('goes on after a failed build', async () => {
    await expect(buildEngine(linearModel(), { profiles, targets: ['sm75'] })).rejects.toThrow();
    expect((await buildEngine(linearModel(), options)).bytes).toBeGreaterThan(0);
  });

  it('tells a file that is no model, is cut, or is not there', async () => {
    const text = join(folder, 'text.onnx');
    await writeFile(text, 'this is not a model');
    await expect(buildEngine(text)).rejects.toMatchObject({ code: 'ERR_ONNX_INVALID', file: text });
    const cut = join(folder, 'cut.onnx');
    await writeFile(cut, linearModel().toBytes().subarray(0, 1000));
    await expect(buildEngine(cut)).rejects.toMatchObject({ code: 'ERR_ONNX_INVALID', file: cut });
    const absent = join(folder, 'absent.onnx');
    await expect(buildEngine(absent)).rejects.toMatchObject({ code: 'ERR_FILE', file: absent });
  });

  it('tells external data that is missing', async () => {
    const path = join(folder, 'outside.onnx');
    await linearModel({ hidden: 64 }).save(path, { externalData: 'always' });
    await rm(`${path}.data`);
    await expect(buildEngine(path, options)).rejects.toMatchObject({
      code: 'ERR_ONNX_EXTERNAL_DATA',
      message: expect.stringContaining('outside.onnx.data'),
    });
  });

  it.each([
    ['an unknown option', { precison: 'int8' }, /'precison'/],
    ['an unknown target', { targets: ['sm90'] }, /one of 'sm75'.*for targets.*'sm90'/],
    ['targets that are no array', { targets: 'sm89' }, /an array for targets/],
    ['an optimisation level out of range', { optimizationLevel: 6 }, /from 0 to 5/],
    ['an unknown product', { product: 'rtx' }, /one of 'tensorrt-rtx', 'tensorrt' for product/],
    ['no profile', {}, /'x' \[batch, 16\] but received none/],
  ])('refuses %s', async (_, wrong, message) => {
    const build = buildEngine(linearModel(), wrong as never);
    await expect(build).rejects.toThrow(TypeError);
    await expect(build).rejects.toThrow(message);
  });

  it('refuses what is neither a model nor a path', async () => {
    await expect(buildEngine(7 as never)).rejects.toThrow(/a Model or a path for model.*7/);
  });
});

describe('a machine without a GPU', () => {
  it('says so when an engine is loaded', async () => {
    const plan = await buildEngine(linearModel(), options);
    // Names a driver that is not there, so that the test says the same on a machine with a GPU.
    process.env['TENSORRT_NODE_LIBCUDA'] = join(folder, 'libcuda.so.1');
    await expect(Engine.load(plan)).rejects.toMatchObject({
      code: 'ERR_NO_GPU',
      message: expect.stringContaining('no usable NVIDIA driver'),
      remedy: expect.stringContaining('TENSORRT_NODE_LIBCUDA'),
    });
  });

  it('tells damage before it looks for a GPU', async () => {
    const plan = await buildEngine(linearModel(), options);
    const cut = plan.data.subarray(0, plan.bytes - 100);
    await expect(Engine.load(cut)).rejects.toMatchObject({
      code: 'ERR_TRT_ENGINE_INVALID',
      message: expect.stringContaining(`${plan.bytes} bytes, but there are ${plan.bytes - 100}`),
    });
  });
});
