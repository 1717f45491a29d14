import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { Graph } from '../../dist/onnx/graph/graph.js';
import type { Model } from '../../dist/onnx/model.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { tensor } from '../../dist/tensor.js';
import { buildModel, linearModel } from './helpers.js';

function nodeNamed(model: Model, name: string) {
  const node = model.graph.nodes.find((candidate) => candidate.name === name);
  if (!node) throw new Error(`no node ${name}`);
  return node;
}

/** `y = If(condition) { hidden + offset } else { hidden }`, where `hidden` is of the outer graph. */
function modelWithBranches(): Model {
  const vector = { type: 'float32' as const, dims: [2] };
  const branch = (nodes: NodeProto[], output: string) =>
    create(GraphProtoSchema, { node: nodes, name: output, output: [{ name: output }] });
  const model = buildModel({
    inputs: [
      { name: 'x', ...vector },
      { name: 'condition', type: 'bool', dims: [] },
    ],
    outputs: [{ name: 'y', ...vector }],
    initializers: { offset: tensor('float32', [2], [1, 2]), unused: tensor('float32', [1], [9]) },
    nodes: [
      { opType: 'Relu', inputs: ['x'], outputs: ['hidden'] },
      { opType: 'If', inputs: ['condition'], outputs: ['y'] },
    ],
  });
  const add = create(NodeProtoSchema, {
    opType: 'Add',
    input: ['hidden', 'offset'],
    output: ['shifted'],
  });
  const identity = create(NodeProtoSchema, {
    opType: 'Identity',
    input: ['hidden'],
    output: ['same'],
  });
  model.graph.nodes[1]?.attribute.push(
    create(AttributeProtoSchema, { name: 'then_branch', g: branch([add], 'shifted') }),
    create(AttributeProtoSchema, { name: 'else_branch', g: branch([identity], 'same') }),
  );
  model.graph.changed();
  model.validate();
  return model;
}

describe('look-ups', () => {
  test('find producers, consumers and constants', () => {
    const { graph } = linearModel();
    expect(graph.producer('h')?.name).toBe('hidden_matmul');
    expect(graph.producer('x')).toBeUndefined();
    expect(graph.producer('w1')).toBeUndefined();
    expect(graph.consumers('h_relu').map(({ name }) => name)).toEqual(['classifier']);
    expect(graph.consumers('y')).toEqual([]);
    expect(graph.initializer('w1')?.dims).toEqual([16n, 32n]);
    expect(graph.initializer('h')).toBeUndefined();
    expect(graph.constant('w1')).toBe(graph.initializer('w1'));
    expect(graph.isOutput('y')).toBe(true);
    expect(graph.isOutput('h')).toBe(false);
    expect(graph.valueInfo('x')).toEqual({ name: 'x', type: 'float32', dims: ['batch', 16] });
    expect(graph.valueInfo('h')).toBeUndefined();
  });

  test('a node that reads a tensor twice is one consumer', () => {
    const { graph } = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2] }],
      outputs: [{ name: 'y', type: 'float32', dims: [2] }],
      nodes: [{ opType: 'Mul', inputs: ['x', 'x'], outputs: ['y'] }],
    });
    expect(graph.consumers('x')).toHaveLength(1);
  });

  test('a node whose sub-graph reads a tensor is a consumer of it', () => {
    const { graph } = modelWithBranches();
    expect(graph.consumers('hidden').map(({ opType }) => opType)).toEqual(['If']);
    expect(graph.consumers('offset').map(({ opType }) => opType)).toEqual(['If']);
  });

  test('constants are found in Constant nodes, in each form of the operator', () => {
    const { graph } = linearModel();
    const forms = {
      value: tensor('int32', [2], [3, 4]),
      value_int: 5,
      value_ints: [6, 7],
    };
    for (const [form, value] of Object.entries(forms)) {
      graph.addNode({
        opType: 'Constant',
        inputs: [],
        outputs: [form],
        attributes: { [form]: value },
      });
    }
    const read = (name: string) => {
      const constant = graph.constant(name);
      return constant && readInlineWeights(constant);
    };
    expect(read('value')).toEqual(tensor('int32', [2], [3, 4]));
    expect(read('value_int')).toEqual(tensor('int64', [], [5n]));
    expect(read('value_ints')).toEqual(tensor('int64', [2], [6n, 7n]));
    expect(graph.constant('h')).toBeUndefined();
  });
});

