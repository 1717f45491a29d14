import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { type CalibrateOptions, calibrate } from '../../dist/quantize/calibrate.js';
import type { CalibrationTable } from '../../dist/quantize/calibration/table.js';
import { type TensorMap, tensor } from '../../dist/tensor.js';
import {
  buildModel,
  errorOf,
  linearModel,
  randomTensor,
  temporaryFolder,
} from '../unit/helpers.js';

// Each calibration starts a process.
vi.setConfig({ testTimeout: 60_000 });

const features = 16;

/** `x` [batch, sequence, 16] and `mask` [batch, sequence]; `h` = |x * w| enters a second product. */
function sequenceModel(): Model {
  return buildModel({
    inputs: [
      { name: 'x', type: 'float32', dims: ['batch', 'sequence', features] },
      { name: 'mask', type: 'int64', dims: ['batch', 'sequence'] },
    ],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 'sequence', features] }],
    initializers: { w: identity(2), v: identity(1) },
    nodes: [
      { opType: 'MatMul', name: 'first', inputs: ['x', 'w'], outputs: ['product'] },
      { opType: 'Abs', name: 'absolute', inputs: ['product'], outputs: ['h'] },
      { opType: 'MatMul', name: 'second', inputs: ['h', 'v'], outputs: ['y'] },
    ],
  });
}

/** A matrix that multiplies by a number. */
function identity(factor: number) {
  const data = new Float32Array(features * features);
  for (let i = 0; i < features; i++) data[i * (features + 1)] = factor;
  return tensor('float32', [features, features], data);
}

/** A sample of one sequence with a number in each row; the mask is 1 for the first `kept` rows. */
function sequence(rows: readonly number[], kept = rows.length): TensorMap {
  const values = rows.flatMap((row) => new Array(features).fill(row));
  const mask = rows.map((_, position) => (position < kept ? 1 : 0));
  return {
    x: tensor('float32', [1, rows.length, features], values),
    mask: tensor('int64', [1, rows.length], mask),
  };
}

function range(table: CalibrationTable, name: string) {
  const found = table.ranges.get(name);
  if (!found) throw new Error(`No range for ${name}`);
  return found;
}

let temporary: string;
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  temporary = await temporaryFolder();
  vi.stubEnv('TMPDIR', temporary);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  // Whatever happened: no model is left behind.
  expect(await readdir(temporary)).toEqual([]);
});

