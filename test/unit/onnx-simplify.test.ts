import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  TensorProto_DataType as ElementType,
  FunctionProtoSchema,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { float } from '../../dist/onnx/attributes.js';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import { Model } from '../../dist/onnx/model.js';
import { inlineFunctions } from '../../dist/onnx/passes/inline-functions.js';
import { mergeDuplicateWeights } from '../../dist/onnx/passes/merge-duplicate-weights.js';
import { removeDeadCode } from '../../dist/onnx/passes/remove-dead-code.js';
import { removeIdentities } from '../../dist/onnx/passes/remove-identities.js';
import { simplify } from '../../dist/onnx/passes/simplify.js';
import { toTensorProto } from '../../dist/onnx/tensor/weights.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, randomTensor, temporaryFolder } from './helpers.js';
import { expectSameOutputs, operators } from './onnx-passes.js';

const ints = (...values: number[]) => tensor('int64', [values.length], values);

function chain(nodes: readonly NodeSpec[], initializers: Record<string, Tensor> = {}): Model {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [2, 3, 4] }],
    outputs: [{ name: 'y', type: undefined, dims: undefined }],
    initializers,
    nodes,
  });
}

const x = randomTensor([2, 3, 4]);

/** `between` stands between `a = Relu(x)` and `y = Abs(b)`. */
const between = (
  node: Omit<NodeSpec, 'inputs' | 'outputs'> & { inputs?: string[] },
  initializers = {},
) =>
  chain(
    [
      { opType: 'Relu', inputs: ['x'], outputs: ['a'] },
      { ...node, inputs: ['a', ...(node.inputs ?? [])], outputs: ['b'] },
      { opType: 'Abs', inputs: ['b'], outputs: ['y'] },
    ],
    initializers,
  );

