import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorAnnotationSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import type { Model } from '../../dist/onnx/model.js';
import { tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, linearModel } from './helpers.js';

const vector = { type: 'float32' as const, dims: [2] };

/** A model on vectors of two, with the given nodes. */
function vectors(nodes: readonly NodeSpec[], inputs = ['x'], outputs = ['y']): Model {
  return buildModel({
    inputs: inputs.map((name) => ({ name, ...vector })),
    outputs: outputs.map((name) => ({ name, ...vector })),
    nodes,
  });
}

const node = (opType: string, inputs: string[], output: string): NodeSpec => ({
  opType,
  name: `${opType}_${output}`,
  inputs,
  outputs: [output],
});

/** The wiring of a graph in one line a node: `y = Relu(x)`. */
const wiring = (graph: GraphProto) =>
  graph.node.map(({ opType, input, output }) => `${output} = ${opType}(${input})`);

function subgraph(nodes: readonly NodeSpec[], output: string): GraphProto {
  return create(GraphProtoSchema, {
    name: `makes_${output}`,
    node: nodes.map(({ opType, inputs, outputs, name = '' }) =>
      create(NodeProtoSchema, { opType, name, input: [...inputs], output: [...outputs] }),
    ),
    output: [{ name: output }],
  });
}

/** `hidden = Relu(x)`; `y = If(condition) { hidden + hidden } else { If(condition) { -hidden } else ... }`. */
function nestedModel(): Model {
  const model = buildModel({
    inputs: [
      { name: 'x', ...vector },
      { name: 'condition', type: 'bool', dims: [] },
    ],
    outputs: [{ name: 'y', ...vector }],
    nodes: [node('Relu', ['x'], 'hidden'), node('If', ['condition'], 'y')],
  });
  const inner = subgraph([node('If', ['condition'], 'nested')], 'nested');
  const branches = (then_branch: GraphProto, else_branch: GraphProto) =>
    Object.entries({ then_branch, else_branch }).map(([name, g]) =>
      create(AttributeProtoSchema, { name, type: 5, g }),
    );
  inner.node[0]?.attribute.push(
    ...branches(
      subgraph([node('Neg', ['hidden'], 'negated')], 'negated'),
      subgraph([node('Abs', ['hidden'], 'absolute')], 'absolute'),
    ),
  );
  model.graph.nodes[1]?.attribute.push(
    ...branches(subgraph([node('Add', ['hidden', 'hidden'], 'twice')], 'twice'), inner),
  );
  model.graph.changed();
  model.validate();
  return model;
}

/** The wiring of every graph of a model. */
const allWiring = (model: Model) => model.graphs().flatMap(({ proto }) => wiring(proto));

describe('graphs', () => {
  test('are the main graph and all inside, each with the one around it', () => {
    const model = nestedModel();
    const graphs = model.graphs();
    expect(graphs.map(({ proto }) => proto.name)).toEqual([
      'test',
      'makes_twice',
      'makes_nested',
      'makes_negated',
      'makes_absolute',
    ]);
    expect(graphs[3]?.outer).toBe(graphs[2]);
    expect(graphs[2]?.outer).toBe(model.graph);
    expect(model.graphs()[3]).toBe(graphs[3]);
    expect(graphs[3]?.uniqueName('x')).toBe('x_1');
    expect(model.graph.uniqueName('x')).toBe('x_2');
  });

  test('an edit inside is seen by the look-ups around', () => {
    const model = nestedModel();
    const [, twice] = model.graphs();
    expect(model.graph.consumers('x')).toHaveLength(1);
    const add = twice?.nodes[0];
    if (add) twice?.replaceInput(add, 1, 'x');
    expect(model.graph.consumers('x').map(({ opType }) => opType)).toEqual(['Relu', 'If']);
  });

  test('constants of graphs around are known inside', () => {
    const model = nestedModel();
    model.graph.addInitializer('scale', tensor('float32', [], [3]));
    expect(model.graphs()[4]?.constant('scale')?.name).toBe('scale');
    expect(model.graphs()[4]?.constant('hidden')).toBeUndefined();
  });
});

