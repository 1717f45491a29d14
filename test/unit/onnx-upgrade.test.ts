import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { float } from '../../dist/onnx/attributes.js';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import { upgradeOpset } from '../../dist/onnx/passes/upgrade-opset.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, linearModel, randomTensor } from './helpers.js';
import { expectSameOutputs, operators } from './onnx-passes.js';

const newest = 25;

interface Case {
  opset: number;
  node: Omit<NodeSpec, 'outputs'> & { outputs?: readonly string[] };
  dims: readonly number[];
  initializers?: Record<string, Tensor>;
  /** Where ONNX Runtime has no later one. */
  newest?: number;
}

function modelOf({ opset, node, dims, initializers = {} }: Case) {
  const outputs = node.outputs ?? ['y'];
  return buildModel({
    opset,
    inputs: [{ name: 'x', type: 'float32', dims: [...dims] }],
    outputs: outputs.map((name) => ({ name, type: undefined, dims: undefined })),
    initializers,
    nodes: [{ ...node, outputs, name: 'tested' }],
  });
}

const image = [1, 2, 4, 6];
const floats = (...values: number[]) => tensor('float32', [values.length], values);

/** Each means something else, or cannot be said, in a later opset. */
const cases: Record<string, Case> = {
  Squeeze: {
    opset: 11,
    dims: [1, 3, 1],
    node: { opType: 'Squeeze', inputs: ['x'], attributes: { axes: [0, -1] } },
  },
  'Squeeze of all': { opset: 7, dims: [1, 3, 1], node: { opType: 'Squeeze', inputs: ['x'] } },
  Unsqueeze: {
    opset: 7,
    dims: [3, 2],
    node: { opType: 'Unsqueeze', inputs: ['x'], attributes: { axes: [0, 3] } },
  },
  ReduceSum: {
    opset: 7,
    dims: [3, 2, 2],
    node: { opType: 'ReduceSum', inputs: ['x'], attributes: { axes: [1], keepdims: 0 } },
  },
  'ReduceSum of all': { opset: 11, dims: [3, 2], node: { opType: 'ReduceSum', inputs: ['x'] } },
  ...Object.fromEntries(
    [
      'ReduceMean',
      'ReduceMax',
      'ReduceMin',
      'ReduceProd',
      'ReduceL1',
      'ReduceL2',
      'ReduceSumSquare',
      'ReduceLogSumExp',
    ].map((opType): [string, Case] => [
      opType,
      {
        opset: 13,
        dims: [3, 2, 2],
        node: { opType, inputs: ['x'], attributes: { axes: [-1, 0], keepdims: 0 } },
      },
    ]),
  ),
  Slice: {
    opset: 7,
    dims: [4, 5],
    node: {
      opType: 'Slice',
      inputs: ['x'],
      attributes: { axes: [1, 0], starts: [1, -3], ends: [4, 9] },
    },
  },
  'Slice without axes': {
    opset: 9,
    dims: [4, 5],
    node: { opType: 'Slice', inputs: ['x'], attributes: { starts: [1], ends: [3] } },
  },
  Clip: {
    opset: 7,
    dims: [9],
    node: { opType: 'Clip', inputs: ['x'], attributes: { min: float(-0.25), max: float(0.5) } },
  },
  'Clip above': {
    opset: 10,
    dims: [9],
    node: { opType: 'Clip', inputs: ['x'], attributes: { max: float(0) } },
  },
  Pad: {
    opset: 10,
    dims: [2, 3],
    node: { opType: 'Pad', inputs: ['x'], attributes: { pads: [0, 1, 2, 0], value: float(2.5) } },
  },
  'Pad by reflection': {
    opset: 7,
    dims: [2, 3],
    node: { opType: 'Pad', inputs: ['x'], attributes: { pads: [1, 1, 0, 2], mode: 'reflect' } },
  },
  TopK: {
    opset: 7,
    dims: [2, 5],
    node: { opType: 'TopK', inputs: ['x'], outputs: ['y', 'places'], attributes: { k: 3 } },
  },
  Dropout: {
    opset: 10,
    dims: [4],
    node: { opType: 'Dropout', inputs: ['x'], attributes: { ratio: float(0.25) } },
  },
  BatchNormalization: {
    opset: 7,
    dims: image,
    initializers: {
      scale: floats(1, 2),
      bias: floats(0, 1),
      mean: floats(0.1, 0.2),
      variance: floats(1, 2),
    },
    node: {
      opType: 'BatchNormalization',
      inputs: ['x', 'scale', 'bias', 'mean', 'variance'],
      attributes: { spatial: 1 },
    },
  },
  'Resize to smaller, nearest': {
    opset: 10,
    dims: image,
    initializers: { s: floats(1, 1, 0.5, 0.5) },
    node: { opType: 'Resize', inputs: ['x', 's'] },
  },
  'Resize to larger, nearest': {
    opset: 10,
    dims: image,
    initializers: { s: floats(1, 1, 2, 1.5) },
    node: { opType: 'Resize', inputs: ['x', 's'] },
  },
  'Resize, linear': {
    opset: 10,
    dims: image,
    initializers: { s: floats(1, 1, 2, 1.5) },
    node: { opType: 'Resize', inputs: ['x', 's'], attributes: { mode: 'linear' } },
  },
  'Upsample, opset 7': {
    opset: 7,
    dims: image,
    node: { opType: 'Upsample', inputs: ['x'], attributes: { scales: float([1, 1, 2, 2]) } },
  },
  'Upsample, opset 9': {
    opset: 9,
    dims: image,
    initializers: { s: floats(1, 1, 2, 3) },
    node: { opType: 'Upsample', inputs: ['x', 's'], attributes: { mode: 'linear' } },
  },
  'Softmax over all that follows': {
    opset: 7,
    dims: [2, 3, 4],
    node: { opType: 'Softmax', inputs: ['x'] },
  },
  'Softmax over the last axis': {
    opset: 11,
    dims: [2, 3, 4],
    node: { opType: 'Softmax', inputs: ['x'], attributes: { axis: -1 } },
  },
  'Softmax over the second of two': {
    opset: 9,
    dims: [2, 3],
    node: { opType: 'Softmax', inputs: ['x'] },
  },
  LogSoftmax: {
    opset: 11,
    dims: [2, 3, 4],
    node: { opType: 'LogSoftmax', inputs: ['x'], attributes: { axis: 0 } },
  },
  Hardmax: { opset: 11, dims: [2, 3, 4], node: { opType: 'Hardmax', inputs: ['x'] } },
  Split: {
    opset: 11,
    dims: [2, 5],
    node: {
      opType: 'Split',
      inputs: ['x'],
      outputs: ['a', 'b'],
      attributes: { axis: 1, split: [2, 3] },
    },
  },
  'Split into equals': {
    opset: 13,
    dims: [6],
    node: { opType: 'Split', inputs: ['x'], outputs: ['a', 'b', 'c'] },
  },
  Scatter: {
    opset: 9,
    dims: [4],
    initializers: { at: tensor('int64', [2], [1, 3]), updates: floats(5, 6) },
    node: { opType: 'Scatter', inputs: ['x', 'at', 'updates'] },
  },
  RoiAlign: {
    opset: 10,
    newest: 21,
    dims: image,
    initializers: {
      rois: tensor('float32', [1, 4], [0.5, 0.5, 3, 3]),
      batch: tensor('int64', [1], [0]),
    },
    node: {
      opType: 'RoiAlign',
      inputs: ['x', 'rois', 'batch'],
      attributes: { output_height: 2, output_width: 2 },
    },
  },
  GridSample: {
    opset: 16,
    dims: image,
    initializers: { grid: tensor('float32', [1, 1, 2, 2], [0.1, 0.2, -0.3, 0.4]) },
    node: { opType: 'GridSample', inputs: ['x', 'grid'], attributes: { mode: 'bicubic' } },
  },
  MatMul: {
    opset: 7,
    dims: [2, 2],
    initializers: { w: tensor('float32', [2, 2], [1, 2, 3, 4]) },
    node: { opType: 'MatMul', inputs: ['x', 'w'] },
  },
  Cast: {
    opset: 7,
    dims: [3],
    node: { opType: 'Cast', inputs: ['x'], attributes: { to: ElementType.INT64 } },
  },
};

