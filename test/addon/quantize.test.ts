import { describe, expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { quantize } from '../../dist/quantize/quantize.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, linearModel, randomTensor, temporaryFolder } from '../unit/helpers.js';
import { node, oneNode, product, tableOf } from '../unit/quantize-fixtures.js';

function initializer(model: Model, name: string): Tensor {
  const proto = model.graph.initializer(name);
  if (!proto) throw new Error(`No initializer ${name}`);
  return readInlineWeights(proto);
}

/** What remains of a tensor after it was stored in INT8. */
function throughInt8(value: Tensor<'float32'>, scale: number): Float32Array {
  return value.data.map((x) => {
    const steps = Math.fround(x / scale);
    const below = Math.floor(steps);
    const isTie = steps - below === 0.5;
    const rounded = isTie ? below + (below % 2 === 0 ? 0 : 1) : Math.round(steps);
    return Math.max(-128, Math.min(127, rounded)) * scale;
  });
}

describe('the graph', () => {
  test('has Q/DQ before each product, INT8 weights, and the bias in float', async () => {
    const model = linearModel({ features: 16, hidden: 32, classes: 16 });
    const quantized = await quantize(model, tableOf({ x: 2.54, h_relu: 127 }));
    expect(
      quantized.graph.nodes.map(({ name, opType, input, output }) => [name, opType, input, output]),
    ).toEqual([
      ['x_QuantizeLinear', 'QuantizeLinear', ['x', 'x_scale', 'x_zero_point'], ['x_quantized']],
      [
        'x_DequantizeLinear',
        'DequantizeLinear',
        ['x_quantized', 'x_scale', 'x_zero_point'],
        ['x_dequantized'],
      ],
      [
        'w1_DequantizeLinear',
        'DequantizeLinear',
        ['w1_int8', 'w1_scale', 'w1_zero_point'],
        ['w1_dequantized'],
      ],
      ['hidden_matmul', 'MatMul', ['x_dequantized', 'w1_dequantized'], ['h']],
      ['hidden_bias', 'Add', ['h', 'b1'], ['h_biased']],
      ['hidden_relu', 'Relu', ['h_biased'], ['h_relu']],
      [
        'h_relu_QuantizeLinear',
        'QuantizeLinear',
        ['h_relu', 'h_relu_scale', 'h_relu_zero_point'],
        ['h_relu_quantized'],
      ],
      [
        'h_relu_DequantizeLinear',
        'DequantizeLinear',
        ['h_relu_quantized', 'h_relu_scale', 'h_relu_zero_point'],
        ['h_relu_dequantized'],
      ],
      [
        'w2_DequantizeLinear',
        'DequantizeLinear',
        ['w2_int8', 'w2_scale', 'w2_zero_point'],
        ['w2_dequantized'],
      ],
      ['classifier', 'Gemm', ['h_relu_dequantized', 'w2_dequantized', 'b2'], ['y']],
    ]);
    quantized.validate();

    expect(initializer(quantized, 'x_scale')).toEqual(tensor('float32', [], [2.54 / 127]));
    expect(initializer(quantized, 'x_zero_point')).toEqual(tensor('int8', [], [0]));
    expect(initializer(quantized, 'h_relu_scale')).toEqual(tensor('float32', [], [1]));
    expect(initializer(quantized, 'b2')).toEqual(initializer(model, 'b2'));
    for (const [weight, dims, axis] of [
      ['w1', [16, 32], 1],
      ['w2', [16, 32], 0],
    ] as const) {
      const channels = dims[axis];
      const stored = initializer(quantized, `${weight}_int8`);
      expect([stored.type, stored.dims]).toEqual(['int8', dims]);
      const scale = initializer(quantized, `${weight}_scale`);
      expect([scale.type, scale.dims]).toEqual(['float32', [channels]]);
      expect(initializer(quantized, `${weight}_zero_point`)).toEqual(
        tensor('int8', [channels], new Array(channels).fill(0)),
      );
      const attributes = node(quantized, `${weight}_DequantizeLinear`).attribute;
      expect(attributes.map(({ name, i }) => [name, i])).toEqual([['axis', BigInt(axis)]]);
    }
    expect(quantized.graph.initializer('w1')).toBeUndefined();
    expect(quantized.graph.initializer('w2')).toBeUndefined();
  });

  test('computes what INT8 gives', async () => {
    const model = linearModel({ features: 16, hidden: 32, classes: 16 });
    const x = randomTensor([8, 16], { seed: 9 });
    const quantized = await quantize(model, tableOf({ x: 1, h_relu: 1.5 }));

    const dequantized = model.clone();
    for (const [weight, axis] of [
      ['w1', 1],
      ['w2', 0],
    ] as const) {
      const { dims, data } = initializer(model, weight) as Tensor<'float32'>;
      const channelOf = (index: number) =>
        axis === 0 ? Math.floor(index / (dims[1] as number)) : index % (dims[1] as number);
      const amax = new Float32Array(dims[axis] as number);
      data.forEach((value, index) => {
        amax[channelOf(index)] = Math.max(amax[channelOf(index)] as number, Math.abs(value));
      });
      const values = data.map((value, index) => {
        const scale = Math.fround((amax[channelOf(index)] as number) / 127);
        return throughInt8(tensor('float32', [1], [value]), scale)[0] as number;
      });
      dequantized.graph.removeInitializer(weight);
      dequantized.graph.addInitializer(weight, tensor('float32', dims, values));
    }
    const split = dequantized.clone();
    split.graph.addOutput({ name: 'h_relu', type: 'float32', dims: undefined });
    await using firstHalf = await openOnnxRuntime(split);
    const input = tensor('float32', x.dims, throughInt8(x, Math.fround(1 / 127)));
    const h = (await firstHalf.infer({ x: input }))['h_relu'] as Tensor<'float32'>;
    const hidden = throughInt8(h, Math.fround(1.5 / 127));

    const w2 = initializer(dequantized, 'w2').data as Float32Array;
    const b2 = initializer(model, 'b2').data as Float32Array;
    await using runtime = await openOnnxRuntime(quantized);
    const { y } = await runtime.infer({ x });
    for (let row = 0; row < 8; row++) {
      for (let channel = 0; channel < 16; channel++) {
        let sum = b2[channel] as number;
        for (let k = 0; k < 32; k++) {
          sum += (hidden[row * 32 + k] as number) * (w2[channel * 32 + k] as number);
        }
        // One step of the hidden tensor may go the other way where float32 sums differ.
        expect(Math.abs((y?.data[row * 16 + channel] as number) - sum)).toBeLessThan(0.01);
      }
    }
  });

  test('shares the pair of an activation and the INT8 form of a weight', async () => {
    const linear = (name: string, input: string, weight: string) => ({
      opType: 'MatMul',
      name,
      inputs: [input, weight],
      outputs: [`${name}_out`],
    });
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 16] }],
      outputs: ['query', 'key', 'value', 'other'].map((name) => ({
        name: `${name}_out`,
        type: 'float32' as const,
        dims: undefined,
      })),
      initializers: { w: randomTensor([16, 16]), v: randomTensor([16, 16], { seed: 2 }) },
      nodes: [
        linear('query', 'x', 'w'),
        linear('key', 'x', 'v'),
        { opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['r'] },
        linear('value', 'x', 'w'),
        {
          opType: 'Gemm',
          name: 'other',
          inputs: ['r', 'w'],
          outputs: ['other_out'],
          attributes: { transB: 1 },
        },
      ],
    });
    const quantized = await quantize(model, tableOf({ x: 1, r: 1 }));
    const inputsOf = (name: string) => node(quantized, name).input;
    expect(inputsOf('query')).toEqual(['x_dequantized', 'w_dequantized']);
    expect(inputsOf('key')).toEqual(['x_dequantized', 'v_dequantized']);
    expect(inputsOf('value')).toEqual(['x_dequantized', 'w_dequantized']);
    // The same weight with its channels on the other axis has other scales.
    expect(inputsOf('other')).toEqual(['r_dequantized', 'w_dequantized_1']);
    expect(inputsOf('relu')).toEqual(['x']);
    const count = (opType: string) =>
      quantized.graph.nodes.filter((candidate) => candidate.opType === opType).length;
    expect([count('QuantizeLinear'), count('DequantizeLinear')]).toEqual([2, 5]);
    quantized.validate();
    await using runtime = await openOnnxRuntime(quantized);
    expect(runtime.outputs.length).toBe(4);
  });

  test('takes weights from Constant nodes, and from external files', async () => {
    const constant = oneNode(product, {
      initializers: {},
      nodes: [
        {
          opType: 'Constant',
          inputs: [],
          outputs: ['w'],
          attributes: { value: randomTensor([16, 16]) },
        },
        product,
      ],
    });
    const fromConstant = await quantize(constant, tableOf({ x: 1 }));
    expect(fromConstant.graph.nodes.map(({ opType }) => opType)).toEqual([
      'QuantizeLinear',
      'DequantizeLinear',
      'DequantizeLinear',
      'MatMul',
    ]);

    const folder = await temporaryFolder();
    await oneNode(product).save(`${folder}/model.onnx`, { externalData: 'always' });
    const external = await Model.load(`${folder}/model.onnx`);
    const fromFile = await quantize(external, tableOf({ x: 1 }));
    expect(initializer(fromFile, 'w_int8')).toEqual(initializer(fromConstant, 'w_int8'));
    expect(initializer(fromFile, 'w_scale')).toEqual(initializer(fromConstant, 'w_scale'));
  });

  test('keeps the float weight where something else reads it', async () => {
    const model = oneNode(product, {
      nodes: [product, { opType: 'Transpose', name: 'tied', inputs: ['w'], outputs: ['z'] }],
      outputs: [
        { name: 'y', type: 'float32', dims: undefined },
        { name: 'z', type: 'float32', dims: undefined },
      ],
    });
    const quantized = await quantize(model, tableOf({ x: 1 }));
    expect(node(quantized, 'tied').input).toEqual(['w']);
    expect(quantized.graph.initializer('w')).toBeDefined();
  });

  test('takes no name that the model has', async () => {
    const model = oneNode(product, {
      nodes: [
        product,
        { opType: 'Relu', name: 'x_QuantizeLinear', inputs: ['x'], outputs: ['x_quantized'] },
      ],
      outputs: [
        { name: 'y', type: 'float32', dims: undefined },
        { name: 'x_quantized', type: 'float32', dims: undefined },
      ],
    });
    const quantized = await quantize(model, tableOf({ x: 1 }));
    quantized.validate();
    await using runtime = await openOnnxRuntime(quantized);
    expect(runtime.outputs.map(({ name }) => name)).toEqual(['y', 'x_quantized']);
  });

  test('gives names to nodes without one, and reports those', async () => {
    const { report } = await quantize(oneNode({ ...product, name: '' }), tableOf({ x: 1 }));
    expect(report).toMatchObject([{ node: 'MatMul_0', action: 'int8' }]);
  });

  test('is a smaller copy; the model itself is not changed', async () => {
    const model = linearModel({ features: 256, hidden: 256, classes: 256 });
    const before = model.toBytes();
    const quantized = await quantize(model, tableOf({ x: 1, h_relu: 1 }));
    expect(Buffer.compare(model.toBytes(), before)).toBe(0);
    expect(quantized).toBeInstanceOf(Model);
    expect(quantized.byteLength()).toBeLessThan(model.byteLength() * 0.3);
  });
});
