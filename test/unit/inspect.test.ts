import { create } from '@bufbuild/protobuf';
import {
  FunctionProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
} from 'onnx-buf';
import { inspect, type Model, tensor, type ValueInfo } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { savedExternally } from './external-models.js';
import { buildModel, errorOf, linearModel, randomTensor } from './helpers.js';

describe('inspect', () => {
  it('tells inputs, outputs, operators and weights', async () => {
    const summary = await inspect(linearModel());
    expect(summary).toMatchObject({
      file: null,
      irVersion: 8,
      opsets: [{ domain: '', version: 17 }],
      producer: { name: 'tensorrt-node tests', version: '' },
      graphName: 'test',
      inputs: [{ name: 'x', type: 'float32', dims: ['batch', 16] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['batch', 4] }],
      symbols: [{ name: 'batch', axes: [{ input: 'x', axis: 0 }] }],
      nodes: 4,
      subgraphs: 0,
      // 16 x 32 + 32 + 4 x 32 + 4
      parameters: 676,
      storage: [{ type: 'float32', tensors: 4, elements: 676, bytes: 2704 }],
      externalFiles: [],
    });
    expect(summary.operators).toEqual(
      ['Add', 'Gemm', 'MatMul', 'Relu'].map((opType) => ({ domain: '', opType, count: 1 })),
    );
    expect(summary.largestWeights.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['w1', 2048],
      ['w2', 512],
      ['b1', 128],
      ['b2', 16],
    ]);
    expect(summary.bytes).toBe(linearModel().toBytes().byteLength);
  });

  it('lists as many weights as it is asked for', async () => {
    const { largestWeights } = await inspect(linearModel(), { largestWeights: 1 });
    expect(largestWeights).toEqual([
      { name: 'w1', type: 'float32', dims: [16, 32], bytes: 2048, file: null },
    ]);
  });

  it('finds what lies in external files, and reads none of it', async () => {
    const { path, dataPath } = await savedExternally();
    const summary = await inspect(path);
    expect(summary.file).toBe(path);
    expect(summary.externalFiles).toEqual([{ path: dataPath, tensors: 2, bytes: 16384 }]);
    expect(summary.largestWeights[0]).toMatchObject({ bytes: 8192, file: dataPath });
  });

  it('tells sizes that nobody knows, metadata, functions and sub-graphs', async () => {
    const model = buildModel({
      inputs: [
        { name: 'x', type: 'float32', dims: [undefined, 2] },
        { name: 'c', type: 'bool', dims: undefined },
      ],
      outputs: [{ name: 'y', type: 'float32', dims: [2] }],
      nodes: [
        {
          opType: 'If',
          inputs: ['c'],
          outputs: ['y'],
          attributes: { then_branch: constantBranch(), else_branch: constantBranch() },
        },
      ],
    });
    model.proto.metadataProps.push(create(StringStringEntryProtoSchema, { key: 'k', value: 'v' }));
    model.proto.functions.push(
      create(FunctionProtoSchema, {
        domain: 'local',
        name: 'Twice',
        node: [create(NodeProtoSchema, { opType: 'Add', input: ['a', 'a'], output: ['b'] })],
      }),
    );
    expect(await inspect(model)).toMatchObject({
      inputs: [{ dims: [null, 2] }, { type: 'bool', dims: null }],
      metadata: { k: 'v' },
      functions: [{ domain: 'local', name: 'Twice', nodes: 1 }],
      subgraphs: 2,
      // If, a Constant in each branch, and the Add of the function
      nodes: 4,
      operators: [{ opType: 'Constant', count: 2 }, { opType: 'Add' }, { opType: 'If' }],
      parameters: 4,
    });
  });

  it.each([
    [[3], /Expected a Model or a path for model/],
    [[''], /Expected a Model or a path for model/],
    [[linearModel(), { largestWeigths: 3 }], /largestWeigths/],
    [[linearModel(), { largestWeights: -1 }], /a whole number from 0/],
  ])('refuses %#', async (args, message) => {
    const error = await errorOf(inspect(...(args as Parameters<typeof inspect>)));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
  });
});