const oldModel = (opset: number) =>
  modelOf({ opset, dims: [2], node: { opType: 'Relu', inputs: ['x'] } });

describe('upgradeOpset', () => {
  test.each(Object.entries(cases))('%s computes the same', async (_, spec) => {
    const model = modelOf(spec);
    const before = model.toBytes();
    const version = spec.newest ?? newest;
    const { model: raised } = await upgradeOpset(model, version);
    expect(raised.opset).toBe(version);
    expect(model.toBytes()).toEqual(before);
    const x = randomTensor(spec.dims, { scale: 1 });
    await expectSameOutputs(raised, model, { x });
  });

  test('brings the IR version that came with the opset', async () => {
    expect((await upgradeOpset(linearModel(), 25)).model.irVersion).toBe(13);
    expect((await upgradeOpset(linearModel(), 21)).model.irVersion).toBe(10);
  });

  test('goes only as far as asked', async () => {
    const model = modelOf(cases['ReduceMean'] as Case);
    const { model: raised, changes } = await upgradeOpset(model, 17);
    expect(raised.opset).toBe(17);
    expect(raised.irVersion).toBe(8);
    expect(changes).toEqual([]);
    expect(raised.graph.nodes[0]?.input).toEqual(['x']);
  });

  test('says what it raised', async () => {
    const { changes } = await upgradeOpset(modelOf(cases['Slice'] as Case), 13);
    expect(changes).toEqual([
      { pass: 'upgradeOpset', subject: 'tested', what: 'raised the Slice to opset 10' },
    ]);
  });

  test('one list of axes serves many nodes', async () => {
    const model = oldModel(11);
    for (const name of ['a', 'b', 'c']) {
      model.graph.addNode({
        opType: 'Unsqueeze',
        inputs: ['y'],
        outputs: [name],
        attributes: { axes: [0] },
      });
    }
    const { model: raised } = await upgradeOpset(model, 13);
    expect(raised.graph.nodes.slice(-3).map(({ input }) => input[1])).toEqual(
      Array(3).fill('axes_0'),
    );
    expect(operators(raised)).toEqual(operators(model));
  });

  test.each<[string, Case]>([
    [
      'statistics for each pixel',
      {
        opset: 7,
        dims: image,
        initializers: Object.fromEntries(['s', 'b', 'm', 'v'].map((name) => [name, floats(1, 2)])),
        node: {
          opType: 'BatchNormalization',
          inputs: ['x', 's', 'b', 'm', 'v'],
          attributes: { spatial: 0 },
        },
      },
    ],
    [
      'both larger and smaller',
      {
        opset: 10,
        dims: image,
        initializers: { s: floats(1, 1, 2, 0.5) },
        node: { opType: 'Resize', inputs: ['x', 's'] },
      },
    ],
    [
      'a way to resize that was dropped',
      {
        opset: 11,
        dims: image,
        initializers: { roi: floats(), s: floats(1, 1, 2, 2) },
        node: {
          opType: 'Resize',
          inputs: ['x', 'roi', 's'],
          attributes: { coordinate_transformation_mode: 'tf_half_pixel_for_nn' },
        },
      },
    ],
    [
      'scales for groups',
      {
        opset: 20,
        dims: image,
        initializers: { s: floats(1), b: floats(0) },
        node: {
          opType: 'GroupNormalization',
          inputs: ['x', 's', 'b'],
          attributes: { num_groups: 1 },
        },
      },
    ],
  ])('refuses %s, and names the node', async (_, spec) => {
    const error = await errorOf(upgradeOpset(modelOf(spec), newest));
    expect(error).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      node: { name: 'tested', opType: spec.node.opType },
    });
  });

  test('refuses lower opsets and those it does not know', async () => {
    expect(await errorOf(upgradeOpset(linearModel(), 13))).toBeInstanceOf(TypeError);
    expect(await errorOf(upgradeOpset(linearModel(), 99))).toBeInstanceOf(TypeError);
    expect(await errorOf(upgradeOpset(oldModel(6), 13))).toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });
});
