import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { calibrate } from '../../dist/quantize/calibrate.js';
import { Calibration } from '../../dist/quantize/calibration/calibration.js';
import { type CollectOptions, collect } from '../../dist/quantize/calibration/collect.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import type { Runtime } from '../../dist/runtime/runtime.js';
import { elementCount, type TensorMap, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, randomTensor, temporaryFolder } from '../unit/helpers.js';

// Each run starts a process.
vi.setConfig({ testTimeout: 60_000 });

const features = 16;

/** `x` [batch, 16] and twice that, `h`, enter products; all that is computed is exact. */
function exactModel(factor = 2): Model {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', features] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', features] }],
    initializers: { w: diagonal(factor), v: diagonal(1) },
    nodes: [
      { opType: 'MatMul', name: 'first', inputs: ['x', 'w'], outputs: ['h'] },
      { opType: 'MatMul', name: 'second', inputs: ['h', 'v'], outputs: ['y'] },
    ],
  });
}

function diagonal(factor: number) {
  const data = new Float32Array(features * features);
  for (let i = 0; i < features; i++) data[i * (features + 1)] = factor;
  return tensor('float32', [features, features], data);
}

/** Rows that differ much in size, with zeros, NaN and an infinity among them. */
const rows = Array.from({ length: 40 }, (_, seed) => {
  const { data } = randomTensor([features], { seed, scale: 1.7 ** (seed % 17) });
  if (seed % 5 === 0) data.fill(0, 0, 4);
  if (seed === 7) data[3] = Number.NaN;
  if (seed === 21) data[0] = -Infinity;
  return data;
});

/** The rows in the given order, in batches of the given sizes. */
function batches(order: readonly number[], sizes: readonly number[]): TensorMap[] {
  const samples: TensorMap[] = [];
  for (let start = 0, i = 0; start < order.length; i++) {
    const part = order.slice(start, start + (sizes[i % sizes.length] as number));
    const values = part.flatMap((row) => [...(rows[row] as Float32Array)]);
    samples.push({ x: tensor('float32', [part.length, features], values) });
    start += part.length;
  }
  return samples;
}

const inOrder = rows.map((_, i) => i);
/** 7 and 40 have no common divisor, so this is every row once. */
const shuffled = inOrder.map((i) => (i * 7 + 3) % rows.length);
const one = { x: tensor('float32', [1, features], new Array(features).fill(1)) };

/** Spares the start of a process. */
const inProcess = { runtime: (model: Model) => openOnnxRuntime(model, { threads: 1 }) };

let whole: Calibration;
beforeAll(async () => {
  whole = await collect(exactModel(), batches(inOrder, [1]), inProcess);
});

describe('the histograms depend on the values alone', () => {
  async function* stream(samples: TensorMap[]) {
    yield* samples;
  }
  test.each<[string, () => Promise<Calibration>]>([
    ['another order', () => collect(exactModel(), batches(shuffled, [1]))],
    ['one batch', () => collect(exactModel(), batches(shuffled, [40]), inProcess)],
    ['uneven batches', () => collect(exactModel(), batches(shuffled, [1, 6, 2, 11]), inProcess)],
    ['a stream', () => collect(exactModel(), stream(batches(inOrder, [3])))],
    [
      'one process with one thread',
      () => collect(exactModel(), batches(inOrder, [5]), { threads: 1 }),
    ],
    [
      'a group for each tensor',
      () => collect(exactModel(), batches(inOrder, [5]), { memoryLimit: 1 }),
    ],
    [
      'a group for each tensor of a stream',
      () => collect(exactModel(), stream(batches(shuffled, [1, 4])), { memoryLimit: 100 }),
    ],
  ])('%s', async (_, run) => {
    const calibration = await run();
    expect(calibration.histograms).toEqual(whole.histograms);
    expect([...calibration.histograms.keys()]).toEqual(['x', 'h']);
  });

  test('shards, merged in any order or continued', async () => {
    const shards: Calibration[] = [];
    for (const part of [shuffled.slice(0, 11), shuffled.slice(11, 12), shuffled.slice(12)]) {
      shards.push(await collect(exactModel(), batches(part, [4]), inProcess));
    }
    const [a, b, c] = shards as [Calibration, Calibration, Calibration];
    const samples = a.samples + b.samples + c.samples;
    for (const merged of [a.merge(b).merge(c), c.merge(a.merge(b))]) {
      expect(merged.histograms).toEqual(whole.histograms);
      expect(merged.samples).toBe(samples);
    }
    const resumed = await collect(exactModel(), batches(shuffled.slice(12), [4]), {
      resume: a.merge(b),
      ...inProcess,
    });
    expect(resumed.histograms).toEqual(whole.histograms);
    expect(resumed.samples).toBe(samples);
  });

  test('they are those of the values: counted here', () => {
    const finite = rows.flatMap((row) => [...row].filter(Number.isFinite));
    for (const [name, factor] of [
      ['x', 1],
      ['h', 2],
    ] as const) {
      const histogram = whole.histograms.get(name);
      expect(histogram?.absmax).toBe(factor * Math.max(...finite.map(Math.abs)));
    }
    expect(whole.histograms.get('x')).toMatchObject({
      finite: rows.length * features - 2,
      zeros: finite.filter((value) => value === 0).length,
      nans: 1,
      infinities: 1,
    });
  });
});

