import { describe, expect, it } from 'vitest';
import { float } from '../../dist/onnx/attributes.js';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import type { Model } from '../../dist/onnx/model.js';
import { toHalf } from '../../dist/precision/to-half.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, randomTensor } from './helpers.js';
import {
  castsOf,
  decisionOn,
  distance,
  islandsOf,
  outputsOf,
  storedType,
} from './precision-fixtures.js';
import { tableOf } from './quantize-fixtures.js';

/** Nodes that read `x` [2, 16] and write `y`. */
function chain(
  nodes: readonly NodeSpec[],
  initializers: Record<string, Tensor> = {},
  opset = 17,
): Model {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [2, 16] }],
    outputs: [{ name: 'y', type: 'float32', dims: undefined }],
    initializers,
    nodes: nodes.map((node) => ({ name: node.outputs[0] as string, ...node })),
    opset,
  });
}

const scalar = (value: number) => tensor('float32', [], [value]);
const x = randomTensor([2, 16], { seed: 3, scale: 2 });

describe('normalisations that are written out', () => {
  const layerNorm: NodeSpec[] = [
    { opType: 'MatMul', inputs: ['x', 'w'], outputs: ['before'] },
    {
      opType: 'ReduceMean',
      inputs: ['before'],
      outputs: ['mean'],
      attributes: { axes: [-1], keepdims: 1 },
    },
    { opType: 'Sub', inputs: ['before', 'mean'], outputs: ['centred'] },
    { opType: 'Pow', inputs: ['centred', 'two'], outputs: ['squared'] },
    {
      opType: 'ReduceMean',
      inputs: ['squared'],
      outputs: ['variance'],
      attributes: { axes: [-1], keepdims: 1 },
    },
    { opType: 'Add', inputs: ['variance', 'epsilon'], outputs: ['guarded'] },
    { opType: 'Sqrt', inputs: ['guarded'], outputs: ['deviation'] },
    { opType: 'Div', inputs: ['centred', 'deviation'], outputs: ['normal'] },
    { opType: 'MatMul', inputs: ['normal', 'w'], outputs: ['y'] },
  ];
  const weights = {
    two: scalar(2),
    epsilon: scalar(1e-12),
    w: randomTensor([16, 16], { scale: 0.3 }),
  };

  it('keep their statistics, with one cast before and one after', async () => {
    const model = chain(layerNorm, weights);
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual([
      'mean',
      'centred',
      'squared',
      'variance',
      'guarded',
      'deviation',
      'normal',
    ]);
    expect(decisionOn(half, 'squared').reason).toBe("normalisation statistics, around 'deviation'");
    expect(castsOf(half)).toEqual([
      'x -> FLOAT16 as x_fp16',
      'before -> FLOAT as before_fp32',
      'normal -> FLOAT16 as normal_fp16',
      'y_fp16 -> FLOAT as y',
    ]);
    expect(await distance(model, half, { x })).toBeLessThan(0.01);
    const large = {
      x: tensor(
        'float32',
        [2, 16],
        x.data.map((value) => value * 1000),
      ),
    };
    expect(await distance(model, half, large)).toBeLessThan(0.01);
  });

  it('keep those of RMSNorm, with a reciprocal', async () => {
    const model = chain(
      [
        { opType: 'Mul', inputs: ['x', 'x'], outputs: ['squared'] },
        {
          opType: 'ReduceMean',
          inputs: ['squared'],
          outputs: ['mean'],
          attributes: { axes: [-1] },
        },
        { opType: 'Add', inputs: ['mean', 'epsilon'], outputs: ['guarded'] },
        { opType: 'Sqrt', inputs: ['guarded'], outputs: ['root'] },
        { opType: 'Reciprocal', inputs: ['root'], outputs: ['factor'] },
        { opType: 'Mul', inputs: ['x', 'factor'], outputs: ['normal'] },
        { opType: 'MatMul', inputs: ['normal', 'w'], outputs: ['y'] },
      ],
      weights,
    );
    expect(islandsOf(await toHalf(model))).toEqual([
      'squared',
      'mean',
      'guarded',
      'root',
      'factor',
      'normal',
    ]);
  });

  it('convert the fused operators, which compute them in FP32 inside', async () => {
    const node = (attributes: object): NodeSpec => ({
      opType: 'LayerNormalization',
      inputs: ['x', 'scale'],
      outputs: ['y'],
      attributes: { ...attributes },
    });
    const scale = { scale: randomTensor([16]) };
    const model = chain([node({})], scale);
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual([]);
    const large = {
      x: tensor(
        'float32',
        [2, 16],
        x.data.map((value) => value * 1000),
      ),
    };
    expect(await distance(model, half, large)).toBeLessThan(0.01);
    const explicit = await toHalf(chain([node({ stash_type: 16 })], scale));
    expect(decisionOn(explicit, 'y').reason).toContain('stash_type');
  });
});