describe('rename', () => {
  test('reaches every use, in sub-graphs of sub-graphs too', () => {
    const model = nestedModel();
    const { graph } = model;
    graph.proto.valueInfo.push(create(ValueInfoProtoSchema, { name: 'hidden' }));
    graph.proto.quantizationAnnotation.push(
      create(TensorAnnotationSchema, {
        tensorName: 'hidden',
        quantParameterTensorNames: [
          create(StringStringEntryProtoSchema, { key: 'SCALE_TENSOR', value: 'hidden' }),
        ],
      }),
    );
    graph.changed();
    graph.rename('hidden', 'activation');
    expect(allWiring(model)).toEqual([
      'activation = Relu(x)',
      'y = If(condition)',
      'twice = Add(activation,activation)',
      'nested = If(condition)',
      'negated = Neg(activation)',
      'absolute = Abs(activation)',
    ]);
    const [annotation] = graph.proto.quantizationAnnotation;
    expect(annotation?.tensorName).toBe('activation');
    expect(annotation?.quantParameterTensorNames[0]?.value).toBe('activation');
    expect(graph.proto.valueInfo[0]?.name).toBe('activation');
    expect(graph.consumers('activation').map(({ opType }) => opType)).toEqual(['If']);
    expect(graph.consumers('hidden')).toEqual([]);
    expect(graph.producer('activation')?.opType).toBe('Relu');
    model.validate();
  });

  test('renames inputs, outputs and initializers', () => {
    const model = linearModel();
    model.graph.rename('x', 'features');
    model.graph.rename('y', 'logits');
    model.graph.rename('w1', 'weight');
    expect(model.inputs.map(({ name }) => name)).toEqual(['features']);
    expect(model.outputs.map(({ name }) => name)).toEqual(['logits']);
    expect(model.graph.initializer('weight')?.name).toBe('weight');
    expect(wiring(model.graph.proto)[0]).toBe('h = MatMul(features,weight)');
    expect(model.graph.isOutput('logits')).toBe(true);
    model.validate();
  });

  test('a tensor of a sub-graph with the same name, which ONNX forbids, stays', () => {
    const model = nestedModel();
    const [, twice] = model.graphs();
    twice?.proto.node.unshift(
      create(NodeProtoSchema, { opType: 'Abs', input: ['x'], output: ['hidden'] }),
    );
    model.graph.changed();
    model.graph.rename('hidden', 'activation');
    expect(twice && wiring(twice.proto)).toEqual(['hidden = Abs(x)', 'twice = Add(hidden,hidden)']);
  });

  test('refuses names that are taken, and tensors that do not exist', () => {
    const { graph } = nestedModel();
    expect(() => graph.rename('hidden', 'negated')).toThrow(TypeError);
    expect(() => graph.rename('nothing', 'something')).toThrow(/received 'nothing'/);
  });
});