describe('ranges', () => {
  test('absmax of an input and of a tensor in between', async () => {
    const samples = [sequence([1, -3]), sequence([2, 0.5, -5])];
    const table = await calibrate(sequenceModel(), samples, { method: 'absmax' });
    expect(table).toMatchObject({ method: 'absmax', percentile: undefined, samples: 2 });
    expect([...table.ranges]).toEqual([
      ['x', { amax: 5, absmax: 5, count: 5 * features, nonFinite: 0, method: 'absmax' }],
      ['h', { amax: 10, absmax: 10, count: 5 * features, nonFinite: 0, method: 'absmax' }],
    ]);
  });

  test('percentile clips what lies above it', async () => {
    const rows = Array.from({ length: 100 }, (_, row) => row + 1);
    const table = await calibrate(sequenceModel(), [sequence(rows)], { percentile: 90 });
    expect(table).toMatchObject({ method: 'percentile', percentile: 90 });
    // Within one bin: 8192 bins reach from 0 to 128, and to 256.
    expect(Math.abs(range(table, 'x').amax - 90)).toBeLessThanOrEqual(128 / 8192);
    expect(Math.abs(range(table, 'h').amax - 180)).toBeLessThanOrEqual(256 / 8192);
    expect(range(table, 'h').absmax).toBe(200);
  });

  test('without options it is the percentile 99.99', async () => {
    const table = await calibrate(sequenceModel(), [sequence([1])]);
    expect(table).toMatchObject({ method: 'percentile', percentile: 99.99 });
  });

  test('the order of the samples does not matter', async () => {
    const samples = Array.from({ length: 8 }, (_, seed) => ({
      ...sequence(new Array(5).fill(0)),
      x: randomTensor([1, 5, features], { seed, scale: 2 ** seed }),
    }));
    const table = await calibrate(sequenceModel(), samples, { percentile: 99 });
    const reversed = await calibrate(sequenceModel(), [...samples].reverse(), { percentile: 99 });
    expect(reversed.toJSON()).toEqual(table.toJSON());
  });

  test('padding is left out, by position', async () => {
    const samples = [sequence([1, 2, 100, 100], 2), sequence([3, 100], 1)];
    const model = sequenceModel();
    const options = { method: 'absmax', padding: { mask: 'mask' } } as const;
    const table = await calibrate(model, samples, options);
    expect(range(table, 'x')).toMatchObject({ absmax: 3, count: 3 * features });
    expect(range(table, 'h')).toMatchObject({ absmax: 6, count: 3 * features });
    const unmasked = await calibrate(model, samples, { method: 'absmax' });
    expect(range(unmasked, 'x')).toMatchObject({ absmax: 100, count: 6 * features });
  });

  test('NaN and infinity are counted and have no part in the range', async () => {
    const samples = [sequence([1, Number.NaN, Infinity]), sequence([2])];
    const table = await calibrate(sequenceModel(), samples, { method: 'absmax' });
    expect(range(table, 'x')).toEqual({
      amax: 2,
      absmax: 2,
      count: 2 * features,
      nonFinite: 2 * features,
      method: 'absmax',
    });
    // The product with the zeros of the matrix turns infinity into NaN.
    expect(range(table, 'h')).toMatchObject({ amax: 4, count: 2 * features });
  });

  test('a model in which only an input is observed', async () => {
    const x = randomTensor([4, 16], { scale: 3 });
    const table = await calibrate(linearModel(), [{ x }], { method: 'absmax' });
    const absmax = Math.max(...x.data.map(Math.abs));
    expect([...table.ranges]).toEqual([
      ['x', { amax: absmax, absmax, count: 64, nonFinite: 0, method: 'absmax' }],
    ]);
  });

  test('a model with external data', async () => {
    const model = linearModel({ features: 64, hidden: 64, classes: 16 });
    await model.save(`${folder}/model.onnx`, { externalData: 'always' });
    const samples = [{ x: randomTensor([4, 64]) }];
    const external = await calibrate(await Model.load(`${folder}/model.onnx`), samples);
    expect(external.toJSON()).toEqual((await calibrate(model, samples)).toJSON());
    expect([...external.ranges.keys()]).toEqual(['x', 'h_relu']);
  });

  test('the model is not changed', async () => {
    const model = sequenceModel();
    const before = model.toBytes();
    await calibrate(model, [sequence([1])]);
    expect(Buffer.compare(model.toBytes(), before)).toBe(0);
  });
});

describe('samples', () => {
  test('an async generator is pulled a little ahead, and progress is reported', async () => {
    let pulled = 0;
    let done = 0;
    let furthestAhead = 0;
    const progress: [number, number | undefined][] = [];
    async function* samples() {
      for (; pulled < 10; pulled++) {
        furthestAhead = Math.max(furthestAhead, pulled - done);
        yield sequence([1, 2, 3]);
      }
    }
    await calibrate(sequenceModel(), samples(), {
      onProgress: ({ samples, total, elapsedMs }) => {
        done = samples;
        progress.push([samples, total]);
        expect(elapsedMs).toBeGreaterThan(0);
      },
    });
    expect(progress).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, undefined]));
    // Two with the calibration process, and the one being made.
    expect(furthestAhead).toBeLessThanOrEqual(3);
  });

  test.each([
    ['array', [sequence([1]), sequence([2])]],
    ['set', new Set([sequence([1]), sequence([2])])],
  ])('the total of an %s is known', async (_, samples) => {
    const totals: unknown[] = [];
    await calibrate(sequenceModel(), samples, { onProgress: ({ total }) => totals.push(total) });
    expect(totals).toEqual([2, 2]);
  });

  test.each([
    ['unknown input', { ...sequence([1]), y: randomTensor([1]) }, "'y'"],
    ['missing input', { x: sequence([1])['x'] }, "'mask'"],
    [
      'wrong type',
      { ...sequence([1]), x: tensor('int64', [1, 1, features], new Array(features).fill(0)) },
      'int64 [1, 1, 16]',
    ],
    ['wrong shape', { ...sequence([1]), x: randomTensor([1, 1, 17]) }, 'float32 [1, 1, 17]'],
  ])('%s: the error names the sample', async (_, sample, received) => {
    const samples = [sequence([1]), sequence([2]), sample as TensorMap, sequence([3])];
    const error = await errorOf(calibrate(sequenceModel(), samples));
    expect(error).toMatchObject({ code: 'ERR_FEED' });
    expect((error as Error).message).toContain('sample 2');
    expect((error as Error).message).toContain(received);
  });

  test('a sample that is no object', async () => {
    const error = await errorOf(calibrate(sequenceModel(), [null as never]));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('sample 0');
  });

  test('none at all', async () => {
    expect(await errorOf(calibrate(sequenceModel(), []))).toMatchObject({
      code: 'ERR_CALIBRATION',
    });
  });

  test('a source that throws: its error comes through', async () => {
    const broken = new Error('the disk is gone');
    async function* samples() {
      yield sequence([1]);
      throw broken;
    }
    expect(await errorOf(calibrate(sequenceModel(), samples()))).toBe(broken);
  });

  test('a source is closed when a sample is refused', async () => {
    let closed = false;
    function* samples() {
      try {
        for (;;) yield {} as TensorMap;
      } finally {
        closed = true;
      }
    }
    await errorOf(calibrate(sequenceModel(), samples()));
    expect(closed).toBe(true);
  });

  test('a sample that the model cannot run: the error names it and the node', async () => {
    const model = buildModel({
      inputs: [{ name: 'ids', type: 'int64', dims: ['n'] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', features] }],
      initializers: { table: randomTensor([10, features]), w: identity(1) },
      nodes: [
        { opType: 'Gather', name: 'embedding', inputs: ['table', 'ids'], outputs: ['h'] },
        { opType: 'MatMul', name: 'product', inputs: ['h', 'w'], outputs: ['y'] },
      ],
    });
    const samples = [1, 99, 2].map((id) => ({ ids: tensor('int64', [1], [id]) }));
    const error = await errorOf(calibrate(model, samples));
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    expect((error as Error).message).toMatch(/^Sample 1: .*embedding/s);
  });
});

