import { expect, test } from 'vitest';
import { float } from '../../dist/onnx/attributes.js';
import type { Model } from '../../dist/onnx/model.js';
import { smoothQuant } from '../../dist/quantize/tuning/smooth-quant.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type Tensor, type TensorMap, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, type ModelSpec, randomTensor } from './helpers.js';

const width = 16;
const x = { name: 'x', type: 'float32', dims: ['n', width] } as const;
const y = { name: 'y', type: 'float32', dims: undefined } as const;

function modelOf(spec: Pick<ModelSpec, 'nodes'> & Partial<ModelSpec>): Model {
  const inputs = [{ ...x, dims: [...x.dims] }];
  return buildModel({ inputs, outputs: [{ ...y }], ...spec });
}

function matrix(seed: number): Tensor<'float32'> {
  return randomTensor([width, width], { seed, scale: 0.5 });
}

/** Numbers near 1 with one of a hundred. */
function withOutlier(seed: number): Tensor<'float32'> {
  const { dims, data } = randomTensor([width], { seed, scale: 0.2 });
  const values = data.map((value) => value + 1);
  values[5] = 100;
  return tensor('float32', dims, values);
}

const samples: TensorMap[] = Array.from({ length: 4 }, (_, index) => ({
  x: randomTensor([12, width], { seed: 50 + index, scale: 2 }),
}));

async function outputsOf(model: Model): Promise<number[]> {
  await using runtime = await openOnnxRuntime(model);
  const outputs: number[] = [];
  for (const sample of samples) {
    for (const { data } of Object.values(await runtime.infer(sample))) {
      outputs.push(...(data as Float32Array));
    }
  }
  return outputs;
}

/** The models compute the same, relative to the largest output. */
async function expectSame(smoothed: Model, model: Model): Promise<void> {
  const expected = await outputsOf(model);
  const actual = await outputsOf(smoothed);
  const largest = Math.max(...expected.map(Math.abs));
  const errors = expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN)) / largest);
  expect(Math.max(...errors)).toBeLessThan(1e-5);
}

/** How much larger the largest channel of a tensor is than the middle one. */
async function spreadOf(model: Model, name: string): Promise<number> {
  const copy = model.clone();
  copy.graph.addOutput({ name, type: 'float32', dims: undefined });
  await using runtime = await openOnnxRuntime(copy);
  const absmax = new Array<number>(width).fill(0);
  for (const sample of samples) {
    const { data } = (await runtime.infer(sample))[name] as Tensor<'float32'>;
    data.forEach((value, i) => {
      absmax[i % width] = Math.max(absmax[i % width] ?? 0, Math.abs(value));
    });
  }
  const sorted = absmax.toSorted((a, b) => a - b);
  return (sorted[width - 1] ?? 0) / (sorted[width / 2] ?? 1);
}

const norm = { opType: 'LayerNormalization', name: 'norm', inputs: ['x', 'gamma', 'beta'] };

test('a LayerNormalization takes the factors of all linear layers that read it', async () => {
  const model = modelOf({
    outputs: [
      { ...y, name: 'q' },
      { ...y, name: 'k' },
    ],
    initializers: {
      gamma: withOutlier(1),
      beta: randomTensor([width], { seed: 2 }),
      wq: matrix(3),
      wk: matrix(4),
    },
    nodes: [
      { ...norm, outputs: ['h'] },
      { opType: 'MatMul', name: 'query', inputs: ['h', 'wq'], outputs: ['q'] },
      {
        opType: 'Gemm',
        name: 'key',
        inputs: ['h', 'wk'],
        outputs: ['k'],
        attributes: { transB: 1 },
      },
    ],
  });
  const before = model.toBytes();

  const smoothed = await smoothQuant(model, samples, { alpha: 0.5 });

  expect(smoothed.report).toEqual([
    {
      tensor: 'h',
      layers: ['query', 'key'],
      action: 'folded',
      reason: "LayerNormalization 'norm' takes the factors",
      alpha: 0.5,
    },
  ]);
  await expectSame(smoothed, model);
  expect(await spreadOf(model, 'h')).toBeGreaterThan(40);
  expect(await spreadOf(smoothed, 'h')).toBeLessThan(15);
  expect(model.toBytes()).toEqual(before);
});