describe('ranges', () => {
  test('every method from one run, and each says which it was', () => {
    const absmax = whole.histograms.get('h')?.absmax ?? 0;
    for (const method of ['absmax', 'percentile', 'entropy', 'mse'] as const) {
      const { ranges, ...table } = whole.table({ method });
      expect(table).toMatchObject({ method, samples: 40 });
      const range = ranges.get('h');
      expect(range).toMatchObject({ method, absmax, nonFinite: 32 });
      expect(range?.amax).toBeGreaterThan(0);
      expect(range?.amax).toBeLessThanOrEqual(absmax);
    }
    expect(whole.table().ranges.get('x')).toMatchObject({
      method: 'percentile',
      percentile: 99.99,
    });
  });

  test('overrides: a method, a percentile, a range; the last pattern decides', () => {
    const { ranges } = whole.table({
      method: 'absmax',
      overrides: { '*': { percentile: 90 }, h: { amax: 3.5 } },
    });
    expect(ranges.get('x')).toMatchObject({ method: 'percentile', percentile: 90 });
    expect(ranges.get('h')).toMatchObject({ method: 'given', amax: 3.5, nonFinite: 32 });
    const mixed = whole.table({ overrides: { h: { method: 'mse' } } });
    expect(mixed.ranges.get('h')?.method).toBe('mse');
    expect(mixed.ranges.get('x')?.method).toBe('percentile');
  });

  test.each<[string, object]>([
    ['a method', { method: 'kl' }],
    ['a percentile', { percentile: 0 }],
    ['a percentile beside another method', { method: 'mse', percentile: 99 }],
    ['a pattern without a tensor', { overrides: { 'g*': { amax: 1 } } }],
    ['an override that says nothing', { overrides: { h: {} } }],
    ['an amax of zero', { overrides: { h: { amax: 0 } } }],
    ['an amax beside a method', { overrides: { h: { amax: 1, method: 'mse' } } }],
    ['an unknown option', { methods: 'mse' }],
  ])('%s that is none is refused', async (_, options) => {
    expect(await errorOf(() => whole.table(options))).toBeInstanceOf(TypeError);
  });

  test("'auto' chooses a method for each tensor", async () => {
    const model = exactModel();
    const samples = batches([1, 2, 3, 4], [1]);
    const table = await calibrate(model, samples, { method: 'auto', checkSamples: 4 });
    expect(table).toMatchObject({ method: 'auto', samples: 4 });
    expect([...table.ranges.keys()].sort()).toEqual(['h', 'x']);
    for (const { method, amax } of table.ranges.values()) {
      expect(['absmax', 'percentile', 'entropy', 'mse']).toContain(method);
      expect(amax).toBeGreaterThan(0);
    }
  });
});

describe('a saved calibration', () => {
  test('comes back as it was, and is small', async () => {
    const path = `${await temporaryFolder()}/state.calibration`;
    await whole.save(path);
    const copy = await Calibration.load(path);
    expect(copy).toBeInstanceOf(Calibration);
    expect(copy).toEqual(whole);
    expect((await readFile(path)).byteLength).toBeLessThan(5000);
  });

  test('counts past 32 bits survive', async () => {
    const path = `${await temporaryFolder()}/state.calibration`;
    let large = whole;
    for (let i = 0; i < 40; i++) large = large.merge(large);
    await large.save(path);
    expect((await Calibration.load(path)).histograms).toEqual(large.histograms);
    expect(large.histograms.get('x')?.finite).toBe(638 * 2 ** 40);
  });

  async function damaged(change: (text: Buffer) => Buffer): Promise<[string, Error]> {
    const path = `${await temporaryFolder()}/state.calibration`;
    await whole.save(path);
    await writeFile(path, change(await readFile(path)));
    return [path, (await errorOf(Calibration.load(path))) as Error];
  }

  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['cut short', (bytes) => bytes.subarray(0, 200), 'damaged'],
    ['with a changed byte', (bytes) => Buffer.from(bytes).fill(1, 150, 151), 'damaged'],
    ['replaced by text', () => Buffer.from('{}'), 'another kind of file'],
    ['empty', () => Buffer.alloc(0), 'another kind of file'],
  ])('%s is refused', async (_, change, problem) => {
    const [file, error] = await damaged(change);
    expect(error).toMatchObject({ code: 'ERR_CALIBRATION', file });
    expect(error.message).toContain(problem);
  });

  test.each<[string, (text: string) => string, string]>([
    ['of another format', (text) => text.replace('tensorrt-node calibration', 'x'), 'another kind'],
    ['of a later version', (text) => text.replace('"version":1', '"version":2'), 'version is 2'],
    ['without samples', (text) => text.replace('"samples"', '"simples"'), 'not complete'],
    ['with too few counts', (text) => text.slice(0, -3), "'h' contradicts itself"],
    ['with too many counts', (text) => `${text}\x01`, 'counts do not fit'],
    [
      'with another number of values',
      (text) => text.replace('"finite":638', '"finite":639'),
      "'x' contradicts itself",
    ],
  ])('%s is refused', async (_, change, problem) => {
    const path = `${await temporaryFolder()}/state.calibration`;
    await whole.save(path);
    const text = (await promisify(gunzip)(await readFile(path))).toString('latin1');
    await writeFile(path, await promisify(gzip)(Buffer.from(change(text), 'latin1')));
    const error = (await errorOf(Calibration.load(path))) as Error;
    expect(error).toMatchObject({ code: 'ERR_CALIBRATION', file: path });
    expect(error.message).toContain(problem);
  });

  test('files that cannot be read or written are ERR_FILE', async () => {
    const folder = await temporaryFolder();
    for (const call of [Calibration.load(`${folder}/none`), whole.save(`${folder}/none/state`)]) {
      expect(await errorOf(call)).toMatchObject({ code: 'ERR_FILE' });
    }
  });
});

