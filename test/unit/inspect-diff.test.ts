import { create } from '@bufbuild/protobuf';
import { StringStringEntryProtoSchema } from 'onnx-buf';
import { compareModels, type Model, tensor } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { savedExternally, weight } from './external-models.js';
import { buildModel, linearModel } from './helpers.js';

/** A copy of the linear model that was edited. */
function edited(edit: (model: Model) => void): Model {
  const model = linearModel();
  edit(model);
  model.graph.changed();
  return model;
}

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

describe('compareModels', () => {
  it('finds nothing between a model and its copy', async () => {
    const model = linearModel();
    const difference = await compareModels(model, model.clone());
    expect(difference).toMatchObject({
      same: true,
      nodes: { unchanged: 4 },
      weights: { unchanged: 4 },
    });
  });

  it('tells what a model says of itself otherwise', async () => {
    const after = edited((model) => {
      model.setOpset(20, 9);
      model.proto.producerName = 'somebody else';
      model.proto.metadataProps.push(
        create(StringStringEntryProtoSchema, { key: 'k', value: 'v' }),
      );
    });
    const { same, properties } = await compareModels(linearModel(), after);
    expect(same).toBe(false);
    expect(properties).toEqual([
      { name: 'IR version', before: '8', after: '9' },
      { name: 'producer', before: 'tensorrt-node tests', after: 'somebody else' },
      { name: 'opset ai.onnx', before: '17', after: '20' },
      { name: 'metadata k', before: null, after: 'v' },
    ]);
  });

  it('finds nodes again whose tensors were renamed, and weights with them', async () => {
    const after = edited(({ graph: { proto } }) => {
      for (const node of proto.node) {
        node.name = '';
        node.input = node.input.map((name) => (name === 'x' ? name : `new_${name}`));
        node.output = node.output.map((name) => (name === 'y' ? name : `new_${name}`));
      }
      for (const initializer of proto.initializer) initializer.name = `new_${initializer.name}`;
    });
    const difference = await compareModels(linearModel(), after);
    expect(difference).toMatchObject({
      same: true,
      nodes: { unchanged: 4 },
      weights: { unchanged: 4 },
    });
  });

  it('tells added and removed nodes, and who reads another tensor', async () => {
    const after = edited(({ graph }) => {
      const relu = graph.producer('h_relu');
      if (!relu) throw new Error('no Relu');
      graph.addNode(
        { opType: 'Neg', name: 'neg', inputs: ['h_biased'], outputs: ['n'] },
        { before: relu },
      );
      graph.replaceInput(relu, 0, 'n');
    });
    const { nodes } = await compareModels(linearModel(), after);
    expect(nodes).toEqual({
      unchanged: 3,
      added: [{ name: 'neg', opType: 'Neg', output: 'n' }],
      removed: [],
      changed: [
        {
          name: 'hidden_relu',
          opType: 'Relu',
          output: 'h_relu',
          changes: [{ name: 'input 0', before: 'h_biased', after: 'n' }],
        },
      ],
    });
    const back = await compareModels(after, linearModel());
    expect(names(back.nodes.removed)).toEqual(['neg']);
  });

  it('tells attributes and operators that changed', async () => {
    const after = edited(({ graph }) => {
      const [matmul, , , gemm] = graph.proto.node;
      if (!matmul || !gemm) throw new Error('no nodes');
      matmul.domain = 'local';
      const alpha = gemm.attribute.find(({ name }) => name === 'alpha');
      if (alpha) alpha.f = 0.5;
    });
    const { nodes } = await compareModels(linearModel(), after);
    expect(nodes.changed.map(({ changes }) => changes)).toEqual([
      [{ name: 'operator', before: 'MatMul', after: 'local::MatMul' }],
      [{ name: 'attribute alpha', before: '1', after: '0.5' }],
    ]);
  });

  it('measures how far weights lie apart', async () => {
    const model = (values: number[]) =>
      buildModel({
        inputs: [{ name: 'x', type: 'float32', dims: [4] }],
        outputs: [{ name: 'y', type: 'float32', dims: [4] }],
        initializers: { w: tensor('float32', [4], values) },
        nodes: [{ opType: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      });
    const { weights } = await compareModels(model([3, 4, 0, 0]), model([3, 4, 0, 12]));
    expect(weights.changed).toEqual([
      {
        name: 'w',
        type: 'float32',
        dims: [4],
        // (3, 4, 0, 0) by (3, 4, 0, 12): 25 / (5 * 13)
        values: { different: 1, elements: 4, maxAbsolute: 12, maxRelative: 0, cosine: 25 / 65 },
      },
    ]);
    const half = await compareModels(model([2, 4, 0, 0]), model([1, 4, 0, 0]));
    expect(half.weights.changed[0]?.values).toMatchObject({ maxAbsolute: 1, maxRelative: 0.5 });
  });

  it('compares weights of different types by their values', async () => {
    // 1, -2, 65504 and the smallest subnormal of IEEE 754 binary16; 1 and -2 of bfloat16.
    const after = edited(({ graph }) => {
      graph.removeInitializer('b2');
      graph.addInitializer('b2', tensor('float16', [4], Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1)));
    });
    const before = edited(({ graph }) => {
      graph.removeInitializer('b2');
      graph.addInitializer('b2', tensor('float32', [4], [1, -2, 65504, 2 ** -24]));
    });
    const { weights } = await compareModels(before, after);
    expect(weights.changed).toEqual([
      {
        name: 'b2',
        type: 'float32',
        newType: 'float16',
        dims: [4],
        values: { different: 0, elements: 4, maxAbsolute: 0, maxRelative: 0, cosine: 1 },
      },
    ]);
    const brain = edited(({ graph }) => {
      graph.removeInitializer('b2');
      graph.addInitializer('b2', tensor('bfloat16', [4], Uint16Array.of(0x3f80, 0xc000, 0, 0)));
    });
    const other = await compareModels(before, brain);
    expect(other.weights.changed[0]?.values).toMatchObject({ different: 2, maxAbsolute: 65504 });
  });

  it('tells weights of other dims, and those that one model alone has', async () => {
    const after = edited(({ graph }) => {
      graph.removeInitializer('b2');
      graph.addInitializer('b2', tensor('float32', [1], [0]));
      graph.addInitializer('extra', tensor('int8', [1], [0]));
    });
    const { weights } = await compareModels(linearModel(), after);
    expect(weights).toMatchObject({
      unchanged: 3,
      changed: [{ name: 'b2', dims: [4], newDims: [1] }],
      added: [{ name: 'extra', type: 'int8', dims: [1] }],
    });
    expect(weights.changed[0]).not.toHaveProperty('values');
  });

  it('reads external weights, and finds them equal to those in the model', async () => {
    const { path, original } = await savedExternally();
    const { Model } = await import('tensorrt-node');
    const external = await Model.load(path);
    expect(await compareModels(original, external)).toMatchObject({ same: true });
    (weight(original, 'w1').rawData[3] as number) ^= 1;
    const changed = edited(() => {});
    expect((await compareModels(external, changed)).same).toBe(false);
    const { weights } = await compareModels(external, original);
    expect(weights).toMatchObject({
      unchanged: 3,
      changed: [{ name: 'w1', values: { different: 1 } }],
    });
  });
});
