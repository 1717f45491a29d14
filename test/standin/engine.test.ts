import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  checkEngine,
  Engine,
  estimateMemory,
  type LoadOptions,
  type PlanInput,
  type Product,
  type Session,
  tensor,
} from 'tensorrt-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildModel } from '../unit/helpers.js';
import { prepareStandins } from './environment.js';
import { type StandinVersion, scalePlan, standinPlan } from './plan.js';

// What an engine tells of itself and what can be changed about it once it is loaded, on stand-ins
// for the driver and for the runtimes of both products.

const standins = prepareStandins();
const { libraryDir } = standins;
const folder = mkdtempSync(join(tmpdir(), 'engine-test-'));
beforeAll(() => {
  Object.assign(process.env, standins.env, { TMPDIR: folder });
});
afterAll(() => {
  standins.remove();
  rmSync(folder, { recursive: true });
});

/** Adds statements to the description in a stand-in plan. */
function withStatements(plan: Uint8Array, ...statements: string[]): Uint8Array {
  const longer = Buffer.concat([plan, Buffer.from(statements.map((line) => `${line}\n`).join(''))]);
  longer.writeBigUInt64LE(BigInt(longer.byteLength), 16);
  return longer;
}

function refittablePlan(product: Product): Uint8Array {
  return withStatements(scalePlan({ product }), 'refittable');
}