describe('replaceUses', () => {
  test('rewires all readers, in sub-graphs too', () => {
    const model = nestedModel();
    expect(model.graph.replaceUses('hidden', 'x')).toBe('x');
    expect(allWiring(model).slice(2)).toEqual([
      'twice = Add(x,x)',
      'nested = If(condition)',
      'negated = Neg(x)',
      'absolute = Abs(x)',
    ]);
    expect(model.graph.consumers('x').map(({ opType }) => opType)).toEqual(['Relu', 'If']);
  });

  test('only the given readers, or all but some', () => {
    const { graph } = vectors([
      node('Neg', ['x'], 'a'),
      node('Abs', ['x'], 'b'),
      node('Sum', ['a', 'b', 'x'], 'y'),
    ]);
    const [neg, abs] = graph.nodes;
    if (neg) graph.replaceUses('x', 'other', { readers: [neg] });
    expect(wiring(graph.proto)).toEqual(['a = Neg(other)', 'b = Abs(x)', 'y = Sum(a,b,x)']);
    if (abs) graph.replaceUses('x', 'b', { except: [abs] });
    expect(wiring(graph.proto)).toEqual(['a = Neg(other)', 'b = Abs(x)', 'y = Sum(a,b,b)']);
    expect(graph.consumers('b').map(({ opType }) => opType)).toEqual(['Sum']);
  });

  test('an output keeps its name and gets the other value', () => {
    const model = vectors([node('Relu', ['x'], 'h'), node('Identity', ['h'], 'y')]);
    const { graph } = model;
    expect(graph.replaceUses('y', 'h')).toBe('y');
    expect(wiring(graph.proto)).toEqual(['y = Relu(x)', 'y_1 = Identity(y)']);
    graph.removeUnused();
    expect(wiring(graph.proto)).toEqual(['y = Relu(x)']);
    model.validate();
  });

  test.each([
    ['an input', ['y'], 'x', ['y_1 = Relu(x)', 'y = Identity(x)']],
    ['another output', ['y', 'z'], 'z', ['y_1 = Relu(x)', 'z = Neg(y_1)', 'y = Identity(z)']],
  ])('an output that becomes %s is linked to it', (_, outputs, to, expected) => {
    const nodes = [node('Relu', ['x'], 'y'), node('Neg', ['y'], 'z')];
    const model = vectors(nodes.slice(0, outputs.length), ['x'], outputs);
    const { graph } = model;
    const neg = graph.nodes[1];
    expect(graph.replaceUses('y', to, neg ? { except: [neg] } : {})).toBe(to);
    expect(wiring(graph.proto)).toEqual(expected);
    expect(model.outputs.map(({ name }) => name)).toEqual(outputs);
    model.validate();
  });
});

describe('insertNode', () => {
  test('serves all readers and the output', () => {
    const model = vectors([node('Relu', ['x'], 'h'), node('Neg', ['h'], 'y')]);
    model.graph.insertNode('h', { opType: 'Abs' });
    model.graph.insertNode('y', { opType: 'Ceil', output: 'rounded' });
    model.graph.insertNode('x', { opType: 'Floor' });
    expect(wiring(model.graph.proto)).toEqual([
      'x_Floor = Floor(x)',
      'h = Relu(x_Floor)',
      'h_Abs = Abs(h)',
      'y_1 = Neg(h_Abs)',
      'y = Ceil(y_1)',
    ]);
    model.validate();
  });

  test('serves the given readers only, and stands behind all that it reads', () => {
    const model = vectors([
      node('Relu', ['x'], 'a'),
      node('Neg', ['x'], 'b'),
      node('Add', ['a', 'b'], 'y'),
    ]);
    const add = model.graph.nodes[2];
    if (add) model.graph.insertNode('a', { opType: 'Mul', inputs: ['b'] }, [add]);
    expect(wiring(model.graph.proto)).toEqual([
      'a = Relu(x)',
      'b = Neg(x)',
      'a_Mul = Mul(a,b)',
      'y = Add(a_Mul,b)',
    ]);
    model.validate();
  });
});

describe('replaceNode and removeNodes', () => {
  test('a replaced node keeps place, name and wiring, but no attributes', () => {
    const model = linearModel();
    const { graph } = model;
    const gemm = graph.producer('y');
    const relu = graph.producer('h_relu');
    if (!gemm || !relu) throw new Error('incomplete');
    const added = graph.replaceNode(relu, { opType: 'Elu' });
    expect(graph.nodes.indexOf(added)).toBe(2);
    expect(added).toMatchObject({ name: 'hidden_relu', input: ['h_biased'], output: ['h_relu'] });
    const plain = graph.replaceNode(gemm, { opType: 'MatMul', inputs: ['h_relu', 'w2'] });
    expect(plain.attribute).toEqual([]);
    expect(graph.consumers('b2')).toEqual([]);
    expect(graph.producer('y')).toBe(plain);
    expect(() => graph.replaceNode(gemm, { opType: 'Gemm' })).toThrow(TypeError);
  });

  test('many nodes are removed at once', () => {
    const { graph } = linearModel();
    graph.removeNodes(graph.nodes.slice(1, 3));
    expect(wiring(graph.proto)).toEqual(['h = MatMul(x,w1)', 'y = Gemm(h_relu,w2,b2)']);
    expect(graph.producer('h_relu')).toBeUndefined();
  });
});

