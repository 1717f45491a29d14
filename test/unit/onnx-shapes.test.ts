import { rm, writeFile } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  FunctionProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { subgraphsOf } from '../../dist/onnx/graph/subgraphs.js';
import { Model } from '../../dist/onnx/model.js';
import { inferShapes } from '../../dist/onnx/shapes/infer-shapes.js';
import { toValueInfoProto } from '../../dist/onnx/value-info.js';
import { tensor } from '../../dist/tensor.js';
import { makeExternal, savedExternally, weight, writeProto } from './external-models.js';
import { errorOf, linearModel, sharedModel, temporaryFolder } from './helpers.js';
import { bareModel, dimsOf, int64, oneNode, scalar, subgraph } from './onnx-shapes-models.js';

describe('the sizes given for inputs', () => {
  it('take the place of names, in the whole model', async () => {
    const shapes = await inferShapes(linearModel(), { inputs: { x: [8, 16] } });
    expect(shapes.tensor('x').dims).toEqual([8, 16]);
    expect(shapes.tensor('y').dims).toEqual([8, 4]);
  });

  it('hold for the other inputs with the same name', async () => {
    const model = oneNode('Concat', { a: ['n', 2], b: ['n', 'm'] }, { attributes: { axis: 1 } });
    expect(await dimsOf(model, 'y', { inputs: { a: [3, 2] } })).toEqual([3, 'm + 2']);
  });

  it('may be left open or be names', async () => {
    const model = oneNode('Relu', { a: ['n', 'm', undefined] });
    const inputs = { a: [undefined, 'seq', 3] };
    expect(await dimsOf(model, 'y', { inputs })).toEqual(['n', 'seq', 3]);
  });

  it('stand, where the model has one name for two of them', async () => {
    const model = oneNode('MatMul', { a: ['d', 'd'], b: ['d', 'd'] });
    const shapes = await inferShapes(model, { inputs: { a: [2, 3], b: [3, 5] } });
    expect(shapes.tensor('y').dims).toEqual([2, 5]);
    expect(shapes.problems[0]).toEqual({
      node: 'a',
      opType: undefined,
      message: "the dimension 'd' of the model is given as 2 and as 3",
    });
  });

  it.each([
    [{ z: [1] }, "The model has no input 'z'. Its inputs are x."],
    [{ x: [8] }, "The input 'x' has dims [batch, 16], which [8] contradicts."],
    [{ x: [8, 17] }, "The input 'x' has dims [batch, 16], which [8, 17] contradicts."],
  ])('must fit the model: %j', async (inputs, message) => {
    const error = await errorOf(inferShapes(linearModel(), { inputs }));
    expect(error).toMatchObject({ name: 'TensorRTError', code: 'ERR_FEED' });
    expect((error as Error).message).toContain(message);
  });

  it.each([
    [{ inputs: { x: [1.5, 16] } }, "options.inputs['x']"],
    [{ inputs: { x: 3 } }, "options.inputs['x']"],
    [{ inputs: [] }, 'options.inputs'],
    [{ input: {} }, "'input'"],
  ])('must be sizes: %j', async (options, named) => {
    const error = await errorOf(inferShapes(linearModel(), options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(named);
  });
});

describe('what the model states', () => {
  const stale = () => {
    const model = linearModel();
    model.graph.proto.valueInfo.push(
      toValueInfoProto({ name: 'h', type: 'float16', dims: [1, 32] }),
      toValueInfoProto({ name: 'h_relu', type: 'float32', dims: ['rows', 32] }),
    );
    return model;
  };

  it('is wrong where the graph says otherwise', async () => {
    const shapes = await inferShapes(stale());
    expect(shapes.tensor('h')).toEqual({ elementType: ElementType.FLOAT, dims: ['batch', 32] });
    expect(shapes.conflicts).toEqual([
      { tensor: 'h', stated: 'FLOAT16 [1, 32]', inferred: 'FLOAT [batch, 32]' },
    ]);
    // Another name for the same size is no contradiction.
    expect(shapes.tensor('h_relu').dims).toEqual(['batch', 32]);
  });

  it('is all that is known of operators of others', async () => {
    const model = oneNode('Mystery', { a: ['n'] }, { domain: 'example' });
    expect((await inferShapes(model)).tensor('y')).toEqual({
      elementType: undefined,
      dims: undefined,
    });
    model.graph.proto.valueInfo = [toValueInfoProto({ name: 'y', type: 'int8', dims: ['k', 2] })];
    expect((await inferShapes(model)).tensor('y')).toEqual({
      elementType: ElementType.INT8,
      dims: ['k', 2],
    });
  });
});

describe('a graph that does not fit', () => {
  it('has problems, and unknown shapes where they are', async () => {
    const model = bareModel({ a: ['n', 3], b: [4, 5] }, [
      { opType: 'MatMul', name: 'product', inputs: ['a', 'b'], outputs: ['p'] },
      { opType: 'Relu', inputs: ['p'], outputs: ['q'] },
      { opType: 'Relu', inputs: ['a'], outputs: ['y'] },
    ]);
    const shapes = await inferShapes(model);
    expect(shapes.problems).toEqual([
      { node: 'product', opType: 'MatMul', message: '[n, 3] and [4, 5] cannot be multiplied' },
    ]);
    expect(shapes.tensor('q')).toEqual({ elementType: ElementType.FLOAT, dims: undefined });
    expect(shapes.tensor('y').dims).toEqual(['n', 3]);
  });

  it('has no tensor with a size that cannot be', async () => {
    const inputs = { a: [7, 'n', 4], b: [1, 12, 4], c: [1, 12, 3] };
    const model = oneNode('GRU', inputs, { attributes: { hidden_size: -3 } });
    const shapes = await inferShapes(model);
    expect(shapes.tensor('y')).toEqual({ elementType: ElementType.FLOAT, dims: undefined });
    expect(shapes.problems.map(({ message }) => message)).toEqual([
      'an output would have a size of -3',
    ]);
  });

  it.each([
    ['Add', { a: [2], b: [3] }, {}],
    ['Transpose', { a: [2, 3] }, { perm: [0, 2] }],
    ['Softmax', { a: [2] }, {}],
    ['Gather', { a: [2], b: ['int64', [1]] }, { axis: 3 }],
    ['Concat', { a: [2], b: [2, 2] }, { axis: 0 }],
    ['Flatten', { a: [2, 3] }, { axis: 'one' }],
    ['Conv', { a: [1, 3, 8], b: [4, 2, 3] }, {}],
    ['Conv', { a: [1, 3, 2], b: [4, 3, 5] }, {}],
    ['Gemm', { a: [2, 3], b: [2, 3] }, {}],
    ['Einsum', { a: [2, 3], b: [4, 5] }, { equation: 'ij,jk->ik' }],
    ['LSTM', {}, {}],
    ['Loop', {}, {}],
  ] as const)('never throws: %s %j %j', async (opType, inputs, attributes) => {
    const shapes = await inferShapes(oneNode(opType, inputs as never, { attributes }));
    const fits = ['Softmax', 'LSTM', 'Loop'].includes(opType);
    expect(shapes.problems).toHaveLength(fits ? 0 : 1);
  });
});

describe('branches', () => {
  const model = (condition?: boolean) =>
    bareModel(
      { c: ['bool', []], x: ['n', 4] },
      [
        {
          opType: 'If',
          inputs: [condition === undefined ? 'c' : 'known'],
          outputs: ['y', 'z'],
          attributes: {
            then_branch: subgraph(
              [],
              [
                { opType: 'Relu', inputs: ['x'], outputs: ['t'] },
                { opType: 'Shape', inputs: ['t'], outputs: ['ts'] },
              ],
              ['t', 'ts'],
            ),
            else_branch: subgraph(
              [],
              [
                { opType: 'Concat', inputs: ['x', 'x'], outputs: ['e'], attributes: { axis: 1 } },
                { opType: 'Shape', inputs: ['e'], outputs: ['es'] },
              ],
              ['e', 'es'],
            ),
          },
        },
      ],
      { initializers: { known: tensor('bool', [], [condition ? 1 : 0]) } },
    );

  it('agree, or nothing is known', async () => {
    const shapes = await inferShapes(model());
    expect(shapes.tensor('y').dims).toEqual(['n', undefined]);
    expect(shapes.tensor('z').values).toEqual(['n', undefined]);
  });

  it('that are certain decide', async () => {
    expect(await dimsOf(model(true))).toEqual(['n', 4]);
    expect(await dimsOf(model(false))).toEqual(['n', 8]);
  });

  it('see the tensors around them, which are found from within', async () => {
    const branches = model();
    const shapes = await inferShapes(branches);
    const [then, otherwise] = subgraphsOf(branches.graph.nodes[0] as never);
    expect(shapes.tensor('t', then).dims).toEqual(['n', 4]);
    expect(shapes.tensor('e', otherwise).dims).toEqual(['n', 8]);
    expect(shapes.tensor('x', then).dims).toEqual(['n', 4]);
    expect(shapes.tensor('e', then).dims).toBeUndefined();
    expect(shapes.tensor('t').dims).toBeUndefined();
  });
});

describe('loops', () => {
  it('keep what every round keeps', async () => {
    const body = subgraph(
      ['i', 'go', 'same', 'grows'],
      [
        { opType: 'Relu', inputs: ['same'], outputs: ['same_out'] },
        {
          opType: 'Concat',
          inputs: ['grows', 'x'],
          outputs: ['grows_out'],
          attributes: { axis: 0 },
        },
        { opType: 'Identity', inputs: ['go'], outputs: ['go_out'] },
        { opType: 'ReduceSum', inputs: ['same'], outputs: ['scanned'] },
      ],
      ['go_out', 'same_out', 'grows_out', 'scanned'],
    );
    const model = bareModel(
      { x: ['n', 4] },
      [
        {
          opType: 'Loop',
          inputs: ['count', '', 'x', 'x'],
          outputs: ['y', 'z', 's'],
          attributes: { body },
        },
      ],
      { initializers: { count: scalar(5) } },
    );
    const shapes = await inferShapes(model);
    expect(shapes.tensor('y').dims).toEqual(['n', 4]);
    expect(shapes.tensor('z').dims).toEqual([undefined, 4]);
    expect(shapes.tensor('s').dims).toEqual([5, 1, 1]);
    expect(shapes.tensor('i', body)).toEqual({ elementType: ElementType.INT64, dims: [] });
  });

  it('scan along an axis', async () => {
    const body = subgraph(
      ['state', 'element'],
      [
        { opType: 'Add', inputs: ['state', 'element'], outputs: ['sum'] },
        { opType: 'Identity', inputs: ['sum'], outputs: ['copy'] },
      ],
      ['sum', 'copy'],
    );
    const model = bareModel({ s: [3], x: ['steps', 3] }, [
      {
        opType: 'Scan',
        inputs: ['s', 'x'],
        outputs: ['y', 'all'],
        attributes: { body, num_scan_inputs: 1, scan_output_axes: [1] },
      },
    ]);
    const shapes = await inferShapes(model);
    expect(shapes.tensor('y').dims).toEqual([3]);
    expect(shapes.tensor('all').dims).toEqual([3, 'steps']);
  });
});

it("functions of the model are followed through their bodies, with each call's attributes", async () => {
  const model = bareModel({ x: ['n', 3] }, [
    {
      opType: 'Twice',
      domain: 'example',
      inputs: ['x'],
      outputs: ['wide'],
      attributes: { along: 1 },
    },
    {
      opType: 'Twice',
      domain: 'example',
      inputs: ['wide'],
      outputs: ['y'],
      attributes: { along: 0 },
    },
  ]);
  const reference = { name: 'axis', refAttrName: 'along', type: AttributeType.INT };
  model.proto.functions.push(
    create(FunctionProtoSchema, {
      name: 'Twice',
      domain: 'example',
      input: ['a'],
      output: ['b'],
      attribute: ['along'],
      opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
      node: [
        create(NodeProtoSchema, {
          opType: 'Concat',
          input: ['a', 'a'],
          output: ['b'],
          attribute: [create(AttributeProtoSchema, reference)],
        }),
      ],
    }),
  );
  const shapes = await inferShapes(model);
  expect(shapes.tensor('wide').dims).toEqual(['n', 6]);
  expect(shapes.tensor('y').dims).toEqual(['n * 2', 6]);
});

describe('external data', () => {
  it('of weights is not read', async () => {
    const { path, dataPath } = await savedExternally();
    const model = await Model.load(path);
    await rm(dataPath);
    expect(await dimsOf(model)).toEqual(['batch', 16]);
  });

  it('of small tensors of whole numbers is', async () => {
    const folder = await temporaryFolder();
    const model = oneNode('Reshape', { a: ['n', 12] }, { initializers: { b: int64(0, 3, 4) } });
    makeExternal(weight(model, 'b'), { location: 'shapes.bin', length: '24' });
    await writeFile(`${folder}/shapes.bin`, new Uint8Array(BigInt64Array.of(0n, 3n, 4n).buffer));
    await writeProto(`${folder}/m.onnx`, model);
    expect(await dimsOf(await Model.load(`${folder}/m.onnx`))).toEqual(['n', 3, 4]);
  });
});

describe('writeTo', () => {
  it('gives a copy with value_info', async () => {
    const model = linearModel();
    const shapes = await inferShapes(model);
    const annotated = shapes.writeTo(model);
    expect(annotated.graph.valueInfo('h_biased')).toEqual({
      name: 'h_biased',
      type: 'float32',
      dims: ['batch', 32],
    });
    expect(model.graph.proto.valueInfo).toEqual([]);
    const again = await inferShapes(annotated);
    expect(again.conflicts).toEqual([]);
  });

  it('corrects what is wrong and tells outputs what they are', async () => {
    const model = oneNode('Relu', { a: ['n', 4] });
    expect((await inferShapes(model)).writeTo(model).outputs).toEqual([
      { name: 'y', type: 'float32', dims: ['n', 4] },
    ]);
    model.graph.proto.output = [toValueInfoProto({ name: 'y', type: 'float32', dims: [7, 7] })];
    expect((await inferShapes(model)).writeTo(model).outputs[0]?.dims).toEqual(['n', 4]);
  });

  it('refuses another model', async () => {
    const shapes = await inferShapes(linearModel());
    expect(await errorOf(() => shapes.writeTo(linearModel()))).toBeInstanceOf(TypeError);
  });
});

it('stops when it is aborted', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(inferShapes(linearModel(), { signal })).rejects.toThrow('enough');
});

it('knows every tensor of a real encoder', async (context) => {
  const path = sharedModel('minilm-movie-sentiment.onnx');
  if (!path) return context.skip('the model is not beside the repository');
  const model = await Model.load(path);
  const shapes = await inferShapes(model);
  const open = model.graph.nodes
    .flatMap((node) => node.output)
    .filter((name) => {
      const { elementType, dims } = shapes.tensor(name);
      return elementType === undefined || !dims || dims.includes(undefined);
    });
  expect(open).toEqual([]);
  expect(shapes.tensor('logits').dims).toEqual(['batch', 2]);
  expect(shapes.problems).toEqual([]);
});
