import { describe, expect, test } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel } from './helpers.js';
import { randomNumbers } from './quantize-fixtures.js';

const addon = loadAddon();
const { quantizeBlocks, quantizeFloat8, quantizeWeights } = addon;

/** Numbers of TensorProto.DataType. */
const onnxTypes = { int8: 3, float8: 17, int4: 22 } as const;

interface Quantization {
  readonly type: keyof typeof onnxTypes;
  readonly dims: readonly [number, number];
  readonly axis: number;
  readonly blockSize?: number;
  readonly scales: Float32Array;
}

/** What ONNX Runtime makes of the weights by QuantizeLinear and DequantizeLinear. */
async function throughOnnxRuntime(weights: Float32Array, quantization: Quantization) {
  const { type, dims, axis, blockSize, scales } = quantization;
  const blocks =
    blockSize === undefined ? undefined : Math.ceil((dims[axis] as number) / blockSize);
  const scaleDims =
    blocks === undefined ? [scales.length] : dims.map((dim, i) => (i === axis ? blocks : dim));
  const attributes = { axis, ...(blockSize !== undefined && { block_size: blockSize }) };
  const model = buildModel({
    opset: 21,
    irVersion: 10,
    inputs: [{ name: 'w', type: 'float32', dims: [...dims] }],
    outputs: [{ name: 'y', type: 'float32', dims: [...dims] }],
    initializers: { scale: tensor('float32', scaleDims, scales) },
    nodes: [
      {
        opType: 'QuantizeLinear',
        name: 'quantize',
        inputs: ['w', 'scale'],
        outputs: ['q'],
        attributes: { ...attributes, output_dtype: onnxTypes[type] },
      },
      {
        opType: 'DequantizeLinear',
        name: 'dequantize',
        inputs: ['q', 'scale'],
        outputs: ['y'],
        attributes,
      },
    ],
  });
  await using runtime = await openOnnxRuntime(model, { threads: 1 });
  const outputs = await runtime.infer({ w: tensor('float32', [...dims], weights) });
  return [...(outputs['y'] as Tensor<'float32'>).data];
}

/** Weights whose channels differ in range on both axes, with zeros and ties among them. */
function weightsOf(rows: number, columns: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: rows * columns }, (_, index) => {
    if (index % 11 === 0) return 0;
    const value = (random() - 0.5) * 2 ** ((index % columns) % 7) * 2 ** (index % 5);
    return index % 3 === 0 ? Math.round(value * 4) / 4 : value;
  });
}

/** The number that a code of E4M3FN stands for. */
function float8(code: number): number {
  const exponent = (code >> 3) & 15;
  const mantissa = code & 7;
  const magnitude = exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10);
  return code & 0x80 ? -magnitude : magnitude;
}

describe('FP8 E4M3FN', () => {
  test.each([
    ['on the last axis', 1],
    ['on the first axis', 0],
  ] as const)('is what QuantizeLinear computes, channels %s', async (_, axis) => {
    const [rows, columns] = [33, 20];
    const weights = weightsOf(rows, columns, 1);
    const sizes: [number, number, number] = axis === 1 ? [rows, columns, 1] : [1, rows, columns];
    const { values, scales } = quantizeFloat8(weights, ...sizes) ?? expect.fail();
    const channel = (index: number) => (axis === 1 ? index % columns : Math.floor(index / columns));
    const meant = Array.from(values, (code, index) =>
      Math.fround(float8(code) * (scales[channel(index)] as number)),
    );
    expect(meant).toEqual(
      await throughOnnxRuntime(weights, { type: 'float8', dims: [rows, columns], axis, scales }),
    );
  });

  test('every number of the type keeps its code, ties go to the even one', () => {
    const codes = Array.from({ length: 127 }, (_, code) => code);
    const numbers = codes.map(float8);
    const middles = codes.slice(1).map((code) => (float8(code) + float8(code - 1)) / 2);
    const weights = Float32Array.from([...numbers, ...middles]);
    const { values, scales } = quantizeFloat8(weights, 1, 1, weights.length) ?? expect.fail();
    expect([...scales]).toEqual([1]);
    expect([...values.subarray(0, 127)]).toEqual(codes);
    expect([...values.subarray(127)]).toEqual(
      codes.slice(1).map((code) => (code % 2 === 0 ? code : code - 1)),
    );
    const { values: negative } =
      quantizeFloat8(
        weights.map((w) => -w),
        1,
        1,
        253,
      ) ?? expect.fail();
    expect([...negative]).toEqual(Array.from(values, (code) => code | 0x80));
  });

  test('a channel of zeros, or of numbers too small for a scale, is stored as zeros', () => {
    const weights = Float32Array.of(0, 1e-37, 448, 0, -1e-37, 224);
    const { values, scales } = quantizeFloat8(weights, 2, 3, 1) ?? expect.fail();
    expect(Array.from(values, (code) => code & 0x7f)).toEqual([0, 0, 0x7e, 0, 0, 0x76]);
    expect([...scales]).toEqual([Math.fround(1 / 448), Math.fround(1 / 448), 1]);
  });

  test.each([Number.NaN, Infinity, -Infinity])('weights with %f are refused', (bad) => {
    expect(quantizeFloat8(Float32Array.of(1, bad, 2, 3), 2, 2, 1)).toBeNull();
    expect(quantizeFloat8(Float32Array.of(1, 2, 3, bad), 1, 2, 2)).toBeNull();
  });
});