describe('long sums', () => {
  const sum = (dims: number[]) =>
    buildModel({
      inputs: [{ name: 'x', type: 'float32', dims }],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      initializers: { axes: tensor('int64', [1], [1]) },
      nodes: [{ opType: 'ReduceSum', name: 'sum', inputs: ['x', 'axes'], outputs: ['y'] }],
    });

  it('stay FP32, and short ones do not', async () => {
    expect(islandsOf(await toHalf(sum([2, 256])))).toEqual([]);
    const long = await toHalf(sum([2, 257]));
    expect(decisionOn(long, 'sum').reason).toBe('a sum of 257 terms, more than 256');
    expect(castsOf(long)).toEqual([]);
    expect(islandsOf(await toHalf(sum([2, 257]), { maxReduction: 300 }))).toEqual([]);
  });

  it('stay FP32 where their length is not known', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2, 'n'] }],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      nodes: [
        {
          opType: 'ReduceL2',
          name: 'norm',
          inputs: ['x'],
          outputs: ['y'],
          attributes: { axes: [1] },
        },
      ],
    });
    expect(decisionOn(await toHalf(model), 'norm').reason).toBe('a sum of unknown length');
  });

  it('are products too, where the option says so', async () => {
    const nodes = [{ opType: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }];
    const model = chain(nodes, { w: randomTensor([16, 16]) });
    expect(islandsOf(await toHalf(model))).toEqual([]);
    const half = await toHalf(model, { maxReduction: 15 });
    expect(decisionOn(half, 'y').reason).toBe('a sum of 16 terms, more than 15');
  });
});

describe('constants that half precision cannot hold', () => {
  const scaled = (value: number) =>
    chain(
      [
        { opType: 'Mul', inputs: ['x', 'factor'], outputs: ['product'] },
        { opType: 'MatMul', inputs: ['product', 'w'], outputs: ['y'] },
      ],
      { factor: scalar(value), w: randomTensor([16, 16]) },
    );

  it('keep their readers, if too large or too small', async () => {
    const large = await toHalf(scaled(1e6));
    expect(decisionOn(large, 'product').reason).toBe(
      "constant 'factor' reaches 1000000, beyond FP16",
    );
    expect(storedType(large, 'factor')).toBe('FLOAT');
    expect(decisionOn(large, 'y').action).toBe('half');
    const small = await toHalf(scaled(1e-8));
    expect(decisionOn(small, 'product').reason).toBe(
      "constant 'factor' never exceeds 1e-8, too small for FP16",
    );
    expect(islandsOf(await toHalf(scaled(1e-3)))).toEqual([]);
    expect(islandsOf(await toHalf(scaled(1e6), { type: 'bf16' }))).toEqual([]);
  });

  it.each([
    ['added', -3.4028234663852886e38],
    ['added', -1e9],
    ['chosen', -3.4028234663852886e38],
  ])('are brought into range where they only mask: %s %d', async (how, value) => {
    const scores = { w: randomTensor([16, 16]), huge: scalar(value), one: scalar(1) };
    const model = buildModel({
      inputs: [
        { name: 'x', type: 'float32', dims: [2, 16] },
        { name: 'mask', type: 'int64', dims: [2, 16] },
      ],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      initializers: scores,
      nodes: [
        { opType: 'MatMul', inputs: ['x', 'w'], outputs: ['scores'] },
        {
          opType: 'Cast',
          inputs: ['mask'],
          outputs: ['m'],
          attributes: { to: how === 'added' ? 1 : 9 },
        },
        ...(how === 'added'
          ? [
              { opType: 'Sub', inputs: ['one', 'm'], outputs: ['inverse'] },
              { opType: 'Mul', inputs: ['inverse', 'huge'], outputs: ['bias'] },
              { opType: 'Add', inputs: ['scores', 'bias'], outputs: ['masked'] },
            ]
          : [{ opType: 'Where', inputs: ['m', 'scores', 'huge'], outputs: ['masked'] }]),
        { opType: 'Softmax', inputs: ['masked'], outputs: ['y'] },
      ],
    });
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual([]);
    const constant = half.report.tensors.find(({ tensor }) => tensor === 'huge');
    expect(constant).toMatchObject({ masks: true, saturated: 1 });
    // The second row is masked as a whole: it must not become NaN.
    const mask = tensor(
      'int64',
      [2, 16],
      Array.from({ length: 32 }, (_, i) => (i < 9 ? 1 : 0)),
    );
    const { y } = await outputsOf(half, { x, mask });
    const values = Array.from(y?.data as Float32Array);
    expect(values.slice(9, 16)).toEqual(new Array(7).fill(0));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(
      await distance(model, half, {
        x,
        mask: tensor('int64', [2, 16], new BigInt64Array(32).fill(1n)),
      }),
    ).toBeLessThan(2e-3);
  });

  it('keep their readers where a mask is more than a mask', async () => {
    const model = chain(
      [
        { opType: 'Add', inputs: ['x', 'huge'], outputs: ['sum'] },
        { opType: 'Mul', inputs: ['sum', 'tiny'], outputs: ['y'] },
      ],
      { huge: scalar(-1e9), tiny: scalar(0.25) },
    );
    expect(decisionOn(await toHalf(model), 'sum').action).toBe('float');
  });
});

