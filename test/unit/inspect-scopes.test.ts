import { create } from '@bufbuild/protobuf';
import { type NodeProto, NodeProtoSchema, StringStringEntryProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { alike, isScope, type Scope, scopeTree } from '../../dist/inspect/scope-tree.js';
import { scopesOf } from '../../dist/inspect/scopes.js';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import { tensor } from '../../dist/tensor.js';
import { buildModel } from './helpers.js';

/** A chain of nodes from x to y, each with a name and, maybe, a weight. */
function chain(nodes: { name?: string; opType?: string; weight?: string }[]) {
  const last = nodes.length - 1;
  const weights = nodes.flatMap(({ weight }) => (weight ? [weight] : []));
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [1] }],
    outputs: [{ name: 'y', type: 'float32', dims: [1] }],
    initializers: Object.fromEntries(weights.map((name) => [name, tensor('float32', [1], [1])])),
    nodes: nodes.map(({ name = '', opType = 'Relu', weight }, index): NodeSpec => {
      const input = index === 0 ? 'x' : `t${index - 1}`;
      const inputs = weight ? [input, weight] : [input];
      return { name, opType, inputs, outputs: [index === last ? 'y' : `t${index}`] };
    }),
  }).graph.proto;
}

describe('the place of a node', () => {
  it('comes from the slashes in its name', () => {
    const graph = chain([
      { name: '/encoder/layer.0/attention/MatMul' },
      { name: 'model/pooler/dense' },
      { name: 'Relu_3' },
    ]);
    expect(scopesOf(graph)).toEqual([['encoder', 'layer.0', 'attention'], ['model', 'pooler'], []]);
  });

  it('comes from what torch.onnx writes beside it', () => {
    const graph = chain([{ name: 'node_MatMul_1' }]);
    const [node] = graph.node as [NodeProto];
    node.metadataProps.push(
      create(StringStringEntryProtoSchema, {
        key: 'pkg.torch.onnx.name_scopes',
        value: "['', 'encoder', 'encoder.layer.0', 'encoder.layer.0.query', 'linear_1']",
      }),
    );
    expect(scopesOf(graph)).toEqual([['encoder', 'layer.0', 'query']]);
  });

  it('comes from the names of weights where nodes have none', () => {
    const graph = chain([
      { name: 'Add_0', weight: 'encoder.layer.0.query.bias' },
      { name: 'Relu_1' },
      { name: 'Add_2', weight: 'encoder.layer.0.key.bias' },
      { name: 'Relu_3' },
      { name: 'Add_4', weight: 'encoder.layer.1.query.bias' },
      { name: 'Mul_5', weight: 'onnx::Mul_77' },
    ]);
    expect(scopesOf(graph)).toEqual([
      ['encoder', 'layer.0', 'query'],
      ['encoder', 'layer.0'],
      ['encoder', 'layer.0', 'key'],
      ['encoder'],
      ['encoder', 'layer.1', 'query'],
      [],
    ]);
  });

  it('is not told by weights that several nodes share', () => {
    const graph = chain([
      { name: 'Mul_0', weight: 'layers.0.norm.weight' },
      { name: 'Relu_1' },
      { name: 'Mul_2' },
      { name: 'Add_3', weight: 'layers.1.bias' },
    ]);
    (graph.node[2] as NodeProto).input.push('layers.0.norm.weight');
    expect(scopesOf(graph)).toEqual([[], [], [], ['layers.1']]);
  });

  it('of a node that a tool made is what its neighbours have in common', () => {
    const graph = chain([
      { name: '/encoder/layer.0/dense/MatMul' },
      { name: 'SkipLayerNorm_0' },
      { name: 'BiasGelu_1' },
      { name: '/encoder/layer.0/output/MatMul' },
      { name: 'SkipLayerNorm_2' },
      { name: '/encoder/layer.1/MatMul' },
      { name: '/Softmax' },
    ]);
    expect(scopesOf(graph)).toEqual([
      ['encoder', 'layer.0', 'dense'],
      ['encoder', 'layer.0'],
      ['encoder', 'layer.0'],
      ['encoder', 'layer.0', 'output'],
      ['encoder'],
      ['encoder', 'layer.1'],
      [],
    ]);
  });

  it('of a node that reads stored tensors alone is that of its reader', () => {
    const graph = chain([{ name: '/a/Relu' }, { name: '/b/Relu' }]);
    graph.node.unshift(
      create(NodeProtoSchema, { opType: 'DequantizeLinear', input: ['w', 's'], output: ['wq'] }),
    );
    (graph.node[2] as NodeProto).input.push('wq');
    expect(scopesOf(graph)).toEqual([['b'], ['a'], ['b']]);
  });
});

describe('the tree of modules', () => {
  const graph = chain([
    { name: '/layer.0/MatMul', opType: 'MatMul' },
    { name: '/layer.0/Relu' },
    { name: '/layer.1/MatMul', opType: 'MatMul' },
    { name: '/layer.1/Relu' },
    { name: '/layer.2/Relu' },
    { name: '/layer.2/MatMul', opType: 'MatMul' },
    { name: '/Tanh', opType: 'Tanh' },
  ]);

  it('keeps the order of the graph and counts nodes', () => {
    const { entries, nodes } = scopeTree(graph);
    const names = entries.map((entry) => (isScope(entry) ? entry.name : entry.opType));
    expect(names).toEqual(['layer.0', 'layer.1', 'layer.2', 'Tanh']);
    expect(nodes).toBe(7);
  });

  it('finds neighbours with the same operators in the same order', () => {
    const runs = alike(scopeTree(graph).entries).map((run) =>
      Array.isArray(run) ? (run as Scope[]).map(({ name }) => name) : run.opType,
    );
    expect(runs).toEqual([['layer.0', 'layer.1'], ['layer.2'], 'Tanh']);
  });
});