describe('edits', () => {
  test('a node inserted between two others is seen by every look-up', () => {
    const model = linearModel();
    const { graph } = model;
    const gemm = nodeNamed(model, 'classifier');
    const scaled = graph.uniqueName('scaled');
    graph.addInitializer('factor', tensor('float32', [], [0.5]));
    const added = graph.addNode(
      { opType: 'Mul', inputs: ['h_relu', 'factor'], outputs: [scaled], name: 'scale' },
      { before: gemm },
    );
    graph.replaceInput(gemm, 0, scaled);

    expect(graph.nodes.indexOf(added)).toBe(graph.nodes.indexOf(gemm) - 1);
    expect(graph.producer(scaled)).toBe(added);
    expect(graph.consumers(scaled)).toEqual([gemm]);
    expect(graph.consumers('h_relu')).toEqual([added]);
    expect(graph.consumers('factor')).toEqual([added]);
    model.validate();
  });

  test('the index gives the same answers as one built after the edits', () => {
    const model = linearModel();
    const { graph } = model;
    const relu = nodeNamed(model, 'hidden_relu');
    const gemm = nodeNamed(model, 'classifier');
    graph.consumers('x');
    graph.addNode({ opType: 'Neg', inputs: ['h_biased'], outputs: ['negated'] }, { after: relu });
    graph.replaceInput(gemm, 0, 'negated');
    graph.removeNode(relu);
    graph.removeInitializer('b2');
    const fresh = new Graph(graph.proto);
    for (const name of ['x', 'h', 'h_biased', 'h_relu', 'negated', 'w1', 'b2', 'y']) {
      expect(graph.consumers(name), name).toEqual(fresh.consumers(name));
      expect(graph.producer(name), name).toBe(fresh.producer(name));
      expect(graph.initializer(name), name).toBe(fresh.initializer(name));
    }
  });

  test('a first look-up after an edit counts the new node once', () => {
    const { graph } = linearModel();
    graph.addNode({ opType: 'Neg', inputs: ['y'], outputs: ['negated'] });
    expect(graph.consumers('y')).toHaveLength(1);
  });

  test('rewiring while iterating over consumers reaches all of them', () => {
    const { graph } = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2] }],
      outputs: ['a', 'b', 'c'].map((name) => ({ name, type: 'float32', dims: [2] })),
      nodes: ['a', 'b', 'c'].map((name) => ({ opType: 'Neg', inputs: ['x'], outputs: [name] })),
    });
    graph.addOutput({ name: 'x', type: 'float32', dims: [2] });
    for (const consumer of graph.consumers('x')) graph.replaceInput(consumer, 0, 'other');
    expect(graph.consumers('x')).toEqual([]);
    expect(graph.consumers('other')).toHaveLength(3);
  });

  test('removing an initializer removes the input that old models list for it', () => {
    const model = linearModel();
    const { graph } = model;
    graph.proto.input.push(create(ValueInfoProtoSchema, { name: 'b2' }));
    graph.changed();
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
    graph.removeInitializer('b2');
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(graph.initializer('b2')).toBeUndefined();
  });

  test('an added output has its type and shape', () => {
    const model = linearModel();
    model.graph.addOutput({ name: 'h', type: 'float32', dims: ['batch', 32] });
    model.graph.addOutput({ name: 'h_relu', type: undefined, dims: undefined });
    expect(model.outputs).toEqual([
      { name: 'y', type: 'float32', dims: ['batch', 4] },
      { name: 'h', type: 'float32', dims: ['batch', 32] },
      { name: 'h_relu', type: undefined, dims: undefined },
    ]);
  });

  test('wrong arguments are refused', () => {
    const model = linearModel();
    const { graph } = model;
    const other = linearModel();
    const value = tensor('float32', [], [1]);
    expect(() => graph.addInitializer('w1', value)).toThrow(TypeError);
    expect(() => graph.addInitializer('h', value)).toThrow(TypeError);
    expect(() => graph.addInitializer('x', value)).toThrow(TypeError);
    expect(() => graph.removeInitializer('h')).toThrow(/initializer for name but received 'h'/);
    expect(() => graph.removeNode(nodeNamed(other, 'classifier'))).toThrow(TypeError);
    expect(() => graph.replaceInput(nodeNamed(model, 'classifier'), 3, 'x')).toThrow(/from 0 to 2/);
    expect(() => graph.addOutput({ name: 'y', type: 'float32', dims: [] })).toThrow(TypeError);
    expect(() =>
      graph.addNode(
        { opType: 'Neg', inputs: ['x'], outputs: ['z'] },
        { before: nodeNamed(other, 'classifier') },
      ),
    ).toThrow(TypeError);
  });
});

