import { TensorRTError } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { checkPrecisionReport, reportPrecision } from '../../dist/engine/precision-report.js';

// The inspector runs only where there is a GPU. What it says is written down here in the forms that
// NVIDIA documents; none of it was recorded.

const gemm = {
  Name: '/fc1/MatMul_myl0_3',
  LayerType: 'gemm',
  Inputs: [
    { Name: 'x_q', Dimensions: [8, 256], 'Format/Datatype': 'Int8' },
    { Name: 'w_dconst', Dimensions: [256, 1024], 'Format/Datatype': 'Int8' },
    { Name: 'alpha', Dimensions: [1], 'Format/Datatype': 'Float' },
  ],
  Outputs: [{ Name: 'y', Dimensions: [8, 1024], 'Format/Datatype': 'Half' }],
  Metadata: '[ONNX Layer: /fc1/MatMul]\u001e[ONNX Layer: /fc1/Add]',
};
const convolution = {
  Name: 'conv1',
  LayerType: 'CaskConvolution',
  Inputs: [
    { Name: 'image', 'Format/Datatype': 'Channel major FP16 format where channel % 8 == 0' },
  ],
  Outputs: [{ Name: 'c', 'Format/Datatype': 'Row major linear FP16 format' }],
  Metadata: '[ONNX Layer: conv1]',
};
const shuffle = {
  Name: 'ids',
  LayerType: 'Reformat',
  Inputs: [{ Name: 'ids', Format: 'Row major linear', Datatype: 'Int64' }],
  Outputs: [{ Name: 'ids32', Format: 'Row major linear', Datatype: 'Int32' }],
};
const inspected = { Layers: [shuffle, convolution, gemm], 'I/O Tensors': ['image', 'y'] };

describe('reportPrecision', () => {
  it('tells the types of layers and tensors, and the nodes in them', () => {
    const { layers, totals } = reportPrecision(inspected);
    expect(layers.map(({ precision }) => precision)).toEqual(['other', 'float16', 'int8']);
    expect(totals).toEqual({ other: 1, float16: 1, int8: 1 });
    expect(layers[2]).toEqual({
      name: '/fc1/MatMul_myl0_3',
      type: 'gemm',
      precision: 'int8',
      inputs: [
        { name: 'x_q', type: 'int8' },
        { name: 'w_dconst', type: 'int8' },
        { name: 'alpha', type: 'float32' },
      ],
      outputs: [{ name: 'y', type: 'float16' }],
      nodes: ['/fc1/MatMul', '/fc1/Add'],
    });
  });

  it.each([
    ['Row major linear FP32 format (kLINEAR)', 'float32'],
    ['Thirty-two wide channel vectorized row major Int8 format', 'int8'],
    ['Two wide channel vectorized row major FP16 format', 'float16'],
    ['BFloat16', 'bfloat16'],
    ['BF16', 'bfloat16'],
    ['FP8', 'float8'],
    ['UInt8', 'uint8'],
    ['Bool', 'bool'],
    ['N/A due to dynamic shapes', 'unknown'],
  ])('knows the type in %j', (text, type) => {
    const layer = { Inputs: [{ Name: 'x', 'Format/Datatype': text }], Outputs: [] };
    expect(reportPrecision({ Layers: [layer] }).layers[0]?.inputs[0]?.type).toBe(type);
  });

  it('names the nodes that were to be quantized and run otherwise', () => {
    const quantized = [
      { node: '/fc1/MatMul', action: 'int8' },
      { node: 'conv1', action: 'int8' },
      { node: 'gone', action: 'fp8' },
      { node: 'head', action: 'float' },
      { node: 'gone too', action: 'int4' },
    ];
    const { missed } = reportPrecision(inspected, { quantized });
    expect(missed.map(({ node, wanted, layers }) => [node, wanted, layers.length])).toEqual([
      ['conv1', 'int8', 1],
      ['gone', 'float8', 0],
    ]);
  });

  it.each([[null], [{}], [{ Layers: [] }], [{ Layers: ['gemm', 'conv1'] }], ['Layers']])(
    'says that %j tells no types',
    (json) => {
      expect(() => reportPrecision(json)).toThrow(
        expect.objectContaining({ code: 'ERR_UNSUPPORTED' }) as unknown as Error,
      );
    },
  );
});

describe('checkPrecisionReport', () => {
  it('wants detailed verbosity', () => {
    expect(() => checkPrecisionReport('layerNamesOnly', {})).toThrow(TensorRTError);
    expect(() => checkPrecisionReport('layerNamesOnly', {})).toThrow(/'layerNamesOnly'/);
    expect(() => checkPrecisionReport('detailed', {})).not.toThrow();
  });

  it.each([
    { quantized: 'all' },
    { quantized: [null] },
    { quantized: [{ node: 'a' }] },
    { all: 1 },
  ])('refuses %j', (options) => {
    expect(() => checkPrecisionReport('detailed', options as object)).toThrow(TypeError);
  });
});