describe('arithmetic on whole numbers', () => {
  it('stays FP32 up to the angle', async () => {
    const model = buildModel({
      inputs: [{ name: 'position', type: 'int64', dims: ['n', 1] }],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      initializers: {
        frequency: tensor('float32', [1, 4], [1, 0.1, 0.01, 0.001]),
        w: randomTensor([4, 4]),
      },
      nodes: [
        {
          opType: 'Cast',
          name: 'cast',
          inputs: ['position'],
          outputs: ['p'],
          attributes: { to: 1 },
        },
        { opType: 'MatMul', name: 'angle', inputs: ['p', 'frequency'], outputs: ['a'] },
        { opType: 'Cos', name: 'cos', inputs: ['a'], outputs: ['c'] },
        { opType: 'MatMul', name: 'use', inputs: ['c', 'w'], outputs: ['y'] },
      ],
    });
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual(['cast', 'angle', 'cos']);
    expect(decisionOn(half, 'angle').reason).toBe('an angle computed from positions');
    const position = tensor('int64', [2, 1], [3000, 4001]);
    expect(await distance(model, half, { position })).toBeLessThan(3e-3);
  });

  it('stays FP32 where it ends in integers', async () => {
    const model = buildModel({
      inputs: [{ name: 'i', type: 'int64', dims: ['n'] }],
      outputs: [{ name: 'y', type: 'int64', dims: undefined }],
      initializers: { half: scalar(0.5) },
      nodes: [
        { opType: 'Cast', name: 'in', inputs: ['i'], outputs: ['f'], attributes: { to: 1 } },
        { opType: 'Mul', name: 'halve', inputs: ['f', 'half'], outputs: ['h'] },
        { opType: 'Cast', name: 'out', inputs: ['h'], outputs: ['y'], attributes: { to: 7 } },
      ],
    });
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual(['in', 'halve', 'out']);
    expect(castsOf(half)).toHaveLength(2);
  });
});

