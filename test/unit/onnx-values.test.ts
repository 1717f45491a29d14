import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  TensorProto_DataType as ElementType,
  SparseTensorProtoSchema,
  TensorProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { readSparse } from '../../dist/onnx/tensor/sparse.js';
import { readRawData, readValues, unpack } from '../../dist/onnx/tensor/values.js';
import { readInlineWeights, toTensorProto } from '../../dist/onnx/tensor/weights.js';
import { tensor } from '../../dist/tensor.js';
import { errorOf, linearModel } from './helpers.js';

const model = linearModel();
type Init = MessageInitShape<typeof TensorProtoSchema>;
const bytes = (...values: number[]) => Uint8Array.from(values);
const read = (init: Init) => readValues(model, create(TensorProtoSchema, init));

describe('readValues', () => {
  /** By the ONNX specification of TensorProto; 4-bit elements: the first in the lower half. */
  test.each<[string, ElementType, Uint8Array<ArrayBuffer>, Init, unknown]>([
    [
      'int4',
      ElementType.INT4,
      bytes(0x8f, 0x07),
      { int32Data: [0x8f, 0x07] },
      Int8Array.of(-1, -8, 7),
    ],
    ['uint4', ElementType.UINT4, bytes(0x8f, 0x07), { int32Data: [0x8f, 0x07] }, bytes(15, 8, 7)],
    [
      'float4e2m1',
      ElementType.FLOAT4E2M1,
      bytes(0x8f, 0x07),
      { int32Data: [0x8f, 7] },
      bytes(15, 8, 7),
    ],
    [
      'int2',
      ElementType.INT2,
      bytes(0b00_10_11_01),
      { int32Data: [0b101101] },
      Int8Array.of(1, -1, -2),
    ],
    ['uint2', ElementType.UINT2, bytes(0b00_10_11_01), { int32Data: [0b101101] }, bytes(1, 3, 2)],
    [
      'float8e4m3fn',
      ElementType.FLOAT8E4M3FN,
      bytes(0x38, 0xff, 0),
      { int32Data: [0x38, 0xff, 0] },
      bytes(0x38, 0xff, 0),
    ],
    [
      'float8e5m2',
      ElementType.FLOAT8E5M2,
      bytes(0x3c, 0xff, 0),
      { int32Data: [0x3c, 0xff, 0] },
      bytes(0x3c, 0xff, 0),
    ],
    [
      'float8e8m0',
      ElementType.FLOAT8E8M0,
      bytes(127, 0, 255),
      { int32Data: [127, 0, 255] },
      bytes(127, 0, 255),
    ],
  ])('%s from raw_data and from its list', async (type, dataType, rawData, list, data) => {
    const dims = [3n];
    expect(await read({ dataType, dims, rawData })).toEqual({ type, dims: [3], data });
    expect(await read({ dataType, dims, ...list })).toEqual({ type, dims: [3], data });
  });

  test('complex numbers', async () => {
    const data = Float32Array.of(1, 2, 3, -4);
    const rawData = new Uint8Array(data.buffer);
    const expected = { type: 'complex64', dims: [2], data };
    const dataType = ElementType.COMPLEX64;
    expect(await read({ dataType, dims: [2n], rawData })).toEqual(expected);
    expect(await read({ dataType, dims: [2n], floatData: [...data] })).toEqual(expected);
    const wide = await read({ dataType: ElementType.COMPLEX128, dims: [1n], doubleData: [0.1, 2] });
    expect(wide).toEqual({ type: 'complex128', dims: [1], data: Float64Array.of(0.1, 2) });
  });

  test('strings', async () => {
    const stringData = ['grün', ''].map(
      (text) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>,
    );
    const proto = create(TensorProtoSchema, {
      dataType: ElementType.STRING,
      dims: [2n],
      stringData,
    });
    expect(await readValues(model, proto)).toEqual({
      type: 'string',
      dims: [2],
      data: ['grün', ''],
    });
    expect(await errorOf(readRawData(model, proto))).toMatchObject({ code: 'ERR_ONNX_INVALID' });
  });

  test('ordinary types as readWeights does', async () => {
    const weight = model.graph.initializer('w1');
    if (!weight) throw new Error('no weight');
    expect(await readValues(model, weight)).toEqual(readInlineWeights(weight));
    const unknown = create(TensorProtoSchema, {
      name: 'odd',
      dataType: 99,
      dims: [1n],
      rawData: bytes(1),
    });
    expect(await errorOf(readValues(model, unknown))).toMatchObject({
      code: 'ERR_ONNX_INVALID',
      tensor: 'odd',
    });
  });

  test('unpack takes as many as there are', () => {
    expect(unpack(bytes(0x21, 0x43), 4, 4)).toEqual(bytes(1, 2, 3, 4));
    expect(unpack(bytes(0x21, 0x03), 4, 3)).toEqual(bytes(1, 2, 3));
  });
});

describe('sparse tensors', () => {
  const sparse = (indices: number[], dims: number[]) =>
    create(SparseTensorProtoSchema, {
      dims: [2n, 3n],
      values: toTensorProto('sparse', tensor('float32', [2], [5, 7])),
      indices: toTensorProto('', tensor('int64', dims, indices)),
    });
  const dense = tensor('float32', [2, 3], [0, 5, 0, 0, 0, 7]);

  test('are read as dense ones, by places and by coordinates', async () => {
    expect(await readSparse(model, sparse([1, 5], [2]))).toEqual(dense);
    expect(await readSparse(model, sparse([0, 1, 1, 2], [2, 2]))).toEqual(dense);
    const error = await errorOf(readSparse(model, sparse([1, 6], [2])));
    expect(error).toMatchObject({ code: 'ERR_ONNX_INVALID', tensor: 'sparse' });
  });

  test('are constants, as initializers and in Constant nodes', () => {
    const { graph } = linearModel();
    graph.proto.sparseInitializer.push(sparse([1, 5], [2]));
    const node = graph.addNode({ opType: 'Constant', inputs: [], outputs: ['c'] });
    node.attribute.push(
      create(AttributeProtoSchema, {
        name: 'sparse_value',
        type: 11,
        sparseTensor: sparse([1, 5], [2]),
      }),
    );
    graph.changed();
    for (const name of ['sparse', 'c']) {
      const constant = graph.constant(name);
      expect(constant && readInlineWeights(constant), name).toEqual(dense);
    }
    expect(() => graph.addInitializer('sparse', dense)).toThrow(TypeError);
  });

  test('texts in Constant nodes are constants too', async () => {
    const { graph } = linearModel();
    graph.addNode({
      opType: 'Constant',
      inputs: [],
      outputs: ['one'],
      attributes: { value_string: 'a' },
    });
    graph.addNode({
      opType: 'Constant',
      inputs: [],
      outputs: ['two'],
      attributes: { value_strings: ['b', 'c'] },
    });
    const values = ['one', 'two'].map((name) => graph.constant(name));
    const [one, two] = await Promise.all(values.map((value) => value && readValues(model, value)));
    expect(one).toEqual({ type: 'string', dims: [], data: ['a'] });
    expect(two).toEqual({ type: 'string', dims: [2], data: ['b', 'c'] });
  });

  test('whole numbers past 2^53 are not rounded', () => {
    const { graph } = linearModel();
    const value = 2n ** 62n + 1n;
    graph.addNode({
      opType: 'Constant',
      inputs: [],
      outputs: ['c'],
      attributes: { value_int: value },
    });
    const constant = graph.constant('c');
    expect(constant && readInlineWeights(constant)).toEqual(tensor('int64', [], [value]));
  });
});