describe('calibrations that do not belong together', () => {
  test.each<[string, Model, CollectOptions, string]>([
    ['weights', exactModel(3), {}, 'different models'],
    ['tensors', exactModel(), { placement: { keepFloat: ['second'] } }, "'h' was observed in one"],
  ])('other %s: merge and resume say so', async (_, model, options, problem) => {
    const other = await collect(model, [one], { ...options, ...inProcess });
    const errors = [
      await errorOf(() => whole.merge(other)),
      await errorOf(collect(model, [one], { ...options, resume: whole })),
    ];
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_CALIBRATION' });
      expect((error as Error).message).toContain(problem);
    }
  });

  test('names of nodes, and where weights lie, make no difference', async () => {
    const folder = await temporaryFolder();
    await exactModel().save(`${folder}/model.onnx`, { externalData: 'always' });
    const model = await Model.load(`${folder}/model.onnx`);
    for (const node of model.graph.nodes) node.name = '';
    expect((await collect(model, [one], inProcess)).model).toBe(whole.model);
  });
});

describe('a runtime of your own', () => {
  /** Computes `h` without any library. */
  function fakeRuntime(model: Model, log: string[]): Runtime {
    const names = model.outputs.map(({ name }) => name);
    return {
      runtime: 'onnxruntime',
      provider: 'fake',
      inputs: model.inputs,
      outputs: model.outputs,
      async infer({ x }, options = {}) {
        log.push(`run ${options.outputs}`);
        if (x?.type !== 'float32') throw new Error('x is missing');
        return {
          h: tensor(
            'float32',
            x.dims,
            x.data.map((value) => 2 * value),
          ),
        };
      },
      stats() {
        throw new Error('nobody asks');
      },
      async close() {
        log.push(`close ${names}`);
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  test('is given a model that returns the observed tensors only, and is closed', async () => {
    const log: string[] = [];
    const finite = batches([1, 2, 3, 4], [2]);
    const calibration = await collect(exactModel(), finite, {
      runtime: async (model) => fakeRuntime(model, log),
    });
    const usual = await collect(exactModel(), finite, inProcess);
    expect(calibration.histograms).toEqual(usual.histograms);
    expect(log).toEqual(['run h', 'run h', 'close h']);
  });

  test('that fails: the error names the sample, and it is closed', async () => {
    const closed: string[] = [];
    const failing = (model: Model): Runtime => ({
      ...fakeRuntime(model, closed),
      infer: () => Promise.reject(new Error('out of order')),
    });
    const error = await errorOf(
      collect(exactModel(), [one, one], { runtime: async (model) => failing(model) }),
    );
    expect((error as Error).message).toContain('out of order');
    expect(closed).toEqual(['close h']);
  });

  test('an abort ends it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const closed: string[] = [];
    async function* endless() {
      for (let i = 0; ; i++) {
        if (i === 3) controller.abort(reason);
        yield one;
      }
    }
    const { signal } = controller;
    const runtime = async (model: Model) => fakeRuntime(model, closed);
    expect(await errorOf(collect(exactModel(), endless(), { runtime, signal }))).toBe(reason);
    expect(closed.at(-1)).toBe('close h');
  });

  test("'tensorrt' needs profiles for a stream into a dynamic model", async () => {
    async function* stream() {
      yield one;
    }
    const error = await errorOf(collect(exactModel(), stream(), { runtime: 'tensorrt' }));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('options.placement.profiles');
  });
});

test('progress counts every sample once, however many groups there are', async () => {
  const seen: number[] = [];
  await collect(exactModel(), batches(inOrder, [8]), {
    memoryLimit: 1,
    onProgress: ({ samples, total }) => {
      expect(total).toBe(5);
      seen.push(samples);
    },
  });
  expect(seen.at(-1)).toBe(5);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test('the test rows are what they are said to be', () => {
  expect(new Set(shuffled).size).toBe(rows.length);
  expect(elementCount([rows.length, features]) - 2).toBe(638);
});
