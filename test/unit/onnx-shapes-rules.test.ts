import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType as ElementType, OperatorSetIdProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { inferShapes } from '../../dist/onnx/shapes/infer-shapes.js';
import { tensor } from '../../dist/tensor.js';
import { bareModel, dimsOf, int64, oneNode, scalar } from './onnx-shapes-models.js';

describe('sizes by name', () => {
  it('are broadcast with 1, with themselves and with a number', async () => {
    const inputs = { a: ['batch', 1, 'seq', 5], b: ['seq', 'heads', 1, 'width'] };
    expect(await dimsOf(oneNode('Add', inputs))).toEqual([undefined, 'heads', 'seq', 5]);
  });

  it('are multiplied, divided and added to', async () => {
    const flat = oneNode('Flatten', { a: ['batch', 'seq', 64] }, { attributes: { axis: 2 } });
    expect(await dimsOf(flat)).toEqual(['batch * seq', 64]);
    const joined = oneNode(
      'Concat',
      { a: ['past', 8], b: ['seq', 8] },
      { attributes: { axis: 0 } },
    );
    expect(await dimsOf(joined)).toEqual(['past + seq', 8]);
    const tiled = oneNode('Tile', { a: ['n', 3] }, { initializers: { b: int64(2, 1) } });
    expect(await dimsOf(tiled)).toEqual(['n * 2', 3]);
    const halves = oneNode(
      'Split',
      { a: ['n', 6] },
      { outputs: 2, attributes: { axis: 1 }, opset: 13 },
    );
    expect(await dimsOf(halves, 'y1')).toEqual(['n', 3]);
  });

  it('go through convolutions and pools', async () => {
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    const inputs = { a: ['n', 3, 'height', 224] };
    const weights = { b: tensor('float32', [16, 3, 3, 3], new Float32Array(432)) };
    const conv = oneNode('Conv', inputs, { attributes, initializers: weights });
    // (224 + 2 - 3) / 2 + 1, rounded down.
    expect(await dimsOf(conv)).toEqual(['n', 16, '(height + 1) floordiv 2', 112]);
    const pool = oneNode('MaxPool', inputs, { attributes: { ...attributes, ceil_mode: 1 } });
    expect((await dimsOf(pool))?.[3]).toBe(113);
    const same = oneNode('AveragePool', inputs, {
      attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' },
    });
    expect(await dimsOf(same)).toEqual(['n', 3, '(height + 1) floordiv 2', 112]);
  });

  it('are cut by slices, down to what is there', async () => {
    const slice = (size: number | string, start: number, end: number) =>
      dimsOf(
        bareModel(
          { x: [size, 4] },
          [{ opType: 'Slice', inputs: ['x', 's', 'e', 'axes'], outputs: ['y'] }],
          { initializers: { s: int64(start), e: int64(end), axes: int64(0) } },
        ),
      );
    expect(await slice('seq', 0, 2 ** 31 - 1)).toEqual(['seq', 4]);
    expect(await slice('seq', 1, 2 ** 40)).toEqual(['seq - 1', 4]);
    expect(await slice('seq', 0, -1)).toEqual(['seq - 1', 4]);
    expect(await slice('seq', 0, 1)).toEqual([1, 4]);
    expect(await slice('seq', 0, 5)).toEqual(['min(5, seq)', 4]);
    expect(await slice(10, -3, 2 ** 40)).toEqual([3, 4]);
    expect(await slice(10, 8, 2)).toEqual([0, 4]);
  });

  it('without a name are undefined, and stay equal', async () => {
    const model = bareModel({ x: [undefined, 12] }, [
      { opType: 'Relu', inputs: ['x'], outputs: ['r'] },
      { opType: 'Shape', inputs: ['r'], outputs: ['s'] },
      { opType: 'ConstantOfShape', inputs: ['s'], outputs: ['zeros'] },
      { opType: 'Add', inputs: ['zeros', 'x'], outputs: ['sum'] },
      { opType: 'Shape', inputs: ['sum'], outputs: ['a'] },
      { opType: 'Shape', inputs: ['x'], outputs: ['b'] },
      { opType: 'Equal', inputs: ['a', 'b'], outputs: ['y'] },
    ]);
    const shapes = await inferShapes(model);
    expect(shapes.tensor('sum').dims).toEqual([undefined, 12]);
    expect(shapes.tensor('y').values).toEqual([1, 1]);
  });
});

