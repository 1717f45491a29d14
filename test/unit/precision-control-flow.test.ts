import { create } from '@bufbuild/protobuf';
import { type GraphProto, GraphProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { Graph, type NodeSpec } from '../../dist/onnx/graph/graph.js';
import { Model } from '../../dist/onnx/model.js';
import { toValueInfoProto, type ValueInfo } from '../../dist/onnx/value-info.js';
import { toHalf } from '../../dist/precision/to-half.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, randomTensor } from './helpers.js';
import { castsOf, decisionOn, distance, islandsOf } from './precision-fixtures.js';

const float = (name: string, dims: ValueInfo['dims'] = [2, 4]): ValueInfo => ({
  name,
  type: 'float32',
  dims,
});
const scalar = (value: number) => tensor('float32', [], [value]);
const bool = (value: boolean) => tensor('bool', [], [value ? 1 : 0]);

/** A sub-graph; it may read tensors of the graph around it. */
function subgraph(spec: {
  inputs?: ValueInfo[];
  outputs: ValueInfo[];
  nodes: NodeSpec[];
  initializers?: Record<string, Tensor>;
}): GraphProto {
  const { inputs = [], outputs, nodes, initializers = {} } = spec;
  const graph = new Graph(
    create(GraphProtoSchema, {
      name: 'body',
      input: inputs.map(toValueInfoProto),
      output: outputs.map(toValueInfoProto),
    }),
  );
  for (const [name, value] of Object.entries(initializers)) graph.addInitializer(name, value);
  for (const node of nodes) graph.addNode(node);
  return graph.proto;
}

const x = randomTensor([2, 4], { seed: 5 });
const w = randomTensor([4, 4], { seed: 6 });

describe('If', () => {
  const branching = (initializers: Record<string, Tensor> = {}) =>
    buildModel({
      inputs: [{ name: 'choice', type: 'bool', dims: [] }, float('x')],
      outputs: [float('y')],
      initializers: { w, ...initializers },
      nodes: [
        { opType: 'MatMul', name: 'before', inputs: ['x', 'w'], outputs: ['h'] },
        {
          opType: 'If',
          name: 'if',
          inputs: ['choice'],
          outputs: ['y'],
          attributes: {
            then_branch: subgraph({
              outputs: [float('a')],
              nodes: [{ opType: 'MatMul', name: 'then', inputs: ['h', 'w'], outputs: ['a'] }],
            }),
            else_branch: subgraph({
              outputs: [float('b')],
              initializers: { offset: scalar(0.5) },
              nodes: [{ opType: 'Add', name: 'else', inputs: ['h', 'offset'], outputs: ['b'] }],
            }),
          },
        },
      ],
    });

  it('has half-precision branches, which read what lies around them', async () => {
    const model = branching();
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual([]);
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'y_fp16 -> FLOAT as y']);
    for (const choice of [true, false]) {
      expect(await distance(model, half, { x, choice: bool(choice) })).toBeLessThan(3e-3);
    }
  });

  it('gets one type where a branch stays FP32', async () => {
    const model = branching();
    const half = await toHalf(model, { keep: ['else'] });
    expect(islandsOf(half)).toEqual(['else']);
    expect(castsOf(half)).toEqual([
      'x -> FLOAT16 as x_fp16',
      'h -> FLOAT as h_fp32',
      'b -> FLOAT16 as b_fp16',
      'y_fp16 -> FLOAT as y',
    ]);
    for (const choice of [true, false]) {
      expect(await distance(model, half, { x, choice: bool(choice) })).toBeLessThan(3e-3);
    }
  });

  it('stays FP32 with its branches where it is named', async () => {
    const half = await toHalf(branching(), { keep: ['if'] });
    expect(islandsOf(half)).toEqual(['then', 'else', 'if']);
    expect(decisionOn(half, 'then').reason).toContain("inside If 'if'");
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'h -> FLOAT as h_fp32']);
  });
});