describe('blocks', () => {
  const [rows, columns] = [24, 10];

  test.each([
    ['int4', 8, 0],
    ['int4', 5, 1],
    ['int4', 4, 1],
    ['int8', 8, 0],
    ['int8', 4, 1],
  ] as const)(
    '%s in blocks of %i on axis %i are what QuantizeLinear computes',
    async (type, blockSize, axis) => {
      const weights = weightsOf(rows, columns, 2);
      const sizes: [number, number, number] = axis === 0 ? [1, rows, columns] : [rows, columns, 1];
      const bits = type === 'int4' ? 4 : 8;
      const { values, scales } =
        quantizeBlocks(weights, ...sizes, blockSize, bits) ?? expect.fail();
      const blocks = Math.ceil(sizes[1] / blockSize);
      const meant = Array.from(values, (value, index) => {
        const row = Math.floor(index / columns);
        const column = index % columns;
        const at =
          axis === 0
            ? Math.floor(row / blockSize) * columns + column
            : row * blocks + Math.floor(column / blockSize);
        return Math.fround(value * (scales[at] as number));
      });
      expect(meant.map((value) => value + 0)).toEqual(
        (
          await throughOnnxRuntime(weights, {
            type,
            dims: [rows, columns],
            axis,
            blockSize,
            scales,
          })
        ).map((value) => value + 0),
      );
    },
  );

  test('4 bits reach from -8 to 7, with the smallest scale that clips nothing', () => {
    const blocks = [
      [7, 3.5, -7, 0],
      [-8, 7, 1, 2.5],
      [4, -8, 1.5, -0.5],
      [0, -4, 3, 0.25],
    ];
    const { values, scales } =
      quantizeBlocks(Float32Array.from(blocks.flat()), 4, 4, 1, 4, 4) ?? expect.fail();
    expect([...scales]).toEqual([1, 1, 1, 0.5]);
    expect([...values]).toEqual(
      [7, 4, -7, 0, -8, 7, 1, 2, 4, -8, 2, 0, 0, -8, 6, 0].map((v) => v + 0),
    );
  });

  test('8 bits reach from -127 to 127', () => {
    const { values, scales } =
      quantizeBlocks(Float32Array.of(-127, 12.5, 254, -2), 1, 4, 1, 2, 8) ?? expect.fail();
    expect([...scales]).toEqual([1, 2]);
    expect([...values]).toEqual([-127, 12, 127, -1]);
  });

  test('a block of zeros gets a positive scale, one of NaN or infinity is refused', () => {
    const { values, scales } =
      quantizeBlocks(Float32Array.of(0, -0, 1, 1), 1, 4, 1, 2, 4) ?? expect.fail();
    expect([...values].map((value) => value + 0)).toEqual([0, 0, 7, 7]);
    expect(scales.every((scale) => scale > 2 ** -14)).toBe(true);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      expect(quantizeBlocks(Float32Array.of(0, 1, bad, 1), 1, 4, 1, 2, 4)).toBeNull();
      expect(quantizeBlocks(Float32Array.of(bad, 1, 1, 1), 1, 2, 2, 2, 8)).toBeNull();
    }
  });

  test.each([
    [1, 4, 1, 0, 4],
    [1, 4, 1, 2, 5],
    [2, 4, 1, 2, 4],
    [1, 4, 1, 1.5, 8],
  ])(
    'sizes [%i, %i, %i], blocks of %f or %i bits are refused',
    (outer, length, inner, size, bits) => {
      expect(() =>
        quantizeBlocks(new Float32Array(4), outer, length, inner, size, bits as 4),
      ).toThrow(TypeError);
    },
  );
});