test('with alpha 1 every channel has the same range', async () => {
  const model = modelOf({
    initializers: { gamma: withOutlier(1), w: matrix(3) },
    nodes: [
      { opType: 'LayerNormalization', name: 'norm', inputs: ['x', 'gamma'], outputs: ['h'] },
      { opType: 'MatMul', name: 'linear', inputs: ['h', 'w'], outputs: ['y'] },
    ],
  });
  const smoothed = await smoothQuant(model, samples, { alpha: 1 });
  expect(await spreadOf(smoothed, 'h')).toBeCloseTo(1, 4);
  await expectSame(smoothed, model);
});

test('a normalisation that is written out, a linear layer and the end of GELU take factors', async () => {
  const model = modelOf({
    initializers: {
      gamma: withOutlier(1),
      beta: randomTensor([width], { seed: 2 }),
      w1: matrix(3),
      b1: withOutlier(4),
      w2: matrix(5),
      w3: matrix(6),
      half: tensor('float32', [], [0.5]),
    },
    nodes: [
      { opType: 'Mul', name: 'scaled', inputs: ['x', 'gamma'], outputs: ['s'] },
      { opType: 'Add', name: 'shifted', inputs: ['beta', 's'], outputs: ['h'] },
      { opType: 'MatMul', name: 'first', inputs: ['h', 'w1'], outputs: ['p'] },
      { opType: 'Add', name: 'biased', inputs: ['p', 'b1'], outputs: ['q'] },
      { opType: 'Relu', name: 'relu', inputs: ['q'], outputs: ['r'] },
      { opType: 'MatMul', name: 'second', inputs: ['r', 'w2'], outputs: ['t'] },
      { opType: 'Sigmoid', name: 'gate', inputs: ['t'], outputs: ['g'] },
      { opType: 'Mul', name: 'gated', inputs: ['t', 'g'], outputs: ['u'] },
      { opType: 'Mul', name: 'halved', inputs: ['u', 'half'], outputs: ['v'] },
      { opType: 'MatMul', name: 'third', inputs: ['v', 'w3'], outputs: ['y'] },
    ],
  });
  const smoothed = await smoothQuant(model, samples, { alpha: 0.5 });
  expect(smoothed.report.map(({ action, reason }) => [action, reason])).toEqual([
    ['folded', "Mul 'scaled' takes the factors"],
    ['folded', "MatMul 'first' takes the factors"],
    ['folded', "Mul 'halved' takes the factors"],
  ]);
  await expectSame(smoothed, model);
  expect(await spreadOf(smoothed, 'h')).toBeLessThan(0.5 * (await spreadOf(model, 'h')));
});

const postNorm = {
  initializers: {
    gamma: withOutlier(1),
    beta: randomTensor([width], { seed: 2 }),
    w: matrix(3),
  },
  nodes: [
    { ...norm, outputs: ['h'] },
    { opType: 'MatMul', name: 'linear', inputs: ['h', 'w'], outputs: ['p'] },
    { opType: 'Add', name: 'residual', inputs: ['p', 'h'], outputs: ['y'] },
  ],
};