describe('removeIdentities', () => {
  test.each<[string, Model]>([
    ['Identity', between({ opType: 'Identity' })],
    ['Dropout', between({ opType: 'Dropout' })],
    [
      'Dropout that is told not to train',
      between({ opType: 'Dropout', inputs: ['', 'no'] }, { no: tensor('bool', [], [0]) }),
    ],
    ['Cast to its own type', between({ opType: 'Cast', attributes: { to: ElementType.FLOAT } })],
    [
      'Transpose that keeps the order',
      between({ opType: 'Transpose', attributes: { perm: [0, 1, 2] } }),
    ],
    [
      'Reshape to its own shape',
      between({ opType: 'Reshape', inputs: ['s'] }, { s: ints(2, -1, 4) }),
    ],
    [
      'Reshape that copies all',
      between({ opType: 'Reshape', inputs: ['s'] }, { s: ints(0, 0, 0) }),
    ],
    ['Expand to less', between({ opType: 'Expand', inputs: ['s'] }, { s: ints(1, 1) })],
    ['Pad by nothing', between({ opType: 'Pad', inputs: ['s'] }, { s: ints(0, 0, 0, 0, 0, 0) })],
    ['Concat of one', between({ opType: 'Concat', attributes: { axis: 1 } })],
    ['Sum of one', between({ opType: 'Sum' })],
  ])('%s goes', async (_, model) => {
    const { model: shorter, changes } = await removeIdentities(model);
    expect(operators(shorter)).toEqual(['Relu', 'Abs']);
    expect(changes).toHaveLength(1);
    await expectSameOutputs(shorter, model, { x });
  });

  test.each<[string, Model]>([
    ['Cast to another type', between({ opType: 'Cast', attributes: { to: ElementType.DOUBLE } })],
    ['Transpose of all', between({ opType: 'Transpose' })],
    [
      'Reshape to another shape',
      between({ opType: 'Reshape', inputs: ['s'] }, { s: ints(2, -1, 6) }),
    ],
    ['Reshape of lower rank', between({ opType: 'Reshape', inputs: ['s'] }, { s: ints(-1) })],
    ['Expand to more', between({ opType: 'Expand', inputs: ['s'] }, { s: ints(1, 1, 1, 1) })],
    ['Pad', between({ opType: 'Pad', inputs: ['s'] }, { s: ints(0, 0, 1, 0, 0, 0) })],
    ['another operator of that name', between({ opType: 'Identity', domain: 'custom' })],
  ])('%s stays', async (_, model) => {
    const { model: same, changes } = await removeIdentities(model);
    expect(changes).toEqual([]);
    expect(operators(same)).toEqual(operators(model));
  });

  test('names of outputs stay, and what links an input to an output too', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2] }],
      outputs: ['y', 'z', 'copy'].map((name) => ({ name, type: 'float32', dims: [2] })),
      nodes: [
        { opType: 'Relu', inputs: ['x'], outputs: ['h'] },
        { opType: 'Identity', inputs: ['h'], outputs: ['y'] },
        { opType: 'Identity', inputs: ['y'], outputs: ['z'] },
        { opType: 'Identity', inputs: ['x'], outputs: ['copy'] },
      ],
    });
    const { model: shorter } = await removeIdentities(model);
    expect(
      shorter.graph.nodes.map(({ opType, input, output }) => `${output}=${opType}(${input})`),
    ).toEqual(['y=Relu(x)', 'z=Identity(y)', 'copy=Identity(x)']);
    await expectSameOutputs(shorter, model, { x: tensor('float32', [2], [-1, 2]) });
  });

  test('chains of Transpose and of reshapes become one', async () => {
    const model = chain(
      [
        { opType: 'Transpose', inputs: ['x'], outputs: ['a'], attributes: { perm: [1, 2, 0] } },
        { opType: 'Transpose', inputs: ['a'], outputs: ['b'], attributes: { perm: [2, 0, 1] } },
        { opType: 'Transpose', inputs: ['b'], outputs: ['c'], attributes: { perm: [0, 2, 1] } },
        { opType: 'Flatten', inputs: ['c'], outputs: ['d'] },
        { opType: 'Reshape', inputs: ['d', 's'], outputs: ['e'] },
        { opType: 'Reshape', inputs: ['e', 't'], outputs: ['y'] },
      ],
      { s: ints(4, 6), t: ints(-1, 12) },
    );
    const { model: shorter } = await simplify(model);
    expect(operators(shorter)).toEqual(['Transpose', 'Reshape']);
    expect(shorter.graph.nodes[0]?.attribute[0]?.ints).toEqual([0n, 2n, 1n]);
    await expectSameOutputs(shorter, model, { x });
  });

  test.each([
    ['Unsqueeze', 'Squeeze', [0, -1], ['Abs']],
    ['Squeeze', 'Unsqueeze', [1], ['Abs']],
    ['Unsqueeze', 'Squeeze', [0], ['Unsqueeze', 'Squeeze', 'Abs']],
  ])('%s and %s that undo each other go, others stay', async (first, second, axes, left) => {
    const dims = [2, 1, 4];
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims }],
      outputs: [{ name: 'y', type: undefined, dims: undefined }],
      initializers: { a: ints(...axes), b: ints(...(left.length > 1 ? [2] : axes)) },
      nodes: [
        { opType: first, inputs: ['x', 'a'], outputs: ['h'] },
        { opType: second, inputs: ['h', 'b'], outputs: ['i'] },
        { opType: 'Abs', inputs: ['i'], outputs: ['y'] },
      ],
    });
    const { model: shorter } = await simplify(model);
    expect(operators(shorter)).toEqual(left);
    await expectSameOutputs(shorter, model, { x: randomTensor(dims) });
  });

  test('a Reshape that copies a size of the one before it stays behind it', async () => {
    const model = chain(
      [
        { opType: 'Reshape', inputs: ['x', 's'], outputs: ['a'] },
        { opType: 'Reshape', inputs: ['a', 't'], outputs: ['y'] },
      ],
      { s: ints(6, 4), t: ints(0, 2, 2) },
    );
    const { model: same } = await removeIdentities(model);
    expect(same.graph.nodes[1]?.input[0]).toBe('a');
    await expectSameOutputs(same, model, { x });
  });
});

