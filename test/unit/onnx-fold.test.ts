import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType as ElementType, ValueInfoProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import type { Attributes } from '../../dist/onnx/attributes.js';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import type { Model } from '../../dist/onnx/model.js';
import { foldConstants } from '../../dist/onnx/passes/fold-constants.js';
import { removeIdentities } from '../../dist/onnx/passes/remove-identities.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { onnxRuntimeEvaluator } from '../../dist/runtime/evaluator.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf } from './helpers.js';
import { expectSameOutputs, operators, run } from './onnx-passes.js';

const ints = (...values: number[]) => tensor('int64', [values.length], values);
const int = (value: number) => tensor('int64', [], [value]);
const shorts = (...values: number[]) => tensor('int32', [values.length], values);
const floats = (...values: number[]) => tensor('float32', [values.length], values);
const bools = (...values: number[]) => tensor('bool', [values.length], values);
const matrix = tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]);
const cube = tensor('int64', [2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

/** `y = opType(constants)`, of which the output is a copy so that the node itself can go. */
function constantModel(
  opType: string,
  constants: (Tensor | null)[],
  attributes: Attributes,
  opset = 17,
) {
  const given = constants.map((value, index) => ({ name: value ? `c${index}` : '', value }));
  return buildModel({
    opset,
    inputs: [],
    outputs: [{ name: 'y', type: undefined, dims: undefined }],
    initializers: Object.fromEntries(
      given.flatMap(({ name, value }) => (value ? [[name, value]] : [])),
    ),
    nodes: [
      { opType, inputs: given.map(({ name }) => name), outputs: ['r'], attributes },
      { opType: 'Identity', inputs: ['r'], outputs: ['y'] },
    ],
  });
}

type Case = [opType: string, constants: (Tensor | null)[], attributes?: Attributes, opset?: number];

const cases: Case[] = [
  ['Add', [ints(1, 2, 3), int(4)]],
  ['Add', [floats(0.1, 0.2), floats(0.3, 1e-9)]],
  ['Sub', [matrix, floats(1, 2, 3)]],
  ['Mul', [shorts(65_537, -3), shorts(65_537, 7)]],
  ['Mul', [ints(2 ** 40, -3), ints(2 ** 30, 7)]],
  ['Div', [ints(-7, 7, 9), ints(2, -2, 4)]],
  ['Div', [shorts(-7, 7), shorts(2, 2)]],
  ['Div', [floats(1, 2), floats(3, 7)]],
  ['Max', [ints(1, 5), ints(4, 2)]],
  ['Min', [floats(1, 5), floats(4, 2)]],
  ['Equal', [ints(1, 2), ints(1, 3)]],
  ['Greater', [floats(1, 2), floats(0, 3)]],
  ['GreaterOrEqual', [floats(1, 2), floats(1, 3)]],
  ['Less', [ints(1, 2), int(2)]],
  ['LessOrEqual', [ints(1, 2), int(1)]],
  ['And', [bools(1, 0, 1), bools(1, 1, 0)]],
  ['Or', [bools(1, 0, 0), bools(1, 1, 0)]],
  ['Not', [bools(1, 0)]],
  ['Neg', [ints(1, -2)]],
  ['Abs', [floats(1, -2)]],
  ['Sqrt', [floats(2, 9)]],
  ['Cast', [floats(1.9, -1.9, 0)], { to: ElementType.INT64 }],
  ['Cast', [ints(0, 3)], { to: ElementType.BOOL }],
  ['Cast', [ints(16_777_217)], { to: ElementType.FLOAT }],
  ['Cast', [bools(1, 0)], { to: ElementType.INT32 }],
  ['Where', [bools(1, 0), ints(1, 2), int(9)]],
  ['Reshape', [cube, ints(0, -1)]],
  ['Reshape', [tensor('float32', [0, 3], []), ints(3, 0)], { allowzero: 1 }],
  ['Squeeze', [tensor('float32', [1, 2, 1], [1, 2]), ints(-1)]],
  ['Squeeze', [tensor('float32', [1, 2, 1], [1, 2])]],
  ['Squeeze', [tensor('float32', [1, 2, 1], [1, 2])], { axes: [0] }, 11],
  ['Unsqueeze', [matrix, ints(3, 0)]],
  ['Unsqueeze', [matrix], { axes: [1] }, 11],
  ['Flatten', [cube], { axis: 2 }],
  ['Flatten', [cube], { axis: 0 }],
  ['Transpose', [cube], { perm: [2, 0, 1] }],
  ['Transpose', [matrix]],
  ['Concat', [matrix, matrix], { axis: -1 }],
  ['Concat', [ints(1), ints(2, 3), ints()], { axis: 0 }],
  ['Gather', [cube, ints(-1, 0)], { axis: 1 }],
  ['Gather', [ints(7, 8, 9), int(1)]],
  ['Slice', [cube, ints(-1, 0), ints(-9, 1), ints(1, 2), ints(-2, 1)]],
  ['Slice', [ints(1, 2, 3, 4, 5), ints(1), ints(2 ** 40), ints(0), ints(2)]],
  ['Slice', [ints(1, 2, 3), ints(5), ints(9)]],
  ['Slice', [cube], { starts: [1], ends: [3], axes: [1] }, 9],
  ['Expand', [tensor('int64', [3, 1], [1, 2, 3]), ints(2, 1, 4)]],
  ['Shape', [cube], { start: -2 }],
  ['Size', [cube]],
  ['Range', [int(10), int(1), int(-4)]],
  ['ConstantOfShape', [ints(2, 2)], { value: tensor('int64', [1], [7]) }],
  ['ConstantOfShape', [ints(2)]],
  ['NonZero', [tensor('int64', [2, 3], [0, 1, 0, 2, 0, 3])]],
  ['ReduceProd', [cube], { axes: [1], keepdims: 0 }],
  ['ReduceSum', [cube, ints(-1, 0)]],
  ['ReduceMax', [cube]],
  ['ReduceMin', [shorts(4, -2, 3)]],
];

describe('what is computed here is what ONNX Runtime computes', () => {
  test.each(cases)('%s, case %#', async (opType, constants, attributes = {}, opset = 17) => {
    const model = constantModel(opType, constants, attributes, opset);
    const { model: folded, changes } = await foldConstants(model);
    expect(changes).toEqual([
      { pass: 'foldConstants', subject: 'r', what: `computed the ${opType}` },
    ]);
    expect(operators(folded)).toEqual(['Identity']);
    const proto = folded.graph.initializer('r');
    expect(proto && readInlineWeights(proto)).toEqual((await run(model, {}))['y']);
  });
});

describe('what has no result is left', () => {
  test.each<Case>([
    ['Div', [ints(1), ints(0)]],
    ['Gather', [ints(1, 2), int(5)]],
    ['Cast', [floats(Number.NaN)], { to: ElementType.INT64 }],
    ['Add', [ints(1, 2), ints(1, 2, 3)]],
    ['Reshape', [ints(1, 2, 3), ints(2, -1)]],
  ])('%s, case %#', async (opType, constants, attributes = {}) => {
    const { model, changes } = await foldConstants(constantModel(opType, constants, attributes));
    expect(changes).toEqual([]);
    expect(operators(model)).toEqual([opType, 'Identity']);
  });
});

function chain(
  nodes: readonly NodeSpec[],
  initializers: Record<string, Tensor> = {},
  irVersion = 8,
): Model {
  return buildModel({
    irVersion,
    inputs: [{ name: 'x', type: 'float32', dims: [2, 'n'] }],
    outputs: [{ name: 'y', type: 'float32', dims: undefined }],
    initializers,
    nodes,
  });
}

describe('foldConstants', () => {
  test('computes through chains, and leaves no trace of them', async () => {
    const model = chain(
      [
        { opType: 'Constant', inputs: [], outputs: ['two'], attributes: { value_int: 2 } },
        { opType: 'Mul', inputs: ['two', 'three'], outputs: ['six'] },
        { opType: 'Unsqueeze', inputs: ['six', 'zero'], outputs: ['shape'] },
        { opType: 'Reshape', inputs: ['x', 'shape'], outputs: ['y'] },
      ],
      { three: int(3), zero: ints(0) },
    );
    const { model: folded } = await foldConstants(model);
    expect(operators(folded)).toEqual(['Reshape']);
    const shape = folded.graph.initializer('shape');
    expect(shape && readInlineWeights(shape)).toEqual(ints(6));
    expect(folded.graph.initializer('six')).toBeUndefined();
    expect(model.graph.nodes).toHaveLength(4);
    await expectSameOutputs(folded, model, { x: tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]) });
  });

  test('knows the shapes that are known', async () => {
    const model = chain(
      [
        { opType: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { opType: 'Gather', inputs: ['shape', 'zero'], outputs: ['rows'] },
        { opType: 'Gather', inputs: ['shape', 'one'], outputs: ['columns'] },
        {
          opType: 'Concat',
          inputs: ['columns', 'rows'],
          outputs: ['turned'],
          attributes: { axis: 0 },
        },
        { opType: 'Reshape', inputs: ['x', 'turned'], outputs: ['y'] },
      ],
      { zero: ints(0), one: ints(1) },
    );
    const open = await foldConstants(model);
    expect(operators(open.model)).toEqual(['Shape', 'Gather', 'Concat', 'Reshape']);
    const rows = open.model.graph.initializer('rows');
    expect(rows && readInlineWeights(rows)).toEqual(ints(2));

    const fixed = await foldConstants(model, { inputs: { x: [2, 3] } });
    expect(operators(fixed.model)).toEqual(['Reshape']);
    expect(fixed.model.inputs).toEqual([{ name: 'x', type: 'float32', dims: [2, 3] }]);
    await expectSameOutputs(fixed.model, model, { x: matrix });
  });

  test('leaves outputs, what is random, quantization, and what would be large', async () => {
    const scale = { scale: tensor('float32', [], [0.5]), zero: tensor('int8', [], [0]) };
    const model = buildModel({
      inputs: [],
      outputs: ['a', 'b', 'c', 'd'].map((name) => ({ name, type: 'float32', dims: undefined })),
      initializers: {
        ...scale,
        one: floats(1),
        q: tensor('int8', [2], [1, 2]),
        size: ints(300_000),
      },
      nodes: [
        { opType: 'Neg', inputs: ['one'], outputs: ['a'] },
        { opType: 'RandomNormalLike', inputs: ['one'], outputs: ['random'] },
        { opType: 'Neg', inputs: ['random'], outputs: ['b'] },
        { opType: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['weight'] },
        { opType: 'Neg', inputs: ['weight'], outputs: ['c'] },
        { opType: 'ConstantOfShape', inputs: ['size'], outputs: ['many'] },
        { opType: 'Neg', inputs: ['many'], outputs: ['d'] },
      ],
    });
    const { changes } = await foldConstants(model, { evaluator: onnxRuntimeEvaluator() });
    expect(changes).toEqual([]);
    const all = await foldConstants(model, { maxBytes: 2 ** 21 });
    expect(all.changes.map(({ subject }) => subject)).toEqual(['many']);
  });

  test('a default that may be fed is no constant; before IR version 4 it is one', async () => {
    const nodes = [
      { opType: 'Neg', inputs: ['scale'], outputs: ['negative'] },
      { opType: 'Mul', inputs: ['x', 'negative'], outputs: ['y'] },
    ];
    const build = (irVersion: number) => {
      const model = chain(nodes, { scale: floats(2) }, irVersion);
      model.graph.proto.input.push(create(ValueInfoProtoSchema, { name: 'scale' }));
      model.graph.changed();
      return model;
    };
    expect((await foldConstants(build(4))).changes).toEqual([]);
    const { model } = await foldConstants(build(3));
    expect(operators(model)).toEqual(['Mul']);
    expect(model.graph.proto.input.map(({ name }) => name)).toContain('negative');
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  test('a default that may be fed is no reason to remove a node either', async () => {
    const build = (irVersion: number) => {
      const model = buildModel({
        irVersion,
        inputs: [{ name: 'x', type: 'float32', dims: [2, 3] }],
        outputs: [{ name: 'y', type: 'float32', dims: undefined }],
        initializers: { shape: ints(2, 3) },
        nodes: [
          { opType: 'Neg', inputs: ['x'], outputs: ['h'] },
          { opType: 'Reshape', inputs: ['h', 'shape'], outputs: ['y'] },
        ],
      });
      model.graph.proto.input.push(create(ValueInfoProtoSchema, { name: 'shape' }));
      model.graph.changed();
      return model;
    };
    expect(operators((await removeIdentities(build(8))).model)).toEqual(['Neg', 'Reshape']);
    expect(operators((await removeIdentities(build(3))).model)).toEqual(['Neg']);
  });

  test('what a function takes from its call is no constant', () => {
    const model = chain([
      { opType: 'Constant', inputs: [], outputs: ['c'], attributes: { value_int: 0 } },
      { opType: 'Neg', inputs: ['x'], outputs: ['y'] },
    ]);
    expect(model.graph.constant('c')).toBeDefined();
    for (const attribute of model.graph.nodes[0]?.attribute ?? []) attribute.refAttrName = 'axis';
    expect(model.graph.constant('c')).toBeUndefined();
  });

  test('has the rest computed by ONNX Runtime, in one run', async () => {
    const model = chain(
      [
        { opType: 'Exp', inputs: ['c'], outputs: ['exp'] },
        { opType: 'Softmax', inputs: ['exp'], outputs: ['soft'] },
        { opType: 'Reshape', inputs: ['soft', 'column'], outputs: ['turned'] },
        { opType: 'Mul', inputs: ['x', 'turned'], outputs: ['y'] },
      ],
      { c: floats(1, 2), column: ints(2, 1) },
    );
    expect(operators((await foldConstants(model)).model)).toEqual(operators(model));
    let runs = 0;
    const evaluator = onnxRuntimeEvaluator();
    const { model: folded } = await foldConstants(model, {
      evaluator: (part) => {
        runs++;
        return evaluator(part);
      },
    });
    expect(runs).toBe(1);
    expect(operators(folded)).toEqual(['Mul']);
    await expectSameOutputs(folded, model, { x: matrix });
  });

  test('what the evaluator refuses stays; its other errors are not hidden', async () => {
    const model = chain(
      [
        { opType: 'Exp', inputs: ['c'], outputs: ['exp'] },
        { opType: 'Mul', inputs: ['x', 'exp'], outputs: ['y'] },
      ],
      { c: floats(1) },
    );
    const refused = await foldConstants(model, {
      evaluator: () => Promise.reject(new TensorRTError('ERR_RUNTIME', 'no')),
    });
    expect(refused.changes).toEqual([]);
    const reason = new Error('bug');
    expect(await errorOf(foldConstants(model, { evaluator: () => Promise.reject(reason) }))).toBe(
      reason,
    );
  });

  test('wrong options are refused', async () => {
    const model = chain([{ opType: 'Neg', inputs: ['x'], outputs: ['y'] }]);
    expect(await errorOf(foldConstants(model, { maxBytes: -1 }))).toBeInstanceOf(TypeError);
    expect(await errorOf(foldConstants(model, { max: 1 } as object))).toBeInstanceOf(TypeError);
  });
});
