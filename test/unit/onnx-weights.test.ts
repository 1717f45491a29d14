import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { TensorProto_DataType as ElementType, TensorProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import { storedBytes, toDataType, toElementType } from '../../dist/onnx/tensor/element-types.js';
import { readInlineWeights, readWeights, toTensorProto } from '../../dist/onnx/tensor/weights.js';
import { bytesOf, dataTypes, tensor } from '../../dist/tensor.js';
import { linearModel } from './helpers.js';

const proto = (init: MessageInitShape<typeof TensorProtoSchema>) => create(TensorProtoSchema, init);

/** The same three values of each type, in the list that the ONNX specification assigns to it. */
const lists: readonly [ElementType, MessageInitShape<typeof TensorProtoSchema>, ArrayBufferView][] =
  [
    [ElementType.FLOAT, { floatData: [1.5, -2, 0] }, Float32Array.of(1.5, -2, 0)],
    [ElementType.DOUBLE, { doubleData: [0.1, -2, 0] }, Float64Array.of(0.1, -2, 0)],
    [ElementType.FLOAT16, { int32Data: [0x3c00, 0xc000, 0] }, Uint16Array.of(0x3c00, 0xc000, 0)],
    [ElementType.BFLOAT16, { int32Data: [0x3f80, 0xc000, 0] }, Uint16Array.of(0x3f80, 0xc000, 0)],
    [ElementType.INT8, { int32Data: [-128, 127, 0] }, Int8Array.of(-128, 127, 0)],
    [ElementType.UINT8, { int32Data: [255, 1, 0] }, Uint8Array.of(255, 1, 0)],
    [ElementType.INT16, { int32Data: [-32768, 1, 0] }, Int16Array.of(-32768, 1, 0)],
    [ElementType.UINT16, { int32Data: [65535, 1, 0] }, Uint16Array.of(65535, 1, 0)],
    [ElementType.INT32, { int32Data: [-(2 ** 31), 1, 0] }, Int32Array.of(-(2 ** 31), 1, 0)],
    [ElementType.UINT32, { uint64Data: [4294967295n, 1n, 0n] }, Uint32Array.of(4294967295, 1, 0)],
    [
      ElementType.INT64,
      { int64Data: [-(2n ** 63n), 1n, 0n] },
      BigInt64Array.of(-(2n ** 63n), 1n, 0n),
    ],
    [
      ElementType.UINT64,
      { uint64Data: [2n ** 64n - 1n, 1n, 0n] },
      BigUint64Array.of(2n ** 64n - 1n, 1n, 0n),
    ],
    [ElementType.BOOL, { int32Data: [1, 0, 1] }, Uint8Array.of(1, 0, 1)],
  ];

describe('inline weights', () => {
  test.each(lists)(
    'element type %i reads the same from its list and from raw_data',
    (dataType, list, data) => {
      const fromList = readInlineWeights(proto({ dataType, dims: [3n], ...list }));
      const rawData = bytesOf(data) as Uint8Array<ArrayBuffer>;
      const fromBytes = readInlineWeights(proto({ dataType, dims: [3n], rawData }));
      expect(fromList.data).toEqual(data);
      expect(fromBytes).toEqual(fromList);
      expect(fromList.dims).toEqual([3]);
    },
  );

  test('aligned raw_data is viewed, unaligned raw_data is copied', () => {
    const buffer = new ArrayBuffer(16);
    new Float32Array(buffer).set([1, 2, 3]);
    const read = (offset: number) =>
      readInlineWeights(
        proto({
          dataType: ElementType.FLOAT,
          dims: [2n],
          rawData: new Uint8Array(buffer, offset, 8),
        }),
      ).data;
    expect(read(4).buffer).toBe(buffer);
    expect(read(4)).toEqual(Float32Array.of(2, 3));
    expect(read(1).buffer).not.toBe(buffer);
  });

  test('scalars and tensors without elements', () => {
    const scalar = proto({ dataType: ElementType.FLOAT, floatData: [7] });
    expect(readInlineWeights(scalar)).toEqual(tensor('float32', [], [7]));
    const empty = proto({ dataType: ElementType.INT64, dims: [0n] });
    expect(readInlineWeights(empty)).toEqual(tensor('int64', [0], []));
  });

  test('what has no typed array is refused with its name and type', () => {
    const strings = proto({ name: 'words', dataType: ElementType.STRING, dims: [0n] });
    expect(() => readInlineWeights(strings)).toThrow(TensorRTError);
    expect(() => readInlineWeights(strings)).toThrow(/'words' has the element type STRING/);
    const packed = proto({ name: 'q', dataType: ElementType.INT4, dims: [2n], int32Data: [0x21] });
    expect(() => readInlineWeights(packed)).toThrow(/INT4/);
  });

  test('readWeights gives the same, and heeds its signal', async () => {
    const model = linearModel();
    const weight = model.graph.initializer('w1') ?? proto({});
    expect(await readWeights(model, weight)).toEqual(readInlineWeights(weight));
    const reason = new Error('enough');
    const aborted = readWeights(model, weight, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
  });
});

test('a tensor becomes a TensorProto that shares its bytes', () => {
  const value = tensor('int8', [2, 2], [1, -2, 3, -4]);
  const stored = toTensorProto('q', value);
  expect(stored).toMatchObject({ name: 'q', dataType: ElementType.INT8, dims: [2n, 2n] });
  expect(stored.rawData.buffer).toBe(value.data.buffer);
  expect(readInlineWeights(stored)).toEqual(value);
});

test('every data type has an element type, and back', () => {
  for (const type of dataTypes) expect(toDataType(toElementType(type)), type).toBe(type);
  expect(toDataType(ElementType.FLOAT8E4M3FN)).toBeUndefined();
  expect(toDataType(12345)).toBeUndefined();
});

test('packed types take part of a byte per element', () => {
  expect(storedBytes(ElementType.INT4, 3)).toBe(2);
  expect(storedBytes(ElementType.UINT2, 5)).toBe(2);
  expect(storedBytes(ElementType.COMPLEX64, 2)).toBe(16);
  expect(storedBytes(ElementType.FLOAT8E5M2, 3)).toBe(3);
  expect(storedBytes(ElementType.STRING, 3)).toBeUndefined();
});