function constantBranch() {
  return create(GraphProtoSchema, {
    name: 'branch',
    node: buildModel({
      inputs: [],
      outputs: [],
      nodes: [
        {
          opType: 'Constant',
          inputs: [],
          outputs: ['inner'],
          attributes: { value: tensor('float32', [2], [1, 2]) },
        },
      ],
    }).graph.proto.node,
    output: [{ name: 'inner' }],
  });
}

const x: ValueInfo = { name: 'x', type: 'float32', dims: ['n', 4] };
const y: ValueInfo = { name: 'y', type: 'float32', dims: ['n', 4] };
const scale = tensor('float32', [], [0.1]);
const int8Weight = tensor('int8', [4, 4], new Int8Array(16).fill(1));

/** `x` by a weight, quantized in one of the ways that models are. */
const quantized: Record<string, () => Model> = {
  'not at all': () =>
    buildModel({
      inputs: [x],
      outputs: [y],
      initializers: { w: randomTensor([4, 4]) },
      nodes: [{ opType: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    }),
  'not at all, in FP16': () =>
    buildModel({
      inputs: [{ ...x, type: 'float16' }],
      outputs: [{ ...y, type: 'float16' }],
      initializers: { w: tensor('float16', [4, 4], new Uint16Array(16)) },
      nodes: [{ opType: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    }),
  'with Q/DQ': () =>
    buildModel({
      inputs: [x],
      outputs: [y],
      initializers: { w: int8Weight, s: scale, z: tensor('int8', [], [0]) },
      nodes: [
        { opType: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] },
        { opType: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['xq'] },
        { opType: 'DequantizeLinear', inputs: ['w', 's', 'z'], outputs: ['wq'] },
        { opType: 'Transpose', inputs: ['wq'], outputs: ['wt'] },
        { opType: 'MatMul', inputs: ['xq', 'wt'], outputs: ['y'] },
      ],
    }),
  'with weights that were not folded': () =>
    buildModel({
      inputs: [x],
      outputs: [y],
      initializers: { w: randomTensor([4, 4]), s: scale, z: tensor('int8', [], [0]) },
      nodes: [
        { opType: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] },
        { opType: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['xq'] },
        { opType: 'QuantizeLinear', inputs: ['w', 's', 'z'], outputs: ['wi'] },
        { opType: 'DequantizeLinear', inputs: ['wi', 's', 'z'], outputs: ['wq'] },
        { opType: 'MatMul', inputs: ['xq', 'wq'], outputs: ['y'] },
      ],
    }),
  'in its weights, by DequantizeLinear': () =>
    buildModel({
      inputs: [x],
      outputs: [y],
      initializers: { w: int8Weight, s: scale },
      nodes: [
        { opType: 'DequantizeLinear', inputs: ['w', 's'], outputs: ['wq'] },
        { opType: 'MatMul', inputs: ['x', 'wq'], outputs: ['y'] },
      ],
    }),
  'in its weights, by Cast and Mul': () =>
    buildModel({
      inputs: [x],
      outputs: [y],
      initializers: { w: int8Weight, s: scale },
      nodes: [
        { opType: 'Cast', inputs: ['w'], outputs: ['wf'], attributes: { to: 1 } },
        { opType: 'Mul', inputs: ['wf', 's'], outputs: ['wq'] },
        { opType: 'MatMul', inputs: ['x', 'wq'], outputs: ['y'] },
      ],
    }),
  dynamically: () =>
    buildModel({
      inputs: [x],
      outputs: [{ ...y, type: 'int32' }],
      initializers: { w: int8Weight },
      nodes: [
        { opType: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 's', 'z'] },
        { opType: 'MatMulInteger', inputs: ['q', 'w', 'z'], outputs: ['y'] },
      ],
    }),
  'by operators on integers': () =>
    buildModel({
      inputs: [{ ...x, type: 'int8' }],
      outputs: [{ ...y, type: 'int8' }],
      initializers: { w: int8Weight, s: scale, z: tensor('int8', [], [0]) },
      nodes: [
        {
          opType: 'QLinearMatMul',
          inputs: ['x', 's', 'z', 'w', 's', 'z', 's', 'z'],
          outputs: ['y'],
        },
      ],
    }),
};

describe('a model that is quantized', () => {
  it.each([
    ['not at all', 'none', 'not quantized, FP32', [0, 0]],
    ['not at all, in FP16', 'none', 'not quantized, FP16', [0, 0]],
    [
      'with Q/DQ',
      'qdq',
      'static INT8 Q/DQ, 1 of 1 products with weights, in a graph of FP32',
      [1, 0],
    ],
    [
      'with weights that were not folded',
      'qdq',
      'static INT8 Q/DQ, 1 of 1 products with weights, in a graph of FP32',
      [1, 0],
    ],
    [
      'in its weights, by DequantizeLinear',
      'weight-only',
      'weight-only INT8, 1 of 1 products with weights, in a graph of FP32',
      [0, 1],
    ],
    [
      'in its weights, by Cast and Mul',
      'weight-only',
      'weight-only INT8, 1 of 1 products with weights, in a graph of FP32',
      [0, 1],
    ],
    [
      'dynamically',
      'dynamic',
      'dynamic INT8, 1 of 1 products with weights: TensorRT refuses it',
      [1, 0],
    ],
    [
      'by operators on integers',
      'qoperator',
      'operators on INT8 (QLinear...), 1 of 1 products with weights: TensorRT refuses them',
      [1, 0],
    ],
  ])('%s, is told so', async (how, kind, text, [full, weightOnly]) => {
    const { quantization } = await inspect((quantized[how] as () => Model)());
    expect(quantization).toMatchObject({
      kind,
      text,
      withWeights: { total: 1, quantized: full, weightOnly },
      ofActivations: { total: 0 },
    });
  });

  it('has its Q/DQ nodes counted, and its weights by stored type', async () => {
    const { quantization } = await inspect((quantized['with Q/DQ'] as () => Model)());
    expect(quantization).toMatchObject({
      quantizeLinear: 1,
      dequantizeLinear: 2,
      integerOperators: 0,
      weights: [{ type: 'int8', tensors: 1, elements: 16, bytes: 16 }],
    });
  });

  it('has products of computed tensors counted apart', async () => {
    const model = buildModel({
      inputs: [x],
      outputs: [y],
      initializers: { s: scale, z: tensor('int8', [], [0]) },
      nodes: [
        { opType: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] },
        { opType: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['xq'] },
        { opType: 'Transpose', inputs: ['xq'], outputs: ['xt'] },
        { opType: 'MatMul', inputs: ['xq', 'xt'], outputs: ['m'] },
        { opType: 'MatMul', inputs: ['m', 'x'], outputs: ['y'] },
      ],
    });
    const { quantization } = await inspect(model);
    expect(quantization.ofActivations).toEqual({ total: 2, quantized: 1, weightOnly: 0 });
    expect(quantization.withWeights.total).toBe(0);
  });
});

describe('operators', () => {
  it('of other domains are counted apart, and ONNX by both of its names together', async () => {
    const model = buildModel({
      inputs: [x],
      outputs: [y],
      nodes: [
        { opType: 'Gelu', inputs: ['x'], outputs: ['a'], domain: 'com.microsoft' },
        { opType: 'Gelu', inputs: ['a'], outputs: ['b'] },
        { opType: 'Gelu', inputs: ['b'], outputs: ['y'], domain: 'ai.onnx' },
      ],
    });
    model.proto.opsetImport.push(
      create(OperatorSetIdProtoSchema, { domain: 'com.microsoft', version: 1n }),
    );
    const { operators, opsets } = await inspect(model);
    expect(operators).toEqual([
      { domain: '', opType: 'Gelu', count: 2 },
      { domain: 'com.microsoft', opType: 'Gelu', count: 1 },
    ]);
    expect(opsets).toContainEqual({ domain: 'com.microsoft', version: 1 });
  });
});