describe('operators without a half-precision form', () => {
  it('stay FP32 and are named', async () => {
    const half = await toHalf(
      chain(
        [{ opType: 'CumSum', inputs: ['x', 'axis'], outputs: ['y'] }],
        { axis: tensor('int64', [], [1]) },
        11,
      ),
    );
    expect(decisionOn(half, 'y').reason).toMatch(/CumSum takes no FP16 in opset 11/);
  });

  it('keep single inputs where only these are FP32', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [1, 1, 4, 4] }],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      initializers: { scales: tensor('float32', [4], [1, 1, 2, 2]) },
      nodes: [{ opType: 'Resize', name: 'up', inputs: ['x', '', 'scales'], outputs: ['y'] }],
    });
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual([]);
    expect(storedType(half, 'scales')).toBe('FLOAT');
    expect(await distance(model, half, { x: randomTensor([1, 1, 4, 4]) })).toBeLessThan(1e-3);
  });

  it('of other domains keep FP32 around them, as far as types are unknown', async () => {
    const model = chain(
      [
        { opType: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
        { opType: 'Mystery', domain: 'my.domain', inputs: ['h'], outputs: ['g'] },
        { opType: 'MatMul', inputs: ['g', 'w'], outputs: ['y'] },
      ],
      { w: randomTensor([16, 16]) },
    );
    const half = await toHalf(model);
    expect(decisionOn(half, 'g').reason).toBe('my.domain operator Mystery is not known');
    expect(decisionOn(half, 'y').reason).toBe("the type of 'g' is unknown");
    expect(decisionOn(half, 'h').action).toBe('half');
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'h -> FLOAT as h_fp32']);
  });
});

describe('measured ranges', () => {
  const model = chain(
    [
      { opType: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
      { opType: 'Reshape', inputs: ['h', 'shape'], outputs: ['flat'] },
      { opType: 'MatMul', inputs: ['flat', 'v'], outputs: ['y'] },
    ],
    {
      w: randomTensor([16, 16]),
      v: randomTensor([32, 4]),
      shape: tensor('int64', [2], [1, -1]),
    },
  );

  it('keep who writes and who reads what is too large', async () => {
    const half = await toHalf(model, { ranges: tableOf({ flat: 40000, x: 100 }) });
    expect(islandsOf(half)).toEqual(['h', 'flat', 'y']);
    expect(decisionOn(half, 'h').reason).toBe("'h' reached 40000, too near to the end of FP16");
    expect(half.report.ranges).toEqual([
      { tensor: 'flat', absmax: 40000, nonFinite: 0, problem: 'overflow' },
    ]);
    const wide = await toHalf(model, { ranges: tableOf({ flat: 40000 }), maxRange: 65504 });
    expect(islandsOf(wide)).toEqual([]);
    const bf16 = await toHalf(model, { type: 'bf16', ranges: tableOf({ flat: 40000 }) });
    expect(islandsOf(bf16)).toEqual([]);
  });

  it('go by the largest value, which a percentile leaves out', async () => {
    const ranges = tableOf({ h: { amax: 10, absmax: 1e5 } });
    expect(islandsOf(await toHalf(model, { ranges }))).toContain('h');
  });

  it('report what was not finite or too small', async () => {
    const ranges = tableOf({ h: { amax: 1, nonFinite: 3 }, flat: 1e-8 });
    const half = await toHalf(model, { ranges });
    expect(half.report.ranges).toEqual([
      { tensor: 'h', absmax: 1, nonFinite: 3, problem: 'nonFinite' },
      { tensor: 'flat', absmax: 1e-8, nonFinite: 0, problem: 'underflow' },
    ]);
  });
});

it('joins light nodes between islands to them', async () => {
  const model = chain(
    [
      { opType: 'Mul', inputs: ['x', 'huge'], outputs: ['a'] },
      { opType: 'Relu', inputs: ['a'], outputs: ['b'] },
      { opType: 'Mul', inputs: ['b', 'tiny'], outputs: ['c'] },
      { opType: 'LeakyRelu', inputs: ['c'], outputs: ['y'], attributes: { alpha: float(0.1) } },
    ],
    { huge: scalar(1e6), tiny: scalar(1e-7) },
  );
  const half = await toHalf(model);
  expect(decisionOn(half, 'b').reason).toBe('it lies between nodes in FP32');
  expect(await distance(model, half, { x })).toBeLessThan(1e-3);
});

it('casts an integer to FP32 at once where FP32 is all that is wanted', async () => {
  const model = buildModel({
    inputs: [{ name: 'i', type: 'int64', dims: ['n'] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n'] }],
    nodes: [{ opType: 'Cast', name: 'cast', inputs: ['i'], outputs: ['y'], attributes: { to: 1 } }],
  });
  expect(castsOf(await toHalf(model))).toEqual(['i -> FLOAT as y']);
  expect(castsOf(await toHalf(model, { io: 'convert' }))).toEqual(['i -> FLOAT16 as y']);
});