describe('names', () => {
  test('a unique name is no tensor, no node, nothing in a sub-graph, and never given twice', () => {
    const { graph } = modelWithBranches();
    expect(graph.uniqueName('fresh')).toBe('fresh');
    expect(graph.uniqueName('fresh')).toBe('fresh_1');
    expect(graph.uniqueName('hidden')).toBe('hidden_1');
    expect(graph.uniqueName('offset')).toBe('offset_1');
    expect(graph.uniqueName('shifted')).toBe('shifted_1');
    graph.addInitializer('added', tensor('float32', [], [1]));
    expect(graph.uniqueName('added')).toBe('added_1');
    graph.changed();
    expect(graph.uniqueName('fresh')).toBe('fresh_2');
  });

  test('unnamed nodes are named after their operator and place, in sub-graphs too', () => {
    const model = modelWithBranches();
    const relu = model.graph.nodes[0];
    if (relu) relu.name = 'If_1';
    model.graph.nameNodes();
    // `If_1` is taken by the first node, so that the second one gives way.
    expect(model.graph.nodes.map(({ name }) => name)).toEqual(['If_1', 'If_1_1']);
    const inner = model.graph.nodes[1]?.attribute.map(({ g }) => g?.node[0]?.name);
    expect(inner).toEqual(['Add_0', 'Identity_0']);
  });
});

describe('removeUnused', () => {
  test('keeps what sub-graphs read, and removes the rest', () => {
    const { graph } = modelWithBranches();
    expect(graph.removeUnused()).toBe(1);
    expect(graph.initializer('unused')).toBeUndefined();
    expect(graph.initializer('offset')).toBeDefined();
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'If']);
    expect(graph.removeUnused()).toBe(0);
  });

  test('removes chains of dead nodes with their weights, in whatever order they stand', () => {
    const model = linearModel();
    const { graph } = model;
    graph.addInitializer('dead_weight', tensor('float32', [], [1]));
    graph.addNode({ opType: 'Neg', inputs: ['dead_1'], outputs: ['dead_2'] });
    graph.addNode({ opType: 'Mul', inputs: ['h', 'dead_weight'], outputs: ['dead_1'] });
    expect(graph.removeUnused()).toBe(3);
    expect(graph.nodes).toHaveLength(4);
    expect(graph.consumers('h').map(({ name }) => name)).toEqual(['hidden_bias']);
    model.validate();
  });

  test('keeps the inputs of the model, also unused ones, but not those of removed weights', () => {
    const model = linearModel();
    const { graph } = model;
    graph.addInitializer('dead_weight', tensor('float32', [], [1]));
    for (const name of ['spare', 'dead_weight']) {
      graph.proto.input.push(create(ValueInfoProtoSchema, { name }));
    }
    graph.changed();
    graph.removeUnused();
    expect(model.inputs.map(({ name }) => name)).toEqual(['x', 'spare']);
    expect(graph.proto.input.map(({ name }) => name)).toEqual(['x', 'spare']);
  });
});