describe('sort', () => {
  test('moves what is read too early, and leaves the rest', () => {
    const { graph } = vectors([
      node('Neg', ['x'], 'a'),
      node('Add', ['a', 'late'], 'y'),
      node('Abs', ['x'], 'b'),
      node('Ceil', ['b'], 'late'),
    ]);
    graph.sort();
    expect(wiring(graph.proto)).toEqual([
      'a = Neg(x)',
      'b = Abs(x)',
      'late = Ceil(b)',
      'y = Add(a,late)',
    ]);
    const before = [...graph.nodes];
    graph.sort();
    expect(graph.nodes).toEqual(before);
  });

  test('counts what sub-graphs read, and sorts them too', () => {
    const model = nestedModel();
    const { graph } = model;
    graph.proto.node.reverse();
    const [, twice] = model.graphs();
    twice?.proto.node.push(
      create(NodeProtoSchema, { opType: 'Abs', input: ['hidden'], output: ['late'] }),
    );
    if (twice?.proto.node[0]) twice.proto.node[0].input[1] = 'late';
    graph.changed();
    graph.sort();
    expect(wiring(graph.proto)).toEqual(['hidden = Relu(x)', 'y = If(condition)']);
    expect(twice && wiring(twice.proto)).toEqual([
      'late = Abs(hidden)',
      'twice = Add(hidden,late)',
    ]);
    model.validate();
  });

  test('names the nodes of a circle', async () => {
    const { graph } = vectors([
      node('Neg', ['x'], 'a'),
      node('Add', ['a', 'c'], 'b'),
      node('Abs', ['b'], 'c'),
      node('Ceil', ['c'], 'y'),
    ]);
    const error = await errorOf(() => graph.sort());
    expect(error).toBeInstanceOf(TensorRTError);
    expect(error).toMatchObject({ code: 'ERR_ONNX_INVALID', node: { opType: 'Add' } });
    expect(String(error)).toContain("'Add_b' (Add), 'Abs_c' (Abs)");
    expect(String(error)).not.toContain('Ceil');
  });

  test('a chain of 20,000 nodes in reverse overflows no stack', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `t${index}`);
    const { graph } = vectors(
      names.map((name, index) => node('Neg', [names[index - 1] ?? 'x'], name)),
      ['x'],
      [names.at(-1) ?? ''],
    );
    const ordered = [...graph.nodes];
    graph.proto.node.reverse();
    graph.sort();
    expect(graph.nodes.every((item, index) => item === ordered[index])).toBe(true);
  });
});

test('many unique names of one base take no quadratic time to find', () => {
  const { graph } = linearModel();
  const names = Array.from({ length: 20_000 }, () => graph.uniqueName('h'));
  expect(new Set(names).size).toBe(20_000);
  expect(names[19_999]).toBe('h_20000');
});

test('metadata are read, replaced, added and removed', () => {
  const model = linearModel();
  model.setMetadata('author', 'first');
  model.setMetadata('task', 'classification');
  model.setMetadata('author', 'second');
  expect(model.metadata).toEqual({ author: 'second', task: 'classification' });
  model.setMetadata('task', undefined);
  expect(model.metadata).toEqual({ author: 'second' });
  expect(model.proto.metadataProps).toHaveLength(1);
});
