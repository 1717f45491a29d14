import { Runtime, type TensorMap, tensor } from 'tensorrt-node';
import { compareRuns, type RunSource } from 'tensorrt-node/evaluate';
import { describe, expect, test } from 'vitest';
import { buildModel, errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';

const here = { runtime: 'onnxruntime', isolate: false, threads: 1 } as const;

/** y = x + w, z = x. */
function adding(w: readonly number[]): RunSource {
  const dims = ['n', w.length];
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims }],
    outputs: [
      { name: 'y', type: 'float32', dims },
      { name: 'z', type: 'float32', dims },
    ],
    initializers: { w: tensor('float32', [w.length], w) },
    nodes: [
      { opType: 'Add', name: 'add', inputs: ['x', 'w'], outputs: ['y'] },
      { opType: 'Identity', name: 'copy', inputs: ['x'], outputs: ['z'] },
    ],
  });
  return { model, ...here };
}

const x = (...rows: number[][]): TensorMap => ({
  x: tensor('float32', [rows.length, rows[0]?.length ?? 0], rows.flat()),
});

describe('compareRuns', () => {
  test('tells how far outputs are apart', async () => {
    // a: (2, 4) and (4, 0); b: (2.5, 3) and (4.5, -1).
    const samples = [x([1, 2]), x([3, -2])];
    const { outputs, ...rest } = await compareRuns(adding([1, 2]), adding([1.5, 1]), samples);
    expect(rest).toEqual({
      a: 'onnxruntime (cpu)',
      b: 'onnxruntime (cpu)',
      samples: 2,
      tolerance: { absolute: 1e-5, relative: 1e-3 },
      within: false,
      onlyInA: [],
      onlyInB: [],
    });
    const none = { nan: 0, infinite: 0 };
    const exact = {
      name: 'z',
      elements: 4,
      within: true,
      beyond: 0,
      maxAbsolute: 0,
      meanAbsolute: 0,
      maxRelative: 0,
      meanRelative: 0,
      rmse: 0,
      cosine: 1,
      agreement: 1,
      largest: 3,
      nonFinite: { a: none, b: none },
    };
    expect(outputs[1]).toEqual(exact);
    const { cosine, rmse, meanRelative, ...y } = outputs[0] ?? ({} as never);
    expect(y).toEqual({
      name: 'y',
      elements: 4,
      within: false,
      beyond: 4,
      firstBeyond: { sample: 0, index: [0, 0], a: 2, b: 2.5 },
      maxAbsolute: 1,
      meanAbsolute: 3 / 4,
      maxRelative: 1 / 4,
      // (2, 4) by (2.5, 3) and (4, 0) by (4.5, -1): the largest is at the same place in the second.
      agreement: 1,
      largest: 4,
      nonFinite: { a: none, b: none },
    });
    expect(rmse).toBeCloseTo(Math.sqrt((0.25 + 1 + 0.25 + 1) / 4), 12);
    expect(meanRelative).toBeCloseTo((0.25 + 0.25 + 0.125) / 3, 12);
    expect(cosine).toBeCloseTo(
      (2 * 2.5 + 4 * 3 + 4 * 4.5) / Math.sqrt((4 + 16 + 16) * (6.25 + 9 + 20.25 + 1)),
      12,
    );
  });

  test.each([
    [{ absolute: 0.5, relative: 0 }, 2],
    [{ absolute: 0, relative: 0.25 }, 1],
    [{ absolute: 0.5, relative: 0.125 }, 1],
    [{ absolute: 1, relative: 0 }, 0],
  ])('has the rule of numpy.isclose: %o', async (tolerance, beyond) => {
    // numpy.isclose([2.5, 3, 4.5, -1], [2, 4, 4, 0], rtol=relative, atol=absolute)
    const samples = [x([1, 2], [3, -2])];
    const found = await compareRuns(adding([1, 2]), adding([1.5, 1]), samples, { tolerance });
    expect(found.outputs[0]).toMatchObject({ beyond, within: beyond === 0 });
    expect(found.within).toBe(beyond === 0);
  });

  test('finds what is not finite, which is near to itself alone', async () => {
    const samples = [x([0, 0, 0]), x([Number.NaN, Number.POSITIVE_INFINITY, 5])];
    const a = adding([0, 0, 0]);
    const same = await compareRuns(a, a, samples);
    expect(same).toMatchObject({ within: true });
    const first = { sample: 1, index: [0, 0] };
    expect(same.outputs[0]?.nonFinite).toEqual({
      a: { nan: 1, infinite: 1, first },
      b: { nan: 1, infinite: 1, first },
    });
    const infinite = await compareRuns(adding([0, 0, Number.NEGATIVE_INFINITY]), a, samples, {
      tolerance: { absolute: 1e30, relative: 1e30 },
    });
    expect(infinite.outputs[0]).toMatchObject({
      within: false,
      beyond: 2,
      firstBeyond: { sample: 0, index: [0, 2], a: Number.NEGATIVE_INFINITY, b: 0 },
      maxAbsolute: Number.POSITIVE_INFINITY,
      nonFinite: { a: { nan: 1, infinite: 3, first: { sample: 0, index: [0, 2] } } },
    });
  });

  test('names outputs that only one has, and shapes that differ', async () => {
    const flat = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 2] }],
      outputs: [
        { name: 'y', type: 'float32', dims: ['m'] },
        { name: 'extra', type: 'float32', dims: ['n', 2] },
      ],
      initializers: { shape: tensor('int64', [1], [-1]) },
      nodes: [
        { opType: 'Reshape', name: 'flatten', inputs: ['x', 'shape'], outputs: ['y'] },
        { opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['extra'] },
      ],
    });
    const found = await compareRuns(adding([0, 0]), { model: flat, ...here }, [x([1, 2])]);
    expect(found).toMatchObject({ within: false, onlyInA: ['z'], onlyInB: ['extra'] });
    expect(found.outputs).toHaveLength(1);
    expect(found.outputs[0]).toMatchObject({
      name: 'y',
      within: false,
      elements: 0,
      mismatch: { sample: 0, a: 'float32 [1, 2]', b: 'float32 [2]' },
    });
  });

  test('leaves open what was given open, and compares a path by another runtime', async () => {
    const path = `${await temporaryFolder()}/model.onnx`;
    const model = linearModel();
    await model.save(path);
    await using runtime = await Runtime.load(model, here);
    const samples = [{ x: randomTensor([2, 16]) }];
    const found = await compareRuns(runtime, { model: path, runtime: 'onnxruntime' }, samples);
    expect(found.within).toBe(true);
    expect((await runtime.infer(samples[0] as TensorMap))['y']?.dims).toEqual([2, 4]);
  });

  test('reports progress, and gives up when aborted', async () => {
    const samples = [x([1]), x([2])];
    const seen: unknown[] = [];
    const controller = new AbortController();
    const comparing = compareRuns(adding([0]), adding([0]), samples, {
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        controller.abort(new Error('enough'));
      },
    });
    expect(await errorOf(comparing)).toBe(controller.signal.reason);
    expect(seen).toEqual([{ phase: 'outputs', samples: 1, group: 1, groups: 1 }]);
  });

  test('needs samples, and outputs in common', async () => {
    const a = adding([0]);
    expect(await errorOf(compareRuns(a, a, []))).toMatchObject({ code: 'ERR_SAMPLES' });
    const other = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 1] }],
      outputs: [{ name: 'other', type: 'float32', dims: ['n', 1] }],
      nodes: [{ opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['other'] }],
    });
    const error = await errorOf(compareRuns(a, { model: other, ...here }, [x([1])]));
    expect(error).toMatchObject({ code: 'ERR_RUNTIME' });
    expect((error as Error).message).toContain('no output in common: y, z and other');
  });

  test.each([
    [undefined, {}],
    [[], { tolerances: {} }],
    [[], { tolerance: { relative: -1 } }],
    [[], { tolerance: { both: 1 } }],
    [[], { intermediates: 1 }],
    [(function* () {})(), { intermediates: true }],
  ])('refuses %o with %o', async (samples, options) => {
    const a = adding([0]);
    const error = await errorOf(compareRuns(a, a, samples as never, options as never));
    expect(error).toBeInstanceOf(TypeError);
  });
});