describe('mergeDuplicateWeights', () => {
  const same = new Float32Array(512).fill(3);
  const other = Float32Array.from(same).fill(4, 511);
  const weights = {
    a: tensor('float32', [512], same),
    b: tensor('float32', [512], same.slice()),
    c: tensor('float32', [512], other),
    d: tensor('float32', [1, 512], same),
    e: tensor('int32', [512], new Int32Array(same.slice().buffer)),
  };
  const model = () =>
    buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [1] }],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      initializers: weights,
      nodes: [
        { opType: 'Cast', inputs: ['e'], outputs: ['f'], attributes: { to: ElementType.FLOAT } },
        { opType: 'Sum', inputs: ['x', 'b', 'a', 'c', 'd', 'f'], outputs: ['y'] },
      ],
    });
  const feeds = { x: tensor('float32', [1], [1]) };

  test('merges what is equal in type, shape and bytes', async () => {
    const original = model();
    const { model: merged, changes } = await mergeDuplicateWeights(original);
    expect(changes).toEqual([
      { pass: 'mergeDuplicateWeights', subject: 'b', what: "merged with 'a', which is equal" },
    ]);
    expect(merged.graph.nodes[1]?.input).toEqual(['x', 'a', 'a', 'c', 'd', 'f']);
    expect(merged.graph.initializer('b')).toBeUndefined();
    expect(original.graph.initializer('b')).toBeDefined();
    await expectSameOutputs(merged, original, feeds);
  });

  test('merges external weights too, and those in sub-graphs with those around', async () => {
    const original = model();
    const inner = buildModel({
      inputs: [],
      outputs: [{ name: 'twice', type: 'float32', dims: undefined }],
      initializers: { inside: tensor('float32', [512], same) },
      nodes: [{ opType: 'Add', inputs: ['inside', 'inside'], outputs: ['twice'] }],
    }).graph.proto;
    original.graph.addInitializer('yes', tensor('bool', [], [1]));
    original.graph.addNode({
      opType: 'If',
      inputs: ['yes'],
      outputs: ['chosen'],
      attributes: {
        then_branch: inner,
        else_branch: create(GraphProtoSchema, { ...inner, name: 'other' }),
      },
    });
    original.graph.addOutput({ name: 'chosen', type: 'float32', dims: undefined });
    const path = `${await temporaryFolder()}/m.onnx`;
    await original.save(path, { externalData: 'always' });
    const { model: merged, changes } = await mergeDuplicateWeights(await Model.load(path));
    expect(changes.map(({ subject }) => subject)).toEqual(['b', 'inside', 'inside']);
    for (const graph of merged.graphs().slice(1)) {
      expect(graph.nodes[0]?.input).toEqual(['a', 'a']);
      expect(graph.proto.initializer).toEqual([]);
    }
    merged.validate();
  });
});

describe('removeDeadCode', () => {
  test('removes nodes, weights and functions, and says which', async () => {
    const model = chain(
      [
        { opType: 'Relu', inputs: ['x'], outputs: ['y'] },
        { opType: 'Add', name: 'dead', inputs: ['y', 'w'], outputs: ['nothing'] },
      ],
      { w: tensor('float32', [], [1]) },
    );
    model.proto.functions.push(create(FunctionProtoSchema, { domain: 'own', name: 'Unused' }));
    const { model: live, changes } = await removeDeadCode(model);
    expect(changes.map(({ subject }) => subject)).toEqual(['dead', 'w', 'Unused']);
    expect(operators(live)).toEqual(['Relu']);
    expect(live.proto.functions).toEqual([]);
    expect(model.proto.functions).toHaveLength(1);
  });
});