async function load(plan: PlanInput, options: LoadOptions = {}): Promise<Engine> {
  const engine = await Engine.load(plan, { libraryDir, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

/** y for x = [1, 2, 3, 4] in a network that scales. */
async function scaled(session: Session): Promise<number[]> {
  const { y } = await session.infer({ x: tensor('float32', [1, 4], [1, 2, 3, 4]) });
  return [...(y?.data ?? [])].map(Number);
}

const one = (value: number) => tensor('float32', [1], [value]);

/** Runs statements in a process of its own, whose stand-ins read `env`, and gives what it prints. */
async function inChild(plan: Uint8Array, env: NodeJS.ProcessEnv, body: string): Promise<string> {
  const path = join(mkdtempSync(join(folder, 'child-')), 'engine.plan');
  writeFileSync(path, plan);
  const script = `
    import { Engine } from ${JSON.stringify(resolve('dist/index.js'))};
    const [plan, libraryDir] = process.argv.slice(1);
    try { ${body} } catch ({ code, message }) { console.log(code, message); }`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script, path, libraryDir],
    { env: { ...process.env, ...standins.env, ...env } },
  );
  return stdout.trim();
}

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('%s', (product) => {
  const scale = scalePlan({ product });

  describe('description', () => {
    it('tells what TensorRT tells of the engine', async () => {
      const engine = await load(
        withStatements(
          scale,
          'refittable',
          'verbosity detailed',
          'hardware amperePlus',
          'auxStreams 2',
          'debug "doubled"',
          'profileScratch 4096',
        ),
      );
      expect(engine).toMatchObject({
        name: 'scale',
        device: 0,
        layers: 4,
        auxStreams: 2,
        capability: 'standard',
        hardwareCompatibility: 'amperePlus',
        profilingVerbosity: 'detailed',
        refittable: true,
        weightsBytes: 8,
        strippedWeightsBytes: 0,
        debugTensors: ['doubled'],
        scratchBytes: [4096],
      });
      expect(engine.tensors).toEqual([
        {
          name: 'x',
          mode: 'input',
          type: 'float32',
          dims: [-1, 4],
          location: 'device',
          format: expect.stringContaining('Row-major linear FP32'),
          vectorizedDim: undefined,
          componentsPerElement: 1,
          shapesOthers: false,
          aliasOf: undefined,
        },
        expect.objectContaining({ name: 'y', mode: 'output' }),
      ]);
    });

    it('tells packed formats, and outputs in the memory of inputs', async () => {
      const engine = await load(withStatements(scale, 'format "x" chw4', 'alias "y" "x"'));
      expect(engine.tensors).toMatchObject([
        { name: 'x', vectorizedDim: expect.any(Number), componentsPerElement: 4 },
        { name: 'y', vectorizedDim: undefined, aliasOf: 'x' },
      ]);
    });

    it('tells the values that a shape tensor takes', async () => {
      const plan = standinPlan({
        product,
        inputs: [
          { name: 'x', type: 'float32', dims: [-1, 4] },
          { name: 'wanted', type: 'int64', dims: [2] },
        ],
        ops: [],
        outputs: [],
        profiles: [{ x: { min: [1, 4], opt: [2, 4], max: [8, 4] } }],
      });
      const engine = await load(
        withStatements(
          plan,
          'values "wanted" [1,1] [4,2] [16,8]',
          'op reshape "y" "x" "wanted"',
          'output "y"',
        ),
      );
      expect(engine.profiles).toEqual([
        {
          x: { min: [1, 4], opt: [2, 4], max: [8, 4] },
          wanted: { values: { min: [1, 1], opt: [4, 2], max: [16, 8] } },
        },
      ]);
      expect(engine.tensors[1]).toMatchObject({ location: 'host', shapesOthers: true });
    });

    it('parses what the inspector says', async () => {
      const detailed = await load(withStatements(scale, 'verbosity detailed'));
      expect(await detailed.inspect()).toMatchObject({
        Layers: expect.arrayContaining([expect.objectContaining({ LayerType: 'mul' })]),
      });
      const silent = await load(withStatements(scale, 'verbosity none'));
      await expect(silent.inspect()).rejects.toMatchObject({
        code: 'ERR_TRT_INFER',
        message: expect.stringContaining('profiling verbosity none'),
      });
    });

    it('tells what its layers compute with', async () => {
      const detailed = await load(withStatements(scale, 'verbosity detailed'));
      const { layers, totals, missed } = await detailed.precisionReport({
        quantized: [{ node: 'fc', action: 'int8' }],
      });
      expect(layers.length).toBeGreaterThan(0);
      expect(totals).toEqual({ float32: layers.length });
      expect(missed).toEqual([{ node: 'fc', wanted: 'int8', layers: [] }]);
      await expect((await load(scale)).precisionReport()).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
        remedy: expect.stringContaining('profilingVerbosity'),
      });
    });
  });

  describe('loading', () => {
    const path = join(folder, `${product}.plan`);
    beforeAll(() => writeFileSync(path, scale));

    const pieces = () => [scale.subarray(0, 10), scale.subarray(10, 200), scale.subarray(200)];

    it.each<[string, () => PlanInput]>([
      ['bytes', () => scale],
      ['a file', () => path],
      ['a list of pieces', pieces],
      [
        'a generator',
        async function* () {
          yield* pieces();
        },
      ],
      [
        'a ReadableStream',
        () => new Blob(pieces() as Uint8Array<ArrayBuffer>[]).stream() as unknown as PlanInput,
      ],
    ])('takes %s, and leaves no file behind', async (_, input) => {
      const engine = await load(input());
      const session = await engine.createSession();
      expect(await scaled(session)).toEqual([3, 5, 7, 9]);
      expect(readdirSync(folder).filter((name) => name.startsWith('tensorrt-node-'))).toEqual([]);
    });

    it('gives the failure of a stream, and leaves no file behind', async () => {
      const reason = new Error('connection lost');
      async function* broken() {
        yield scale.subarray(0, 100);
        throw reason;
      }
      await expect(load(broken())).rejects.toBe(reason);
      await expect(load([scale, 'text'] as never)).rejects.toThrow(TypeError);
      await expect(load([scale.subarray(0, 100)])).rejects.toMatchObject({
        code: 'ERR_TRT_ENGINE_INVALID',
      });
      expect(readdirSync(folder).filter((name) => name.startsWith('tensorrt-node-'))).toEqual([]);
    });

    it('gives up when the signal is aborted', async () => {
      const reason = new Error('changed my mind');
      const controller = new AbortController();
      async function* endless() {
        for (;;) {
          yield scale;
          controller.abort(reason);
        }
      }
      await expect(load(endless(), { signal: controller.signal })).rejects.toBe(reason);
      await expect(load(scale, { signal: controller.signal })).rejects.toBe(reason);
      expect(readdirSync(folder).filter((name) => name.startsWith('tensorrt-node-'))).toEqual([]);
    });

    it('refuses a file that is not there', async () => {
      await expect(load(join(folder, 'none.plan'))).rejects.toMatchObject({ code: 'ERR_FILE' });
    });

    it('names both versions where another one built the plan', async () => {
      const version: StandinVersion = product === 'tensorrt' ? [11, 1, 0, 5] : [1, 6, 0, 9];
      const other = scalePlan({ product, version });
      await expect(load(other)).rejects.toMatchObject({
        code: 'ERR_TRT_ENGINE_VERSION',
        message: expect.stringMatching(
          product === 'tensorrt'
            ? /built by TensorRT 11\.1\.0\.5, this is 11\.4\.0\.106\. Build it again.*hostCode/
            : /built by TensorRT for RTX 1\.6\.0\.9, this is 1\.7\.1\.116\. Build it again/,
        ),
      });
      // Only plans of TensorRT can be version-compatible; whether this one is, TensorRT decides.
      await expect(load(other, { hostCode: true })).rejects.toMatchObject({
        code: product === 'tensorrt' ? 'ERR_TRT_ENGINE_INVALID' : 'ERR_TRT_ENGINE_VERSION',
      });
    });

    it.each<[string, LoadOptions, RegExp]>([
      ['a DLA core', { dlaCore: 0 }, /no DLA core 0: this machine has 0/],
      ['weight streaming', { weightStreamingBudget: 1 }, /cannot be streamed.*weightStreaming/],
    ])('refuses %s where there is none', async (_, options, message) => {
      await expect(load(scale, options)).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
        message: expect.stringMatching(message),
      });
    });

    it('refuses a lean runtime that cannot be loaded', async () => {
      await expect(load(scale, { leanRuntime: '/none/libnvinfer_lean.so' })).rejects.toMatchObject({
        code: 'ERR_TRT_LIBRARY_NOT_FOUND',
        file: '/none/libnvinfer_lean.so',
      });
    });

    it.each<[string, object, RegExp]>([
      ['a misspelt option', { hostcode: true }, /'hostcode'/],
      ['no number', { device: '0' }, /for device/],
      ['a word for a switch', { hostCode: 'yes' }, /true or false for hostCode/],
      ['no thread', { maxThreads: 0 }, /for maxThreads/],
      ['a budget below zero', { weightStreamingBudget: -1 }, /'auto' or bytes from 0/],
      ['a plugin that is no path', { plugins: [1] }, /plugins\[0\]/],
    ])('refuses %s', async (_, options, message) => {
      await expect(load(scale, options)).rejects.toThrow(TypeError);
      await expect(load(scale, options)).rejects.toThrow(message);
    });

    it('refuses what is no plan at all', async () => {
      await expect(load(7 as never)).rejects.toThrow(/a Plan.*for plan but received 7/);
    });
  });

  describe('refit', () => {
    it('names the weights that can be exchanged', async () => {
      const engine = await load(refittablePlan(product));
      expect((await engine.refittableWeights()).sort()).toEqual(['one', 'two']);
      expect(await (await load(scale)).refittableWeights()).toEqual([]);
    });

    it('changes what open sessions compute, with the values at the time of the call', async () => {
      const engine = await load(refittablePlan(product));
      const session = await engine.createSession({ contexts: 2 });
      expect(await scaled(session)).toEqual([3, 5, 7, 9]);
      const two = one(10);
      const refitting = engine.refit({ two });
      two.data[0] = 99;
      await refitting;
      expect(await scaled(session)).toEqual([11, 21, 31, 41]);
      await engine.refit({ one: one(0.5) });
      expect(await scaled(session)).toEqual([10.5, 20.5, 30.5, 40.5]);
    });

    it('waits for inferences in flight, and those that come later wait for it', async () => {
      const engine = await load(refittablePlan(product));
      const sessions = [
        await engine.createSession({ contexts: 3 }),
        await engine.createSession(),
      ] as const;
      for (let round = 0; round < 5; round++) {
        const before = sessions.flatMap((session) =>
          Array.from({ length: 6 }, () => scaled(session)),
        );
        const refits = [engine.refit({ two: one(100 + round) }), engine.refit({ one: one(round) })];
        await Promise.all([...before, ...refits]);
        for (const session of sessions) {
          expect(await scaled(session)).toEqual([1, 2, 3, 4].map((x) => (100 + round) * x + round));
        }
      }
    });

    it('does not wait for a session that was closed', async () => {
      const engine = await load(refittablePlan(product));
      const closing = await engine.createSession();
      const staying = await engine.createSession();
      const calls = [scaled(closing), scaled(closing), closing.close()];
      await engine.refit({ two: one(3) });
      await Promise.all(calls);
      expect(await scaled(staying)).toEqual([4, 7, 10, 13]);
    });

    it.each<[string, Record<string, ReturnType<typeof tensor>>, RegExp]>([
      ['an unknown name', { three: one(1) }, /no weights 'three'.*It has 'two', 'one'/],
      [
        'the wrong type',
        { two: tensor('int32', [1], [2]) },
        /'two' are 1 elements of type float32, not 1 elements of type int32/,
      ],
      [
        'the wrong count',
        { two: tensor('float32', [2], [2, 2]) },
        /not 2 elements of type float32/,
      ],
    ])('refuses %s, and goes on', async (_, weights, message) => {
      const engine = await load(refittablePlan(product));
      const session = await engine.createSession();
      await expect(engine.refit(weights)).rejects.toMatchObject({
        code: 'ERR_TRT_REFIT',
        tensor: Object.keys(weights)[0],
        message: expect.stringMatching(message),
      });
      expect(await scaled(session)).toEqual([3, 5, 7, 9]);
    });

    it('names the weights that are missing', async () => {
      const engine = await load(withStatements(scale, 'refittable', 'fused "two" "one"'));
      await expect(engine.refit({ two: one(1) })).rejects.toMatchObject({
        code: 'ERR_TRT_REFIT',
        message: expect.stringContaining("Weights are missing: 'one'"),
      });
    });

    it('refuses an engine that was not built for it', async () => {
      const engine = await load(scale);
      await expect(engine.refit({ two: one(1) })).rejects.toMatchObject({
        code: 'ERR_TRT_REFIT',
        message: expect.stringContaining('flag refit'),
      });
    });

    it('does nothing when the signal is aborted, and refuses what are no weights', async () => {
      const engine = await load(refittablePlan(product));
      const reason = new Error('no longer');
      await expect(
        engine.refit({ two: one(9) }, { signal: AbortSignal.abort(reason) }),
      ).rejects.toBe(reason);
      await expect(engine.refit({ two: [1] } as never)).rejects.toThrow(
        /a tensor for weights\.two/,
      );
      await expect(engine.refit(7 as never)).rejects.toThrow(TypeError);
      expect(await scaled(await engine.createSession())).toEqual([3, 5, 7, 9]);
    });

    it('takes the weights of a file', async () => {
      const engine = await load(refittablePlan(product));
      const session = await engine.createSession();
      const file = join(folder, 'weights.onnx');
      // What the stand-in for the parser reads in place of ONNX.
      writeFileSync(file, 'stand-in weights\n"two" float32 [1] 4\n"one" float32 [1] -1\n');
      await engine.refit(file);
      expect(await scaled(session)).toEqual([3, 7, 11, 15]);
      writeFileSync(file, 'something else\n');
      await expect(engine.refit(file)).rejects.toMatchObject({
        code: 'ERR_TRT_REFIT',
        file,
        message: expect.stringContaining('do not fit the engine'),
      });
    });

    it('hands a model on as a file, which it removes', async () => {
      const engine = await load(refittablePlan(product));
      const model = buildModel({
        nodes: [{ opType: 'Relu', inputs: ['x'], outputs: ['y'] }],
        inputs: [{ name: 'x', type: 'float32', dims: [1] }],
        outputs: [{ name: 'y', type: 'float32', dims: [1] }],
      });
      await expect(engine.refit(model)).rejects.toMatchObject({ code: 'ERR_TRT_REFIT' });
      expect(readdirSync(folder).filter((name) => name.startsWith('tensorrt-node-'))).toEqual([]);
    });
  });

  describe('serialize', () => {
    it('gives a plan with the weights of the moment', async () => {
      const engine = await load(refittablePlan(product));
      await engine.refit({ two: one(5) });
      const plan = await engine.serialize();
      expect(plan).toMatchObject({ product, bytes: plan.data.byteLength });
      await engine.close();
      expect(await scaled(await (await load(plan)).createSession())).toEqual([6, 11, 16, 21]);
    });

    it('leaves weights out, which a refit brings back', async () => {
      const engine = await load(refittablePlan(product));
      const stripped = await load(await engine.serialize({ excludeWeights: true }));
      expect(stripped.strippedWeightsBytes).toBe(8);
      await expect(stripped.refit({ two: one(2) })).rejects.toMatchObject({
        code: 'ERR_TRT_REFIT',
        message: expect.stringContaining("missing: 'one'"),
      });
      await stripped.refit({ two: one(2), one: one(1) });
      expect(await scaled(await stripped.createSession())).toEqual([3, 5, 7, 9]);
    });

    it('says why not', async () => {
      const engine = await load(scale);
      await expect(engine.serialize({ excludeWeights: true })).rejects.toMatchObject({
        code: 'ERR_TRT_INFER',
        recorded: [expect.anything()],
      });
      await expect(engine.serialize({ excludeweights: true } as never)).rejects.toThrow(TypeError);
    });
  });

  describe('weight streaming', () => {
    const streamable = withStatements(scale, 'streamable 65536');

    it('moves weights off the device and back', async () => {
      const engine = await load(streamable, { weightStreamingBudget: 1024 });
      const [streaming] = engine.scratchBytes;
      expect(await engine.weightStreaming()).toEqual({
        streamableBytes: 65536,
        budgetBytes: 1024,
        automaticBudgetBytes: 65536,
        scratchBytes: 8192,
      });
      expect((await engine.memoryReport()).weightsBytes).toBe(8 + 1024);
      await engine.setWeightStreamingBudget('auto');
      expect(await engine.weightStreaming()).toMatchObject({ budgetBytes: 65536, scratchBytes: 0 });
      expect(engine.scratchBytes).toEqual([(streaming ?? 0) - 8192]);
      expect(await scaled(await engine.createSession())).toEqual([3, 5, 7, 9]);
    });

    it('stays as it is while a session is open', async () => {
      const engine = await load(streamable, { weightStreamingBudget: 'auto' });
      const session = await engine.createSession();
      await expect(engine.setWeightStreamingBudget(0)).rejects.toMatchObject({ code: 'ERR_BUSY' });
      await session.close();
      await engine.setWeightStreamingBudget(0);
      expect((await engine.weightStreaming()).budgetBytes).toBe(0);
      await expect(engine.setWeightStreamingBudget(-1)).rejects.toThrow(TypeError);
    });

    it('is all zero for an engine that was not built for it', async () => {
      const engine = await load(scale);
      expect(Object.values(await engine.weightStreaming())).toEqual([0, 0, 0, 0]);
      await expect(engine.setWeightStreamingBudget(0)).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
      });
    });
  });

  describe('memory', () => {
    const gib = 2 ** 30;
    const big = withStatements(scale, `scratch ${5 * gib}`);

    it('compares a plan with what is free', async () => {
      expect(await estimateMemory(big)).toEqual({
        planBytes: big.byteLength,
        freeBytes: 8 * gib,
        deviceBytes: 8 * gib,
        fits: true,
      });
      await expect(estimateMemory(big, { device: 1 })).rejects.toMatchObject({
        code: 'ERR_NO_GPU',
      });
    });

    it('reports what contexts take, and whether they fit', async () => {
      const engine = await load(withStatements(scale, 'profileScratch 4096', `scratch ${gib}`));
      expect(await engine.memoryReport({ contexts: 3 })).toEqual({
        weightsBytes: 8,
        contexts: 3,
        scratchBytesPerContext: [4096],
        totalBytes: 8 + 3 * 4096,
        freeBytes: expect.any(Number),
        deviceBytes: 8 * gib,
        fits: true,
      });
      const large = await load(big);
      expect(await large.memoryReport({ contexts: 2 })).toMatchObject({ fits: false });
      await expect(large.memoryReport({ profiles: [1] })).rejects.toThrow(/profiles\[0\]/);
    });

    it('refuses contexts that cannot fit, with the numbers', async () => {
      const engine = await load(big);
      await expect(engine.createSession({ contexts: 2 })).rejects.toMatchObject({
        code: 'ERR_GPU_MEMORY',
        message: expect.stringMatching(
          new RegExp(`contexts take 2 x ${5 * gib} bytes.* of the ${8 * gib} bytes`),
        ),
      });
    });

    it('refuses a plan that cannot fit, unless it is told to try', async () => {
      const long = withStatements(scale, `name "${'n'.repeat(20_000)}"`);
      const env = { STANDIN_CUDA_MEMORY: '16384' };
      const refused = await inChild(long, env, 'await Engine.load(plan, { libraryDir });');
      expect(refused).toMatch(
        new RegExp(`^ERR_GPU_MEMORY The plan has ${long.byteLength} bytes, and 16384 of the 16384`),
      );
      const tried = await inChild(
        long,
        env,
        `const engine = await Engine.load(plan, { libraryDir, checkMemory: false });
         console.log(engine.layers); await engine.close();`,
      );
      // The file is read through device memory, of which the stand-in has too little.
      expect(tried).toMatch(/^4$|^ERR_GPU_MEMORY TensorRT refused/);
    });
  });

  it('refuses everything once it is closed', async () => {
    const engine = await load(refittablePlan(product));
    await engine.close();
    const calls = [
      () => engine.createSession(),
      () => engine.inspect(),
      () => engine.serialize(),
      () => engine.weightStreaming(),
      () => engine.setWeightStreamingBudget(0),
      () => engine.refittableWeights(),
      () => engine.refit({ two: one(1) }),
      () => engine.weightsLoaded(),
      () => engine.loadWeights(),
      () => engine.unloadWeights(),
      () => engine.memoryReport(),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('finishes what is under way when it is closed', async () => {
    const engine = await load(refittablePlan(product));
    const session = await engine.createSession();
    const work = [engine.refit({ two: one(7) }), engine.inspect(), scaled(session)];
    await engine.close();
    await Promise.all(work);
  });
});

describe('deferred weights', () => {
  const plan = scalePlan({ product: 'tensorrt-rtx' });
  const path = join(folder, 'deferred.plan');
  beforeAll(() => writeFileSync(path, plan));

  it.each<[string, () => PlanInput]>([
    ['bytes', () => plan],
    ['a file', () => path],
    ['a stream', () => [plan.subarray(0, 200), plan.subarray(200)]],
  ])('come to the device later and leave it again, from %s', async (_, input) => {
    const engine = await load(input(), { deferredWeights: true });
    const session = await engine.createSession({ contexts: 2 });
    for (let round = 0; round < 2; round++) {
      expect(await engine.weightsLoaded()).toBe(false);
      expect((await engine.memoryReport()).weightsBytes).toBe(0);
      await expect(scaled(session)).rejects.toMatchObject({ code: 'ERR_TRT_INFER' });
      await engine.loadWeights();
      expect(await engine.weightsLoaded()).toBe(true);
      expect(await scaled(session)).toEqual([3, 5, 7, 9]);
      await engine.unloadWeights();
    }
    await expect(engine.unloadWeights()).rejects.toMatchObject({ code: 'ERR_TRT_INFER' });
    await expect(engine.serialize()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('have to be asked for', async () => {
    const engine = await load(plan);
    expect(await engine.weightsLoaded()).toBe(true);
    await expect(engine.loadWeights()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    await expect(engine.unloadWeights()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('are not a feature of TensorRT', async () => {
    const call = load(scalePlan({ product: 'tensorrt' }), { deferredWeights: true });
    await expect(call).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/needs TensorRT for RTX 1\.6 or later; this is TensorRT 11/),
    });
  });

  it.each([
    ['1.5.0.0', 'await Engine.load(plan, { libraryDir, deferredWeights: true });', /1\.6 or later/],
    [
      '1.6.0.0',
      `const engine = await Engine.load(plan, { libraryDir, deferredWeights: true });
       await engine.loadWeights(); console.log(await engine.weightsLoaded());
       try { await engine.unloadWeights(); } finally { await engine.close(); }`,
      /^true\nERR_UNSUPPORTED Unloading weights needs TensorRT for RTX 1\.7 or later; this is .*1\.6/,
    ],
  ])('are refused by the versions before, here %s', async (version, body, message) => {
    const numbers = version.split('.').map(Number) as unknown as StandinVersion;
    const older = scalePlan({ product: 'tensorrt-rtx', version: numbers });
    expect(await inChild(older, { STANDIN_TENSORRT_VERSION: version }, body)).toMatch(message);
  });
});

describe('checkEngine', () => {
  const plan = scalePlan({ product: 'tensorrt-rtx' });
  /** Where the stand-in finds what it shall say: the verdict, then a mask of diagnostics. */
  const verdictOffset = 32;
  const diagnosticsOffset = 40;

  function planThatIs(verdict: number, diagnostics: number): Uint8Array {
    const marked = Buffer.from(plan);
    marked[verdictOffset] = verdict;
    marked.writeBigUInt64LE(BigInt(diagnostics), diagnosticsOffset);
    return marked;
  }

  it.each([
    ['valid', 0, 0, [], undefined],
    ['suboptimal', 1, 0, [], 'it was not built for this GPU'],
    [
      'invalid',
      2,
      6,
      ['unsupportedCc', 'oldCudaDriver'],
      /compute capability.*; the driver is older/,
    ],
    ['invalid', 2, 0, [], 'there is no usable NVIDIA driver on this machine'],
  ])('says %s', async (verdict, code, mask, diagnostics, reason) => {
    expect(await checkEngine(planThatIs(code, mask), { libraryDir })).toEqual({
      verdict,
      diagnostics,
      reason: reason instanceof RegExp ? expect.stringMatching(reason) : reason,
    });
  });

  it('tells that another version built a plan, from its file', async () => {
    const path = join(folder, 'other.plan');
    writeFileSync(path, scalePlan({ product: 'tensorrt-rtx', version: [1, 6, 0, 0] }));
    expect(await checkEngine(path, { libraryDir })).toMatchObject({
      verdict: 'invalid',
      diagnostics: ['versionMismatch'],
    });
  });

  it('is not a feature of TensorRT', async () => {
    const call = checkEngine(scalePlan({ product: 'tensorrt' }), { libraryDir });
    await expect(call).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('TensorRT for RTX 1.5 or later'),
    });
  });
});