describe('shape tensors', () => {
  it('give a reshape the names of its input', async () => {
    const model = bareModel(
      { x: ['batch', 'sequence', 768] },
      [
        { opType: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { opType: 'Gather', inputs: ['shape', 'zero'], outputs: ['b'] },
        { opType: 'Gather', inputs: ['shape', 'one'], outputs: ['s'] },
        { opType: 'Unsqueeze', inputs: ['b', 'axis'], outputs: ['b1'] },
        { opType: 'Unsqueeze', inputs: ['s', 'axis'], outputs: ['s1'] },
        {
          opType: 'Concat',
          inputs: ['b1', 's1', 'heads'],
          outputs: ['target'],
          attributes: { axis: 0 },
        },
        { opType: 'Reshape', inputs: ['x', 'target'], outputs: ['split'] },
        {
          opType: 'Transpose',
          inputs: ['split'],
          outputs: ['y'],
          attributes: { perm: [0, 2, 1, 3] },
        },
      ],
      { initializers: { zero: scalar(0), one: scalar(1), axis: int64(0), heads: int64(12, 64) } },
    );
    const shapes = await inferShapes(model);
    expect(shapes.tensor('target').values).toEqual(['batch', 'sequence', 12, 64]);
    expect(shapes.tensor('y')).toEqual({
      elementType: ElementType.FLOAT,
      dims: ['batch', 12, 'sequence', 64],
    });
    expect(shapes.problems).toEqual([]);
  });

  it('are computed with', async () => {
    const model = bareModel(
      { x: ['n', 'm'] },
      [
        { opType: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { opType: 'Mul', inputs: ['shape', 'two'], outputs: ['double'] },
        { opType: 'Div', inputs: ['shape', 'two'], outputs: ['half'] },
        { opType: 'ReduceProd', inputs: ['shape'], outputs: ['all'], attributes: { keepdims: 0 } },
        { opType: 'Range', inputs: ['zero', 'all', 'one'], outputs: ['range'] },
        { opType: 'Equal', inputs: ['wanted', 'minus'], outputs: ['isMinus'] },
        { opType: 'Where', inputs: ['isMinus', 'shape', 'wanted'], outputs: ['chosen'] },
        { opType: 'Expand', inputs: ['x', 'chosen'], outputs: ['y'] },
      ],
      {
        initializers: {
          two: scalar(2),
          zero: scalar(0),
          one: scalar(1),
          minus: scalar(-1),
          wanted: int64(-1, 7),
        },
      },
    );
    const shapes = await inferShapes(model);
    expect(shapes.tensor('double').values).toEqual(['n * 2', 'm * 2']);
    expect(shapes.tensor('half').values).toEqual(['n floordiv 2', 'm floordiv 2']);
    expect(shapes.tensor('all').values).toEqual(['m * n']);
    expect(shapes.tensor('range').dims).toEqual(['m * n']);
    expect(shapes.tensor('chosen').values).toEqual(['n', 7]);
    expect(shapes.tensor('y').dims).toEqual(['n', 7]);
  });

  it('are reversed and transposed, as pads are by torch', async () => {
    const model = bareModel(
      { x: ['n', 10] },
      [
        { opType: 'Reshape', inputs: ['pads', 'rows'], outputs: ['pairs'] },
        {
          opType: 'Slice',
          inputs: ['pairs', 'minus', 'start', 'zero', 'minus'],
          outputs: ['reversed'],
        },
        { opType: 'Transpose', inputs: ['reversed'], outputs: ['turned'] },
        { opType: 'Reshape', inputs: ['turned', 'minus'], outputs: ['flat'] },
        { opType: 'Pad', inputs: ['x', 'flat'], outputs: ['y'] },
      ],
      {
        initializers: {
          // Last dimension first: 1 before and 2 after, then 3 and 4.
          pads: int64(1, 2, 3, 4),
          rows: int64(-1, 2),
          minus: int64(-1),
          zero: int64(0),
          start: int64(-(2 ** 40)),
        },
      },
    );
    const shapes = await inferShapes(model);
    expect(shapes.tensor('flat').values).toEqual([3, 1, 4, 2]);
    expect(shapes.tensor('y').dims).toEqual(['n + 7', 13]);
  });

  it('keep a reshape exact', async () => {
    const reshape = (dims: (number | string)[], ...target: number[]) =>
      dimsOf(oneNode('Reshape', { a: dims }, { initializers: { b: int64(...target) } }));
    expect(await reshape(['batch', 'seq', 768], 0, -1, 64)).toEqual(['batch', 'seq * 12', 64]);
    expect(await reshape(['batch', 'seq', 768], -1, 768)).toEqual(['batch * seq', 768]);
    expect(await reshape(['batch', 6], -1, 4)).toEqual(['(batch * 3) floordiv 2', 4]);
    expect(await reshape([2, 3, 4], 6, -1)).toEqual([6, 4]);
  });

  it('fit positions that are cut to the sequence', async () => {
    const model = bareModel(
      { x: ['batch', 'seq', 8] },
      [
        { opType: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { opType: 'Slice', inputs: ['shape', 'one', 'two'], outputs: ['end'] },
        { opType: 'Slice', inputs: ['table', 'zero', 'end', 'one'], outputs: ['cut'] },
        { opType: 'Add', inputs: ['x', 'cut'], outputs: ['y'] },
      ],
      {
        initializers: {
          table: tensor('float32', [1, 512, 8], new Float32Array(4096)),
          zero: int64(0),
          one: int64(1),
          two: int64(2),
        },
      },
    );
    const shapes = await inferShapes(model);
    expect(shapes.tensor('cut').dims).toEqual([1, 'min(512, seq)', 8]);
    expect(shapes.tensor('y').dims).toEqual(['batch', 'seq', 8]);
  });
});

describe('element types', () => {
  const typeOf = async (...model: Parameters<typeof oneNode>) =>
    (await inferShapes(oneNode(...model))).tensor('y').elementType;
  const bytes = (type: 'int8' | 'uint8') => tensor(type, [], [0] as never);

  it('of quantized tensors follow the zero point, or are UINT8', async () => {
    const scale = tensor('float32', [], [0.1]);
    const quantize = (initializers: Record<string, ReturnType<typeof tensor>>, attributes = {}) =>
      typeOf('QuantizeLinear', { a: [4] }, { initializers, attributes, opset: 21 });
    expect(await quantize({ b: scale })).toBe(ElementType.UINT8);
    expect(await quantize({ b: scale, c: bytes('int8') })).toBe(ElementType.INT8);
    expect(await quantize({ b: scale }, { output_dtype: ElementType.INT4 })).toBe(ElementType.INT4);
  });

  it('of dequantized tensors follow the scale, or output_dtype', async () => {
    const half = tensor('float16', [], new Uint16Array([0x3c00]));
    const dequantize = (opset: number, attributes = {}) =>
      typeOf(
        'DequantizeLinear',
        { a: ['int8', [4]] },
        { initializers: { b: half }, opset, attributes },
      );
    expect(await dequantize(19)).toBe(ElementType.FLOAT16);
    expect(await dequantize(23, { output_dtype: ElementType.FLOAT })).toBe(ElementType.FLOAT);
  });

  it('of operators that have one of their own', async () => {
    const two = { a: ['uint8', ['n', 4]], b: ['int8', [4, 8]] } as const;
    expect(await typeOf('MatMulInteger', two as never)).toBe(ElementType.INT32);
    expect(await typeOf('Cast', { a: [1] }, { attributes: { to: ElementType.BFLOAT16 } })).toBe(
      ElementType.BFLOAT16,
    );
    expect(await typeOf('ArgMax', { a: [4, 4] })).toBe(ElementType.INT64);
    expect(await typeOf('Greater', { a: [4], b: [4] })).toBe(ElementType.BOOL);
  });

  it('are known where the dims are not', async () => {
    const shapes = await inferShapes(
      oneNode('Reshape', { a: ['float16', ['n']], b: ['int64', ['k']] }),
    );
    expect(shapes.tensor('y')).toEqual({ elementType: ElementType.FLOAT16, dims: undefined });
  });
});

describe("the operators of ONNX Runtime's optimiser", () => {
  it('have shapes', async () => {
    const domain = 'com.microsoft';
    const skip = oneNode(
      'SkipLayerNormalization',
      { a: ['float16', ['batch', 'seq', 64]], b: ['float16', ['batch', 'seq', 64]] },
      { domain, outputs: 4 },
    );
    const shapes = await inferShapes(skip);
    expect(shapes.tensor('y3')).toEqual({
      elementType: ElementType.FLOAT16,
      dims: ['batch', 'seq', 64],
    });
    expect(shapes.tensor('y1')).toEqual({
      elementType: ElementType.FLOAT,
      dims: ['batch', 'seq', 1],
    });
    const attention = oneNode(
      'Attention',
      { a: ['batch', 'seq', 64], b: [64, 192], c: [192] },
      { domain, attributes: { num_heads: 4 } },
    );
    expect(await dimsOf(attention)).toEqual(['batch', 'seq', 64]);
  });

  it('broadcast, although their domain has version 1', async () => {
    const zero = tensor('uint8', [], [0]);
    const scale = tensor('float32', [], [0.5]);
    const model = bareModel(
      { x: ['uint8', [8]], z: ['uint8', ['batch', 8]] },
      [
        {
          opType: 'QLinearAdd',
          domain: 'com.microsoft',
          inputs: ['x', 's', 'o', 'z', 's', 'o', 's', 'o'],
          outputs: ['y'],
        },
      ],
      { initializers: { s: scale, o: zero } },
    );
    model.proto.opsetImport.push(
      create(OperatorSetIdProtoSchema, { domain: 'com.microsoft', version: 1n }),
    );
    expect(await dimsOf(model)).toEqual(['batch', 8]);
  });

  it('include a matrix product that transposes', async () => {
    const model = oneNode(
      'FusedMatMul',
      { a: ['batch', 'seq', 64], b: ['batch', 'keys', 64] },
      { domain: 'com.microsoft', attributes: { transB: 1 } },
    );
    expect(await dimsOf(model)).toEqual(['batch', 'seq', 'keys']);
  });
});

it('Attention of opset 23 grows its cache', async () => {
  const inputs = {
    a: ['batch', 'seq', 64],
    b: ['batch', 'seq', 32],
    c: ['batch', 'seq', 32],
    d: ['seq', 'past + seq'],
    e: ['batch', 2, 'past', 16],
    f: ['batch', 2, 'past', 16],
  };
  const attributes = { q_num_heads: 4, kv_num_heads: 2 };
  const shapes = await inferShapes(
    oneNode('Attention', inputs, { attributes, outputs: 4, opset: 23 }),
  );
  expect(shapes.tensor('y').dims).toEqual(['batch', 'seq', 64]);
  expect(shapes.tensor('y1').dims).toEqual(['batch', 2, 'past + seq', 16]);
  expect(shapes.tensor('y3').dims).toEqual(['batch', 4, 'seq', 'past + seq']);
});
