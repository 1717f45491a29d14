import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  type TensorProto,
  TrainingInfoProtoSchema,
} from 'onnx-buf';
import { expect, test } from 'vitest';
import {
  concatenate,
  encodeModel,
  type SplitTensor,
  totalBytes,
} from '../../dist/onnx/file/encode.js';
import { copyMessage, forEachTensor } from '../../dist/onnx/messages.js';
import { toTensorProto } from '../../dist/onnx/tensor/weights.js';
import { linearModel, randomTensor } from './helpers.js';

/** Fields with numbers that no version of ONNX has. */
const unknownFields = [
  { no: 500, wireType: 2, data: new Uint8Array([3, 1, 2, 3]) },
  { no: 501, wireType: 0, data: new Uint8Array([7]) },
];

function weights(name: string, seed: number): TensorProto {
  const proto = toTensorProto(name, randomTensor([8, 8], { seed }));
  // Fields on both sides of raw_data (number 9) in the encoding.
  proto.docString = `about ${name}`;
  proto.$unknown = unknownFields;
  return proto;
}

/** A model with tensors in every place where ONNX allows them, between light fields. */
function modelWithTensorsEverywhere(): ModelProto {
  const { proto } = linearModel();
  const graph = proto.graph ?? create(GraphProtoSchema);
  const branch = create(GraphProtoSchema, {
    name: 'branch',
    docString: 'of an If',
    initializer: [weights('inner', 10)],
  });
  const constant = create(NodeProtoSchema, {
    opType: 'Constant',
    output: ['c'],
    attribute: [
      create(AttributeProtoSchema, {
        name: 'value',
        type: AttributeProto_AttributeType.TENSOR,
        t: weights('', 11),
      }),
    ],
    docString: 'after the attributes',
  });
  const control = create(NodeProtoSchema, {
    opType: 'If',
    attribute: [
      create(AttributeProtoSchema, { name: 'then_branch', g: branch }),
      create(AttributeProtoSchema, { name: 'several', graphs: [branch, create(GraphProtoSchema)] }),
      create(AttributeProtoSchema, {
        name: 'more',
        tensors: [weights('t0', 12), weights('t1', 13)],
      }),
    ],
  });
  graph.node.splice(1, 0, constant, control);
  graph.sparseInitializer.push(
    create(SparseTensorProtoSchema, {
      values: weights('s', 14),
      indices: weights('', 15),
      dims: [4n],
    }),
  );
  graph.$unknown = unknownFields;
  proto.metadataProps = [];
  proto.functions = [create(FunctionProtoSchema, { name: 'f', node: [constant] })];
  proto.trainingInfo = [create(TrainingInfoProtoSchema, { initialization: branch })];
  proto.$unknown = unknownFields;
  return proto;
}

function withoutRawData(tensor: TensorProto): TensorProto {
  const header = copyMessage(tensor) as Partial<TensorProto>;
  delete header.rawData;
  return header as TensorProto;
}

const splitAll = (tensor: TensorProto): SplitTensor => ({
  header: withoutRawData(tensor),
  rawData: tensor.rawData,
});

test('the joined parts are what the protobuf encoder gives, wherever the tensors are', () => {
  const model = modelWithTensorsEverywhere();
  const parts = encodeModel(model, splitAll) as Uint8Array[];
  expect(concatenate(parts)).toEqual(toBinary(ModelProtoSchema, model));
});

test('the parts are right for every single tensor that is split, with the others left', () => {
  const model = modelWithTensorsEverywhere();
  const expected = toBinary(ModelProtoSchema, model);
  const tensors = new Set<TensorProto>();
  forEachTensor(ModelProtoSchema, model, (tensor) => tensors.add(tensor));
  expect(tensors.size).toBeGreaterThan(8);
  for (const chosen of tensors) {
    const parts = encodeModel(model, (tensor) =>
      tensor === chosen ? splitAll(tensor) : undefined,
    );
    expect(concatenate(parts as Uint8Array[])).toEqual(expected);
  }
});

test('large weights appear in the parts as they are, not as a copy', () => {
  const { proto } = linearModel({ features: 256, hidden: 256 });
  const large = proto.graph?.initializer.find(({ name }) => name === 'w1')?.rawData;
  const parts = encodeModel(proto, splitAll);
  expect(large?.byteLength).toBe(256 * 256 * 4);
  expect(parts).toContain(large);
});

test('lengths stay right past 4 GiB, where a 32-bit length would wrap', () => {
  const { proto } = linearModel();
  const huge = { byteLength: 5 * 2 ** 30 } as Uint8Array;
  const small = totalBytes(encodeModel(proto, () => undefined));
  const parts = encodeModel(proto, (tensor) =>
    tensor.name === 'w1' ? { header: withoutRawData(tensor), rawData: huge } : undefined,
  );
  const weightBytes = proto.graph?.initializer.find(({ name }) => name === 'w1')?.rawData
    .byteLength;
  // Three length prefixes grow: of the graph, of the tensor and of its data, by at most 4 bytes each.
  const growth = totalBytes(parts) - (small - (weightBytes ?? 0) + huge.byteLength);
  expect(growth).toBeGreaterThan(0);
  expect(growth).toBeLessThanOrEqual(12);
});