describe('Loop', () => {
  const looping = () =>
    buildModel({
      inputs: [float('x')],
      outputs: [float('y'), float('all', ['steps', 2, 4])],
      initializers: { w, three: tensor('int64', [], [3]), go: bool(true) },
      nodes: [
        {
          opType: 'Loop',
          name: 'loop',
          inputs: ['three', 'go', 'x'],
          outputs: ['y', 'all'],
          attributes: {
            body: subgraph({
              inputs: [
                { name: 'i', type: 'int64', dims: [] },
                { name: 'on', type: 'bool', dims: [] },
                float('state'),
              ],
              outputs: [{ name: 'on_out', type: 'bool', dims: [] }, float('next'), float('seen')],
              nodes: [
                { opType: 'Identity', inputs: ['on'], outputs: ['on_out'] },
                { opType: 'MatMul', name: 'product', inputs: ['state', 'w'], outputs: ['next'] },
                { opType: 'Tanh', name: 'tanh', inputs: ['next'], outputs: ['seen'] },
              ],
            }),
          },
        },
      ],
    });

  it('carries its state in half precision', async () => {
    const model = looping();
    const half = await toHalf(model);
    expect(islandsOf(half)).toEqual([]);
    expect(castsOf(half)).toEqual([
      'x -> FLOAT16 as x_fp16',
      'y_fp16 -> FLOAT as y',
      'all_fp16 -> FLOAT as all',
    ]);
    expect(await distance(model, half, { x })).toBeLessThan(3e-3);
  });

  it('casts within its body where a node there stays FP32', async () => {
    const model = looping();
    const half = await toHalf(model, { keep: ['product'] });
    expect(castsOf(half)).toEqual([
      'x -> FLOAT16 as x_fp16',
      'state -> FLOAT as state_fp32',
      'next -> FLOAT16 as next_fp16',
      'y_fp16 -> FLOAT as y',
      'all_fp16 -> FLOAT as all',
    ]);
    expect(await distance(model, half, { x })).toBeLessThan(3e-3);
  });
});

it('Scan has half-precision states and slices', async () => {
  const model = buildModel({
    inputs: [float('start', [4]), float('x')],
    outputs: [float('end', [4]), float('sums')],
    nodes: [
      {
        opType: 'Scan',
        name: 'scan',
        inputs: ['start', 'x'],
        outputs: ['end', 'sums'],
        attributes: {
          num_scan_inputs: 1,
          body: subgraph({
            inputs: [float('sum', [4]), float('row', [4])],
            outputs: [float('next', [4]), float('out', [4])],
            nodes: [
              { opType: 'Add', inputs: ['sum', 'row'], outputs: ['next'] },
              { opType: 'Identity', inputs: ['next'], outputs: ['out'] },
            ],
          }),
        },
      },
    ],
  });
  const half = await toHalf(model);
  expect(islandsOf(half)).toEqual([]);
  expect(castsOf(half)).toHaveLength(4);
  const start = randomTensor([4], { seed: 8 });
  expect(await distance(model, half, { x, start })).toBeLessThan(3e-3);
});

it('functions are put in place of their calls', async () => {
  const model = buildModel({
    inputs: [float('x')],
    outputs: [float('y')],
    initializers: { w },
    nodes: [{ opType: 'Twice', domain: 'my', name: 'call', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  const body = buildModel({
    inputs: [float('a'), float('m', [4, 4])],
    outputs: [float('c')],
    nodes: [
      { opType: 'MatMul', inputs: ['a', 'm'], outputs: ['b'] },
      { opType: 'MatMul', inputs: ['b', 'm'], outputs: ['c'] },
    ],
  });
  const { proto } = model;
  const [onnx] = body.proto.opsetImport;
  proto.opsetImport.push({ ...onnx, domain: 'my', version: 1n } as (typeof proto.opsetImport)[0]);
  proto.functions.push({
    $typeName: 'onnx.FunctionProto',
    name: 'Twice',
    domain: 'my',
    overload: '',
    docString: '',
    input: ['a', 'm'],
    output: ['c'],
    attribute: [],
    attributeProto: [],
    valueInfo: [],
    metadataProps: [],
    node: body.graph.proto.node,
    opsetImport: body.proto.opsetImport,
  });
  const half = await toHalf(Model.fromProto(proto));
  expect(half.report.summary).toMatchObject({ half: 2, float: 0 });
  expect(await distance(model, half, { x })).toBeLessThan(3e-3);
});