describe('abort', () => {
  const reason = new Error('enough');

  async function* endless(onPull: (index: number) => void = () => {}) {
    for (let index = 0; ; index++) {
      onPull(index);
      yield sequence([1]);
    }
  }

  test('before the start', async () => {
    const signal = AbortSignal.abort(reason);
    const samples = endless(() => {
      throw new Error('pulled');
    });
    expect(await errorOf(calibrate(sequenceModel(), samples, { signal }))).toBe(reason);
  });

  test('while samples run', async () => {
    const controller = new AbortController();
    const samples = endless((index) => {
      if (index === 5) controller.abort(reason);
    });
    const { signal } = controller;
    expect(await errorOf(calibrate(sequenceModel(), samples, { signal }))).toBe(reason);
  });

  test('while a sample is awaited that never comes', async () => {
    const controller = new AbortController();
    async function* samples() {
      yield sequence([1]);
      setImmediate(() => controller.abort(reason));
      await new Promise(() => {});
    }
    const { signal } = controller;
    expect(await errorOf(calibrate(sequenceModel(), samples(), { signal }))).toBe(reason);
  });

  test('while the calibration process starts', async () => {
    const controller = new AbortController();
    const calibrating = errorOf(
      calibrate(sequenceModel(), endless(), { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(reason), 10);
    expect(await calibrating).toBe(reason);
  });
});

describe('what cannot be calibrated', () => {
  test('a model without weights that INT8 can take', async () => {
    const error = await errorOf(
      calibrate(linearModel({ features: 8 }), [{ x: randomTensor([1, 8]) }]),
    );
    expect(error).toMatchObject({ code: 'ERR_CALIBRATION' });
    expect((error as Error).message).toContain('[8, 32]');
  });

  test('a model that the runtime refuses', async () => {
    const model = sequenceModel();
    for (const node of model.graph.proto.node) if (node.opType === 'Abs') node.opType = 'Absent';
    const error = await errorOf(calibrate(model, [sequence([1])]));
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    expect((error as Error).message).toContain('Absent');
  });

  test.each<[string, object]>([
    ['an unknown option', { percentil: 99 }],
    ['an unknown method', { method: 'entropie' }],
    ['a percentile of 0', { percentile: 0 }],
    ['a percentile above 100', { percentile: 100.1 }],
    ['a percentile beside absmax', { method: 'absmax', percentile: 99 }],
    ['a mask that is no input', { padding: { mask: 'attention' } }],
    ['a mask that is float', { padding: { mask: 'x' } }],
    ['an unknown key of padding', { padding: { mask: 'mask', side: 'left' } }],
    ['no threads', { threads: 0 }],
  ])('%s is a TypeError', async (_, options) => {
    const calibrating = calibrate(sequenceModel(), [sequence([1])], options as CalibrateOptions);
    expect(await errorOf(calibrating)).toBeInstanceOf(TypeError);
  });

  test('arguments that are no model and no samples are a TypeError', async () => {
    expect(await errorOf(calibrate({} as Model, []))).toBeInstanceOf(TypeError);
    expect(await errorOf(calibrate(sequenceModel(), 5 as never))).toBeInstanceOf(TypeError);
  });
});