describe('given ranges', () => {
  test('weights beyond them are clipped', () => {
    const weights = Float32Array.of(1, -2, 3, 4, 0.25, -8);
    const byRow = quantizeWeights(weights, 1, 2, 3, Float32Array.of(2, 127)) ?? expect.fail();
    expect([...byRow.values]).toEqual([64, -127, 127, 4, 0, -8]);
    expect([...byRow.scales]).toEqual([Math.fround(2 / 127), 1]);
  });

  test('QuantizeLinear computes the same', async () => {
    const weights = weightsOf(12, 9, 3);
    const random = randomNumbers(4);
    const amax = Float32Array.from({ length: 9 }, () => 0.1 + random() * 3);
    const { values, scales } = quantizeWeights(weights, 12, 9, 1, amax) ?? expect.fail();
    const meant = Array.from(values, (value, i) => Math.fround(value * (scales[i % 9] as number)));
    // QuantizeLinear reaches to -128.
    const expected = (
      await throughOnnxRuntime(weights, { type: 'int8', dims: [12, 9], axis: 1, scales })
    ).map((value, i) => Math.max(value, Math.fround(-127 * (scales[i % 9] as number))));
    expect(meant.map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
  });

  test('a range of zero keeps zeros alone, one wider than the weights wastes levels', () => {
    const weights = Float32Array.of(1, -2, 1, -2);
    const { values, scales } =
      quantizeWeights(weights, 1, 2, 2, Float32Array.of(0, 127)) ?? expect.fail();
    expect([...values].map((value) => value + 0)).toEqual([0, 0, 1, -2]);
    expect([...scales]).toEqual([Math.fround(1 / 127), 1]);
  });

  test.each([
    [Float32Array.of(1)],
    [Float32Array.of(1, 2, 3)],
    [Float32Array.of(1, -1)],
    [Float32Array.of(1, Number.NaN)],
    [Float32Array.of(Infinity, 1)],
    [[1, 2] as unknown as Float32Array],
  ])('%o are no ranges of two channels', (amax) => {
    expect(() => quantizeWeights(new Float32Array(4), 1, 2, 2, amax)).toThrow(TypeError);
  });

  test('NaN among the weights is refused all the same', () => {
    expect(quantizeWeights(Float32Array.of(1, Number.NaN), 1, 1, 2, Float32Array.of(1))).toBeNull();
  });
});

describe('on the thread pool', () => {
  const weights = weightsOf(64, 48, 5);
  const amax = new Float32Array(48).fill(1);

  test('the results are the same, several at once', async () => {
    const [whole, given, float8s, blocks] = await Promise.all([
      addon.quantizeWeightsAsync(weights, 64, 48, 1),
      addon.quantizeWeightsAsync(weights, 64, 48, 1, amax),
      addon.quantizeFloat8Async(weights, 1, 64, 48),
      addon.quantizeBlocksAsync(weights, 1, 64, 48, 16, 4),
    ]);
    expect(whole).toEqual(quantizeWeights(weights, 64, 48, 1));
    expect(given).toEqual(quantizeWeights(weights, 64, 48, 1, amax));
    expect(float8s).toEqual(quantizeFloat8(weights, 1, 64, 48));
    expect(blocks).toEqual(quantizeBlocks(weights, 1, 64, 48, 16, 4));
  });

  test('NaN gives null, wrong arguments throw', async () => {
    expect(await addon.quantizeWeightsAsync(Float32Array.of(Number.NaN), 1, 1, 1)).toBeNull();
    expect(() => addon.quantizeWeightsAsync(weights, 64, 48, 2)).toThrow(TypeError);
    expect(() => addon.quantizeBlocksAsync(weights, 64, 48, 1, 16, 3 as 4)).toThrow(TypeError);
  });
});