describe('inlineFunctions', () => {
  const node = (opType: string, input: string[], output: string[], rest: Partial<NodeProto> = {}) =>
    Object.assign(create(NodeProtoSchema, { opType, name: output[0] ?? '', input, output }), rest);
  const reference = (name: string, type: number) =>
    create(AttributeProtoSchema, { name, type, refAttrName: 'slope' });
  const opsetImport = [
    create(OperatorSetIdProtoSchema, { domain: '', version: 17n }),
    create(OperatorSetIdProtoSchema, { domain: 'own', version: 1n }),
  ];

  /** `Outer(x) = Inner(Inner(x))`, `Inner(x) = If(true) { LeakyRelu(x + x) } else { x + x }`. */
  function modelWithFunctions(): Model {
    const branch = (opType: string, attribute = [] as NodeProto['attribute']) =>
      create(GraphProtoSchema, {
        name: opType,
        node: [node(opType, ['twice'], ['result'], { attribute })],
        output: [{ name: 'result' }],
      });
    const choose = node('If', ['yes'], ['out'], {
      attribute: [
        create(AttributeProtoSchema, {
          name: 'then_branch',
          type: 5,
          g: branch('LeakyRelu', [reference('alpha', 1)]),
        }),
        create(AttributeProtoSchema, { name: 'else_branch', type: 5, g: branch('Identity') }),
      ],
    });
    const yes = node('Constant', [], ['yes'], {
      attribute: [
        create(AttributeProtoSchema, {
          name: 'value',
          type: 4,
          t: toTensorProto('', tensor('bool', [], [1])),
        }),
      ],
    });
    const inner = create(FunctionProtoSchema, {
      domain: 'own',
      name: 'Inner',
      input: ['in'],
      output: ['out'],
      attribute: ['slope'],
      opsetImport,
      node: [yes, node('Add', ['in', 'in'], ['twice']), choose],
    });
    const call = (input: string, output: string) =>
      node('Inner', [input], [output], { domain: 'own', attribute: [reference('slope', 1)] });
    const outer = create(FunctionProtoSchema, {
      domain: 'own',
      name: 'Outer',
      input: ['in'],
      output: ['out'],
      attributeProto: [create(AttributeProtoSchema, { name: 'slope', type: 1, f: 0.5 })],
      opsetImport,
      node: [call('in', 'between'), call('between', 'out')],
    });
    const model = chain([
      {
        opType: 'Outer',
        domain: 'own',
        name: 'first',
        inputs: ['x'],
        outputs: ['h'],
        attributes: { slope: float(0.25) },
      },
      { opType: 'Outer', domain: 'own', name: 'second', inputs: ['h'], outputs: ['y'] },
    ]);
    model.proto.functions.push(inner, outer);
    model.proto.opsetImport.push(...opsetImport.slice(1));
    return model;
  }

  test('bodies, also nested ones with sub-graphs, stand in place of the calls', async () => {
    const model = modelWithFunctions();
    const { model: inlined, changes } = await inlineFunctions(model);
    expect(operators(inlined)).toEqual(Array(4).fill(['Constant', 'Add', 'If']).flat());
    expect(inlined.proto.functions).toEqual([]);
    expect(changes).toHaveLength(6);
    const slopes = inlined
      .graphs()
      .flatMap(({ nodes }) =>
        nodes.flatMap(({ attribute }) =>
          attribute.flatMap(({ name, f }) => (name === 'alpha' ? [f] : [])),
        ),
      );
    expect(slopes).toEqual([0.25, 0.25, 0.5, 0.5]);
    await expectSameOutputs(inlined, model, { x });
  });

  test('functions for another opset are left', async () => {
    const model = modelWithFunctions();
    for (const item of model.proto.functions) {
      item.opsetImport = [create(OperatorSetIdProtoSchema, { domain: '', version: 18n })];
    }
    const { changes } = await inlineFunctions(model);
    expect(changes).toEqual([]);
  });

  test('simplify inlines, folds and removes to the end', async () => {
    const model = modelWithFunctions();
    const { model: simple } = await simplify(model);
    expect(simple.proto.functions).toEqual([]);
    await expectSameOutputs(simple, model, { x });
    expect((await simplify(simple)).changes).toEqual([]);
  });
});
