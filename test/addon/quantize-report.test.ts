import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { float } from '../../dist/onnx/attributes.js';
import { Graph } from '../../dist/onnx/graph/graph.js';
import type { Model } from '../../dist/onnx/model.js';
import type { CalibrationTable, TensorRange } from '../../dist/quantize/calibration/table.js';
import {
  type QuantizedModel,
  type QuantizeOptions,
  quantize,
} from '../../dist/quantize/quantize.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { tensor } from '../../dist/tensor.js';
import { errorOf, linearModel, randomTensor } from '../unit/helpers.js';
import { node, oneNode, product, tableOf } from '../unit/quantize-fixtures.js';

describe('the report', () => {
  async function onlyDecision(
    model: Model,
    ranges = {},
  ): Promise<QuantizedModel['report'][number]> {
    // A second product keeps the model as a whole fit for quantization.
    model.graph.addInitializer('other_w', randomTensor([16, 16]));
    model.graph.addNode({
      opType: 'MatMul',
      name: 'other',
      inputs: ['x', 'other_w'],
      outputs: ['other_y'],
    });
    model.graph.addOutput({ name: 'other_y', type: 'float32', dims: undefined });
    const { report } = await quantize(model, tableOf({ x: 1, ...ranges }));
    expect(report.length).toBe(2);
    expect(report[1]).toMatchObject({ node: 'other', action: 'int8' });
    return report[0] as QuantizedModel['report'][number];
  }

  test('says what became INT8, with its range', async () => {
    const { report } = await quantize(linearModel(), tableOf({ x: 3, h_relu: 5 }));
    expect(report).toEqual([
      {
        node: 'hidden_matmul',
        opType: 'MatMul',
        role: 'linear',
        action: 'int8',
        reason: "constant weight 'w1', calibrated input 'x'",
        amax: { x: 3 },
      },
      {
        node: 'classifier',
        opType: 'Gemm',
        role: 'linear',
        action: 'float',
        reason: 'its weight is [4, 32], and INT8 needs at least 16 on each side',
      },
    ]);
  });

  const gemm = { ...product, opType: 'Gemm' };
  test.each<[string, Model, string]>([
    ['two activations', oneNode({ ...product, inputs: ['x', 'x'] }), 'both factors are computed'],
    ['the constant first', oneNode({ ...product, inputs: ['w', 'x'] }), 'the first factor'],
    ['two constants', oneNode({ ...product, inputs: ['w', 'w'] }), 'both factors are constant'],
    ['a small K', oneNode(product, { initializers: { w: randomTensor([8, 16]) } }), '[8, 16]'],
    ['a small N', oneNode(product, { initializers: { w: randomTensor([16, 15]) } }), '[16, 15]'],
    ['rank 3', oneNode(product, { initializers: { w: randomTensor([2, 16, 16]) } }), 'rank 3'],
    [
      'float16',
      oneNode(product, { initializers: { w: tensor('float16', [16, 16], new Uint16Array(256)) } }),
      'FLOAT16',
    ],
    ['a transposed input', oneNode({ ...gemm, attributes: { transA: 1 } }), 'transA'],
    ['a factor', oneNode({ ...gemm, attributes: { alpha: float(0.5) } }), 'alpha = 0.5'],
    [
      'a weight with NaN',
      oneNode(product, {
        initializers: { w: tensor('float32', [16, 16], new Float32Array(256).fill(Number.NaN)) },
      }),
      "'w' has NaN",
    ],
  ])('says why a product stays in float: %s', async (_, model, reason) => {
    const decision = await onlyDecision(model);
    expect(decision).toMatchObject({ node: 'product', action: 'float' });
    expect(decision.reason).toContain(reason);
    expect(decision).not.toHaveProperty('amax');
  });

  test.each<[string, Record<string, Partial<TensorRange>>, string]>([
    ['no range', {}, 'was not calibrated'],
    ['no values', { r: { amax: 0, count: 0 } }, 'never had a value'],
    ['NaN only', { r: { amax: 0, count: 0, nonFinite: 8 } }, 'never finite'],
    ['zeros only', { r: { amax: 0, absmax: 0, count: 8 } }, 'always 0'],
    ['a range too small', { r: { amax: 1e-37, count: 8 } }, '1e-37'],
  ])('says what is wrong with a range: %s', async (_, ranges, reason) => {
    const model = oneNode(product, {
      nodes: [
        { opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['r'] },
        { ...product, inputs: ['r', 'w'] },
      ],
    });
    const decision = await onlyDecision(model, ranges);
    expect(decision.action).toBe('float');
    expect(decision.reason).toContain("'r'");
    expect(decision.reason).toContain(reason);
  });

  test('mentions values that the range leaves out', async () => {
    const { report } = await quantize(oneNode(product), tableOf({ x: { amax: 1, nonFinite: 7 } }));
    expect(report[0]?.action).toBe('int8');
    expect(report[0]?.reason).toContain('without 7 NaN');
  });

  test('lists products inside sub-graphs, which stay as they are', async () => {
    const branch = (name: string) => {
      const graph = new Graph(create(GraphProtoSchema, { name }));
      graph.addNode({ opType: 'MatMul', name, inputs: ['x', 'w'], outputs: [`${name}_y`] });
      graph.addOutput({ name: `${name}_y`, type: 'float32', dims: undefined });
      return graph.proto;
    };
    const model = oneNode(product, {
      inputs: [
        { name: 'x', type: 'float32', dims: ['n', 16] },
        { name: 'condition', type: 'bool', dims: [] },
      ],
      nodes: [
        {
          opType: 'If',
          name: 'choice',
          inputs: ['condition'],
          outputs: ['z'],
          attributes: { then_branch: branch('in_a'), else_branch: branch('in_b') },
        },
        { ...product, inputs: ['z', 'w'] },
      ],
    });
    const quantized = await quantize(model, tableOf({ z: 1 }));
    expect(quantized.report).toMatchObject([
      { node: 'in_a', action: 'float', reason: "it is inside a sub-graph of If 'choice'" },
      { node: 'in_b', action: 'float', reason: "it is inside a sub-graph of If 'choice'" },
      { node: 'product', action: 'int8' },
    ]);
    expect(quantized.graph.initializer('w')).toBeDefined();
    await using runtime = await openOnnxRuntime(quantized);
    expect(runtime.outputs.map(({ name }) => name)).toEqual(['y']);
  });

  test('leaves alone what has Q/DQ already', async () => {
    const half = await quantize(
      linearModel({ features: 16, hidden: 32, classes: 16 }),
      tableOf({ x: 1 }),
    );
    expect(half.report.map(({ action }) => action)).toEqual(['int8', 'float']);
    const whole = await quantize(half, tableOf({ x: 1, h_relu: 1 }));
    expect(whole.report).toMatchObject([
      { node: 'hidden_matmul', action: 'float', reason: 'the model has Q/DQ nodes here already' },
      { node: 'classifier', action: 'int8' },
    ]);
    expect(node(whole, 'hidden_matmul').input).toEqual(node(half, 'hidden_matmul').input);

    const error = await errorOf(quantize(whole, tableOf({ x: 1 })));
    expect(error).toMatchObject({ code: 'ERR_CALIBRATION' });
    expect((error as Error).message).toContain('already');
  });
});

