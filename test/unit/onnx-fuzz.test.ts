import { writeFile } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  FunctionProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import { float } from '../../dist/onnx/attributes.js';
import { readModelOutline } from '../../dist/onnx/file/outline.js';
import { Model } from '../../dist/onnx/model.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { tensor } from '../../dist/tensor.js';
import { makeExternal, weight } from './external-models.js';
import { buildModel, linearModel, temporaryFolder } from './helpers.js';
import { Mutator } from './mutate.js';

const mutants = 200;

/** Attributes of every kind, a sub-graph, a function, sparse and text tensors, metadata. */
function richModel(): Model {
  const branch = linearModel({ features: 2, hidden: 2, classes: 2 }).graph.proto;
  branch.input = [];
  const model = buildModel({
    inputs: [
      { name: 'x', type: 'float32', dims: ['batch', 2] },
      { name: 'choose', type: 'bool', dims: [] },
    ],
    outputs: [{ name: 'z', type: 'float32', dims: ['batch', 2] }],
    initializers: { scale: tensor('float32', [2], [1, 2]), sizes: tensor('int64', [2], [-1, 2]) },
    nodes: [
      {
        opType: 'If',
        inputs: ['choose'],
        outputs: ['chosen'],
        attributes: { then_branch: branch, else_branch: branch },
      },
      {
        opType: 'Custom',
        domain: 'test',
        inputs: ['chosen', 'scale', '', 'sizes'],
        outputs: ['z'],
        attributes: {
          one: 1,
          ones: [1, 2],
          half: float(0.5),
          halves: float([0.5, 0.25]),
          text: 'text',
          texts: ['a', 'b'],
          value: tensor('int64', [2], [3, 4]),
        },
      },
    ],
  });
  const { proto } = model.graph;
  proto.node[1]?.input.push('sparse', 'words');
  const values = (name: string, dataType: number, rest: object) =>
    create(TensorProtoSchema, { name, dataType, dims: [1n], ...rest });
  const text = new TextEncoder().encode('word') as Uint8Array<ArrayBuffer>;
  proto.initializer.push(values('words', ElementType.STRING, { stringData: [text] }));
  proto.sparseInitializer.push(
    create(SparseTensorProtoSchema, {
      values: values('sparse', ElementType.FLOAT, { floatData: [5] }),
      indices: values('', ElementType.INT64, { int64Data: [1n] }),
      dims: [4n],
    }),
  );
  model.proto.metadataProps.push(create(StringStringEntryProtoSchema, { key: 'k', value: 'v' }));
  model.proto.functions.push(
    create(FunctionProtoSchema, {
      name: 'Custom',
      domain: 'test',
      input: ['a'],
      output: ['b'],
      node: [
        create(NodeProtoSchema, {
          opType: 'Relu',
          input: ['a'],
          output: ['b'],
          attribute: [
            create(AttributeProtoSchema, {
              name: 'alpha',
              refAttrName: 'half',
              type: AttributeType.FLOAT,
            }),
          ],
        }),
      ],
    }),
  );
  model.validate();
  return model;
}

/** Uses all of a model that reads its fields. */
function exercise(model: Model): void {
  const { graph } = model;
  expect(model.byteLength()).toBe(model.toBytes().byteLength);
  expect(model.inputs.length + model.outputs.length + model.opset).toBeGreaterThanOrEqual(0);
  for (const { name } of graph.proto.initializer)
    tolerate(() => readInlineWeights(weight(model, name)));
  for (const name of graph.nodes.flatMap((node) => node.output))
    tolerate(() => graph.constant(name));
  const copy = model.clone();
  copy.graph.nameNodes();
  copy.graph.removeUnused();
}

/** Lets an error pass that tells the user what is wrong with the model, and no other. */
function tolerate(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof TensorRTError) return false;
    throw error;
  }
}

const specimens = { plain: linearModel({ features: 4, hidden: 4 }), rich: richModel() };

describe.each(Object.entries(specimens))('a damaged model (%s)', (_name, model) => {
  const bytes = model.toBytes();

  test.each(['damageBytes', 'damageFields'] as const)('by %s is refused or works', (damage) => {
    const mutator = new Mutator(1);
    let refused = 0;
    for (let count = 0; count < mutants; count++) {
      const mutant = mutator[damage](bytes);
      if (!tolerate(() => exercise(Model.fromBytes(mutant)))) refused++;
    }
    // Some do no harm: a name, a weight.
    expect(refused).toBeGreaterThan(mutants / 20);
    expect(refused).toBeLessThan(mutants);
  });

  test('is read by its outline with the same end', async () => {
    const folder = await temporaryFolder();
    const mutator = new Mutator(2);
    for (let count = 0; count < mutants; count++) {
      const path = `${folder}/${count}.onnx`;
      const mutant = mutator.damageBytes(bytes);
      await writeFile(path, mutant);
      const whole = messageOf(() => Model.fromBytes(mutant));
      const outline = await readModelOutline(path);
      expect(messageOf(() => Model.fromBytes(outline))).toBe(whole);
    }
  });
});

test('damaged references to external data are refused', async () => {
  const folder = await temporaryFolder();
  await writeFile(`${folder}/w`, new Uint8Array(64));
  for (const key of ['location', 'offset', 'length']) {
    for (const value of ['', '-1', '1e3', '99999999999999999999', '../w', '/w', '.', '\0', 'NaN']) {
      const model = linearModel({ features: 4, hidden: 4 });
      makeExternal(weight(model, 'w1'), { location: 'w', offset: '0', length: '64', [key]: value });
      const fails = () => Model.fromProto(model.proto, { directory: folder });
      expect(tolerate(fails), `${key} ${value}`).toBe(false);
    }
  }
});

/** What is said where a model is refused; empty where it is not. */
function messageOf(load: () => Model): string {
  try {
    load();
    return '';
  } catch (error) {
    if (error instanceof TensorRTError) return error.message;
    throw error;
  }
}
