import { describe, expect, it } from 'vitest';
import { importQuantized } from '../../dist/check/import-quantized.js';
import { getInt } from '../../dist/onnx/attributes.js';
import type { Model } from '../../dist/onnx/model.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, type ModelSpec } from './helpers.js';
import { node } from './quantize-fixtures.js';

const one = (type: 'int8' | 'uint8', value: number) => tensor(type, [], [value]);
const scale = (value: number) => tensor('float32', [], [value]);

/** `x` [n, 16] times a weight that is quantized as the nodes say. */
function modelOf(
  nodes: ModelSpec['nodes'],
  initializers: Record<string, Tensor>,
  inputs = ['x', 'w'],
): Model {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 16] }],
    outputs: [{ name: 'y', type: 'float32', dims: undefined }],
    initializers,
    nodes: [...nodes, { opType: 'MatMul', name: 'product', inputs, outputs: ['y'] }],
  });
}

const dq = (input: string, output: string, more: string[] = [], attributes = {}) => ({
  opType: 'DequantizeLinear',
  name: `${output}_dq`,
  inputs: [input, 's', ...more],
  outputs: [output],
  attributes,
});
const q = (input: string, output: string, zero: string) => ({
  opType: 'QuantizeLinear',
  name: `${output}_q`,
  inputs: [input, 's', zero],
  outputs: [output],
});

/** What the DequantizeLinear of a name reads. */
function constantsOf(model: Model, name: string) {
  return node(model, name).input.map((input) => {
    const proto = model.graph.constant(input);
    return proto && [...(readInlineWeights(proto).data as Int8Array)];
  });
}

describe('weights', () => {
  it('in float are stored as QuantizeLinear rounds and clips them', async () => {
    const values = new Float32Array(256);
    values.set([0.5, 1.5, -0.5, 2.4, 200, -200, -127.6]);
    const model = modelOf([q('v', 'i', 'z'), dq('i', 'w', ['z'])], {
      v: tensor('float32', [16, 16], values),
      s: scale(1),
      z: one('int8', 0),
    });
    const imported = await importQuantized(model);
    const [stored, scales, zeros] = constantsOf(imported, 'w_dq');
    expect(stored?.slice(0, 8)).toEqual([0, 2, 0, 2, 127, -128, -128, 0]);
    expect([scales, zeros]).toEqual([[1], [0]]);
    expect(imported.graph.initializer('v')).toBeUndefined();
    expect(imported.report).toMatchObject([{ code: 'weight-stored-float', action: 'changed' }]);
    expect(model.graph.initializer('v')).toBeDefined();
  });

  it('around another zero point are moved where they fit, and else made anew on request', async () => {
    const weights = (largest: number) => {
      const values = new Uint8Array(256).fill(100);
      values.set([0, largest]);
      return modelOf([dq('i', 'w', ['z'])], {
        i: tensor('uint8', [16, 16], values),
        s: scale(0.5),
        z: one('uint8', 100),
      });
    };
    const exact = await importQuantized(weights(227), { asymmetric: 'widen' });
    expect(constantsOf(exact, 'w_dq')[0]?.slice(0, 3)).toEqual([-100, 127, 0]);
    expect(exact.problems).toEqual([]);

    const kept = await importQuantized(weights(255));
    expect(kept.problems).toMatchObject([{ code: 'zero-point-not-zero' }]);
    const widened = await importQuantized(weights(255), { asymmetric: 'widen' });
    // The numbers were -50 and 77.5, which is 127 now.
    const [stored, scales] = constantsOf(widened, 'w_dq');
    expect(stored?.slice(0, 3)).toEqual([-82, 127, 0]);
    expect(scales).toEqual([Math.fround(77.5 / 127)]);
    expect(widened.problems).toEqual([]);
  });

  it('have their zero points and their axis written', async () => {
    const model = modelOf([dq('i', 'w', [], { axis: -1 })], {
      i: tensor('int8', [16, 16], new Int8Array(256).fill(1)),
      s: tensor('float32', [16], new Float32Array(16).fill(1)),
    });
    const imported = await importQuantized(model);
    expect(constantsOf(imported, 'w_dq')[2]).toEqual(new Array(16).fill(0));
    expect(getInt(node(imported, 'w_dq'), 'axis')).toBe(1);
    expect(imported.report.map(({ code }) => code)).toEqual([
      'zero-point-implicit',
      'axis-negative',
    ]);
  });
});

it('constants of operators that are no products become floats', async () => {
  const model = modelOf(
    [dq('i', 'c', ['z']), { opType: 'Mul', name: 'mul', inputs: ['x', 'c'], outputs: ['scaled'] }],
    {
      i: one('uint8', 130),
      s: scale(0.25),
      z: one('uint8', 120),
      w: tensor('float32', [16, 16], new Float32Array(256)),
    },
    ['scaled', 'w'],
  );
  const imported = await importQuantized(model);
  const constant = imported.graph.initializer('c');
  expect(constant && readInlineWeights(constant)).toEqual(tensor('float32', [], [2.5]));
  expect(imported.graph.nodes.map(({ opType }) => opType)).toEqual(['Mul', 'MatMul']);
  expect(imported.problems).toEqual([]);
});

describe('activations', () => {
  const pair = (type: 'int8' | 'uint8', zero: number) =>
    modelOf(
      [q('x', 'a', 'z'), dq('a', 'b', ['z'])],
      { s: scale(1), z: one(type, zero), w: tensor('float32', [16, 16], new Float32Array(256)) },
      ['b', 'w'],
    );

  it.each([
    // The type, the zero point, the scale around 0, whether a Relu does the cutting.
    ['uint8', 0, 255 / 127, true],
    ['int8', -128, 255 / 127, true],
    ['int8', 27, 155 / 127, false],
    ['uint8', 100, 155 / 127, false],
  ] as const)('%s with zero point %i get a wider range', async (type, zero, expected, hasRelu) => {
    const kept = await importQuantized(pair(type, zero));
    expect(kept.problems.length).toBeGreaterThan(0);
    const { graph, problems } = await importQuantized(pair(type, zero), { asymmetric: 'widen' });
    expect(problems).toEqual([]);
    const quantizer = graph.nodes.find(({ opType }) => opType === 'QuantizeLinear');
    const stored = graph.constant(quantizer?.input[1] ?? '');
    expect(stored && readInlineWeights(stored)).toEqual(tensor('float32', [], [expected]));
    expect(graph.nodes.some(({ opType }) => opType === 'Relu')).toBe(hasRelu);
  });

  it('quantized alike share a pair', async () => {
    const weights = tensor('float32', [16, 16], new Float32Array(256));
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 16] }],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      initializers: { s: scale(1), t: scale(1), u: scale(2), z: one('int8', 0), w: weights },
      nodes: ['s', 't', 'u']
        .flatMap((name) => [
          { ...q('x', `${name}_i`, 'z'), inputs: ['x', name, 'z'] },
          { ...dq(`${name}_i`, `${name}_f`, ['z']), inputs: [`${name}_i`, name, 'z'] },
          { opType: 'MatMul', name, inputs: [`${name}_f`, 'w'], outputs: [`${name}_y`] },
        ])
        .concat({ opType: 'Sum', name: 'sum', inputs: ['s_y', 't_y', 'u_y'], outputs: ['y'] }),
    });
    const imported = await importQuantized(model);
    expect(['s', 't', 'u'].map((name) => node(imported, name).input[0])).toEqual([
      's_f',
      's_f',
      'u_f',
    ]);
    expect(imported.report.map(({ code }) => code)).toEqual(['pair-repeated', 'pair-repeated']);
    imported.validate();
  });
});