describe('keepFloat', () => {
  const model = linearModel({ features: 16, hidden: 32, classes: 16 });
  const table = tableOf({ x: 1, h_relu: 1 });

  test.each<[string[], string[]]>([
    [[], ['int8', 'int8']],
    [['classifier'], ['int8', 'float']],
    [['hidden_*'], ['float', 'int8']],
    [
      ['*mat*', 'class*'],
      ['float', 'float'],
    ],
    [['*'], ['float', 'float']],
  ])('%j gives %j', async (keepFloat, actions) => {
    const { report } = await quantize(model, table, { keepFloat });
    expect(report.map(({ action }) => action)).toEqual(actions);
  });

  test.each(['hidden', 'hidden_.*', 'Classifier', 'hidden_relu', ''])(
    "'%s' matches no product, which is a TypeError",
    async (pattern) => {
      const error = await errorOf(quantize(model, table, { keepFloat: [pattern] }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain(`'${pattern}'`);
    },
  );
});

describe('what cannot be quantized', () => {
  test('a model of an opset that cannot be raised', async () => {
    const error = await errorOf(quantize(oneNode(product, { opset: 6 }), tableOf({ x: 1 })));
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect((error as Error).message).toContain('opset 6');
  });

  test('a table of another model', async () => {
    const error = await errorOf(quantize(oneNode(product), tableOf({ hidden: 1 })));
    expect(error).toMatchObject({ code: 'ERR_CALIBRATION', tensor: 'x' });
  });

  test('a model without any product', async () => {
    const model = oneNode({ opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['y'] });
    expect(await errorOf(quantize(model, tableOf({ x: 1 })))).toMatchObject({
      code: 'ERR_CALIBRATION',
    });
  });

  test.each<[string, unknown[]]>([
    ['no model', [{}, tableOf({ x: 1 })]],
    ['no table', [oneNode(product), { ranges: new Map() }]],
    ['an unknown option', [oneNode(product), tableOf({ x: 1 }), { keep: [] }]],
    ['keepFloat that is no array', [oneNode(product), tableOf({ x: 1 }), { keepFloat: 'product' }]],
    ['keepFloat with a number', [oneNode(product), tableOf({ x: 1 }), { keepFloat: [1] }]],
  ])('%s is a TypeError', async (_, values) => {
    const [model, table, options] = values as [Model, CalibrationTable, QuantizeOptions];
    expect(await errorOf(quantize(model, table, options))).toBeInstanceOf(TypeError);
  });
});