test('the strength that is found smooths an outlier, and leaves what is flat as it is', async () => {
  const steep = modelOf({
    initializers: { gamma: withOutlier(1), w: matrix(3) },
    nodes: [
      { opType: 'LayerNormalization', name: 'norm', inputs: ['x', 'gamma'], outputs: ['h'] },
      { opType: 'MatMul', name: 'linear', inputs: ['h', 'w'], outputs: ['y'] },
    ],
  });
  const smoothed = await smoothQuant(steep, samples);
  expect(smoothed.report[0]?.alpha).toBeGreaterThanOrEqual(0.3);
  await expectSame(smoothed, steep);

  // Plus and minus one are exact in INT8; any other range of a channel is not.
  const signs = samples.map((sample) => {
    const { dims, data } = sample['x'] as Tensor<'float32'>;
    return { x: tensor('float32', dims, data.map(Math.sign)) };
  });
  const plain = modelOf({
    initializers: { one: tensor('float32', [], [1]), w: matrix(3) },
    nodes: [
      { opType: 'Mul', name: 'scaled', inputs: ['x', 'one'], outputs: ['h'] },
      { opType: 'MatMul', name: 'linear', inputs: ['h', 'w'], outputs: ['y'] },
    ],
  });
  const flat = await smoothQuant(plain, signs);
  expect(flat.report).toEqual([
    {
      tensor: 'h',
      layers: ['linear'],
      action: 'unchanged',
      reason: 'no strength brings the INT8 products nearer to the float ones',
    },
  ]);
});

test('what a residual connection reads too stays, unless a Mul may be inserted', async () => {
  const model = modelOf(postNorm);
  const unchanged = await smoothQuant(model, samples);
  expect(unchanged.report).toEqual([
    {
      tensor: 'h',
      layers: ['linear'],
      action: 'unchanged',
      reason: "Add 'residual' reads it too",
    },
  ]);
  expect(unchanged.graph.nodes.map(({ opType }) => opType)).toEqual([
    'LayerNormalization',
    'MatMul',
    'Add',
  ]);

  const inserted = await smoothQuant(model, samples, { alpha: 0.5, insert: true });
  expect(inserted.report[0]?.action).toBe('inserted');
  expect(inserted.graph.nodes.map(({ opType }) => opType)).toContain('Mul');
  await expectSame(inserted, model);
});

test('a weight that another layer reads is not touched', async () => {
  const model = modelOf({
    initializers: { gamma: withOutlier(1), w: matrix(3) },
    nodes: [
      { opType: 'LayerNormalization', name: 'norm', inputs: ['x', 'gamma'], outputs: ['h'] },
      { opType: 'MatMul', name: 'first', inputs: ['h', 'w'], outputs: ['p'] },
      { opType: 'Tanh', name: 'tanh', inputs: ['p'], outputs: ['t'] },
      { opType: 'MatMul', name: 'second', inputs: ['t', 'w'], outputs: ['y'] },
    ],
  });
  const smoothed = await smoothQuant(model, samples, { insert: true });
  expect(smoothed.report.map(({ action }) => action)).toEqual(['unchanged', 'unchanged']);
  expect(smoothed.report[0]?.reason).toBe("the weight 'w' is read by other nodes too");
});

test('constants that others read keep their value for them', async () => {
  const model = modelOf({
    outputs: [{ ...y }, { ...y, name: 'z' }],
    initializers: { gamma: withOutlier(1), w: matrix(3) },
    nodes: [
      { opType: 'Mul', name: 'scaled', inputs: ['x', 'gamma'], outputs: ['h'] },
      {
        opType: 'Gemm',
        name: 'linear',
        inputs: ['h', 'w'],
        outputs: ['y'],
        attributes: { alpha: float(1) },
      },
      { opType: 'Add', name: 'other', inputs: ['x', 'gamma'], outputs: ['z'] },
    ],
  });
  await expectSame(await smoothQuant(model, samples, { alpha: 0.5 }), model);
});

test('wrong arguments are a TypeError, and no samples an error', async () => {
  const model = modelOf(postNorm);
  await expect(smoothQuant(model, samples, { alpha: 2 })).rejects.toThrow(/from 0 to 1/);
  await expect(smoothQuant(model, samples, { beta: 2 } as object)).rejects.toThrow(/'beta'/);
  await expect(smoothQuant({} as Model, samples)).rejects.toThrow(TypeError);
  expect(await errorOf(smoothQuant(model, []))).toMatchObject({ code: 'ERR_CALIBRATION' });
});