describe('intermediates', () => {
  /** Five nodes; the third divides by `divisor`. */
  function chain(divisor: number, type: 'float32' | 'float16' = 'float32'): RunSource {
    const bits = { 1: 0x3c00, 2: 0x4000, 0: 0 }[divisor] ?? 0;
    const d =
      type === 'float32' ? tensor(type, [], [divisor]) : tensor(type, [], Uint16Array.of(bits));
    const model = buildModel({
      inputs: [{ name: 'x', type, dims: ['n', 2] }],
      outputs: [{ name: 'y', type, dims: ['n', 2] }],
      initializers: { d },
      nodes: [
        { opType: 'Relu', name: 'positive', inputs: ['x'], outputs: ['t0'] },
        { opType: 'Neg', name: 'negate', inputs: ['t0'], outputs: ['t1'] },
        { opType: 'Div', name: 'divide', inputs: ['t1', 'd'], outputs: ['t2'] },
        { opType: 'Abs', name: 'absolute', inputs: ['t2'], outputs: ['t3'] },
        { opType: 'Sqrt', name: 'root', inputs: ['t3'], outputs: ['y'] },
      ],
    });
    return { model, ...here };
  }

  test('find the first tensor that differs', async () => {
    const { inside, within } = await compareRuns(chain(1), chain(2), [x([1, 4])], {
      intermediates: true,
    });
    expect(within).toBe(false);
    expect(inside?.tensors.map(({ name, within }) => [name, within])).toEqual([
      ['t0', true],
      ['t1', true],
      ['t2', false],
      ['t3', false],
      ['y', false],
    ]);
    expect(inside?.firstDifference).toEqual({
      tensor: 't2',
      node: { name: 'divide', opType: 'Div', index: 2 },
    });
    expect(inside?.firstNaN).toEqual({});
  });

  test('find the node that makes the first NaN', async () => {
    // -0 / 0
    const { inside } = await compareRuns(chain(1), chain(0), [x([1, 1]), x([0, 1])], {
      intermediates: true,
    });
    expect(inside?.firstNaN).toEqual({
      b: { tensor: 't2', node: { name: 'divide', opType: 'Div', index: 2 } },
    });
    const t2 = inside?.tensors.find(({ name }) => name === 't2');
    expect(t2?.nonFinite.b).toEqual({
      nan: 1,
      infinite: 3,
      first: { sample: 0, index: [0, 0] },
    });
  });

  test('are compared in groups, and models stay as they are', async () => {
    // How many values are chosen nobody knows beforehand: 16 MiB are set aside for each tensor.
    const names = Array.from({ length: 18 }, (_, index) => `t${index}`);
    const model = buildModel({
      inputs: [
        { name: 'x', type: 'float32', dims: ['n', 2] },
        { name: 'chosen', type: 'bool', dims: ['m'] },
      ],
      outputs: [{ name: 'y', type: 'float32', dims: ['k'] }],
      nodes: [
        { opType: 'Compress', name: 'choose', inputs: ['x', 'chosen'], outputs: ['t0'] },
        ...names.map((name, index) => ({
          opType: 'Relu',
          name: `relu${index}`,
          inputs: [name],
          outputs: [names[index + 1] ?? 'y'],
        })),
      ],
    });
    const source = { model, ...here };
    const before = model.toBytes();
    const progress: unknown[] = [];
    const samples = [[1, 0], [1]].map((chosen) => ({
      ...x([1, 2]),
      chosen: tensor('bool', [chosen.length], chosen as never),
    }));
    const { inside } = await compareRuns(source, source, samples, {
      intermediates: true,
      onProgress: ({ phase, samples: done, group, groups }) => {
        progress.push([phase, done, group, groups]);
      },
    });
    expect(inside?.tensors.map(({ name, elements }) => [name, elements])).toEqual(
      [...names, 'y'].map((name) => [name, 2]),
    );
    expect(model.toBytes()).toEqual(before);
    expect(progress).toEqual([
      ['outputs', 1, 1, 1],
      ['outputs', 2, 1, 1],
      ['inside', 1, 1, 2],
      ['inside', 2, 1, 2],
      ['inside', 1, 2, 2],
      ['inside', 2, 2, 2],
    ]);
  });

  test('are those that both have, whatever their float type', async () => {
    const halves = { x: tensor('float16', [1, 2], Uint16Array.of(0x3c00, 0x4400)) };
    const half = chain(2, 'float16');
    const { inside } = await compareRuns(half, half, [halves], { intermediates: true });
    expect(inside?.tensors.map(({ name }) => name)).toEqual(['t0', 't1', 't2', 't3', 'y']);
    expect(inside?.tensors[2]).toMatchObject({ largest: 2, within: true });
  });

  test('need models', async () => {
    await using runtime = await Runtime.load(linearModel(), here);
    const options = { intermediates: true };
    const source = adding([0]);
    expect(await errorOf(compareRuns(runtime, source, [x([1])], options))).toBeInstanceOf(
      TypeError,
    );
    const plan = { model: 'a.plan', runtime: 'tensorrt' } as const;
    const error = await errorOf(compareRuns(source, plan, [x([1])], options));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('an ONNX model for options.intermediates');
  });
});
