import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../dist/onnx/model.js';
import { type QuantizeOptions, quantize } from '../../dist/quantize/quantize.js';
import { tensor } from '../../dist/tensor.js';
import { errorOf, linearModel, randomTensor } from './helpers.js';
import { node, oneNode, product, tableOf } from './quantize-fixtures.js';

const model = linearModel({ features: 128, hidden: 64, classes: 16 });
const table = tableOf({ x: 1, h_relu: 2 });
const x = randomTensor([8, 128], { seed: 3 });
const weightsOnly = { scheme: 'weights-only' } as const;
const int4 = { ...weightsOnly, weightType: 'int4' } as const;

/** By ONNX Runtime as the model says: its optimizer makes operators of FP8 that it has not. */
async function run(model: Model): Promise<Float32Array> {
  const session = await InferenceSession.create(model.toBytes(), {
    graphOptimizationLevel: 'disabled',
  });
  const { y } = await session.run({ x: new OrtTensor('float32', x.data, x.dims) });
  return y?.data as Float32Array;
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(actual.map((v, i) => v - (expected[i] as number))) / squares(expected));
}

describe('ONNX Runtime computes nearly the same', () => {
  // Rounding by half a step at most, of numbers spread evenly over the range, is off by
  // 1/sqrt(12) steps of 1/127 or 1/7 of it, which is 0.4 % or 7 % of their root mean square; FP8
  // by 2.6 % (steps of 1/16 to 1/8 of the number). Two layers, activations and weights: twice that.
  it.each<[QuantizeOptions, number, number]>([
    [{}, 17, 0.02],
    [{ storeWeights: 'float' }, 17, 0.02],
    [{ precision: 'fp16', scales: 'cast' }, 17, 0.02],
    [{ precision: 'fp16', scales: 'half' }, 19, 0.02],
    [{ type: 'fp8' }, 19, 0.08],
    [{ type: 'fp8', storeWeights: 'float' }, 19, 0.08],
    [{ type: 'fp8', precision: 'fp16', scales: 'half' }, 19, 0.08],
    [weightsOnly, 17, 0.01],
    [{ ...weightsOnly, blockSize: 32 }, 21, 0.01],
    [int4, 21, 0.14],
    [{ ...int4, blockSize: 16 }, 21, 0.14],
    [{ ...int4, storeWeights: 'float' }, 21, 0.14],
    [{ ...int4, precision: 'fp16' }, 21, 0.14],
  ])('%j', async (options, opset, bound) => {
    const quantized = await quantize(model, table, options);
    expect(quantized.opset).toBe(opset);
    const error = relativeError(await run(quantized), await run(model));
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(bound);
  });
});

describe('the stored form', () => {
  const stored = (quantized: Model, name: string) => {
    const { dataType, dims, rawData } = quantized.graph.initializer(name) ?? {};
    return { dataType, dims: dims?.map(Number), rawData: rawData && [...rawData] };
  };
  const attributesOf = (quantized: Model, name: string) =>
    Object.fromEntries(node(quantized, name).attribute.map(({ name, i }) => [name, Number(i)]));

  it('INT4 lies two in a byte, the first in the low bits, with a scale per block', async () => {
    // Columns of 7, -7, 1, -1, then twice that: the scale of each block is 1, then 2.
    const values = Float32Array.from({ length: 32 * 16 }, (_, index) => {
      const row = Math.floor(index / 16);
      return ([7, -7, 1, -1][row % 4] as number) * (row < 16 ? 1 : 2);
    });
    const small = oneNode(product, {
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 32] }],
      initializers: { w: tensor('float32', [32, 16], values) },
    });
    const quantized = await quantize(small, undefined, { ...int4, blockSize: 16 });
    const { dataType, dims, rawData = [] } = stored(quantized, 'w_int4');
    expect([dataType, dims]).toEqual([22, [32, 16]]);
    const rows = [0x77, 0x99, 0x11, 0xff].map((byte) => new Array(8).fill(byte));
    expect(rawData).toEqual(new Array(8).fill(rows).flat(2));
    expect(attributesOf(quantized, 'w_DequantizeLinear')).toEqual({ axis: 0, block_size: 16 });
    expect(stored(quantized, 'w_zero_point')).toEqual({
      dataType: 22,
      dims: [2, 16],
      rawData: new Array(16).fill(0),
    });
    expect(stored(quantized, 'w_scale').dims).toEqual([2, 16]);
  });

  it('FP8 has a scale per channel, of 448 steps, and zero points of its type', async () => {
    const quantized = await quantize(model, tableOf({ x: 448, h_relu: 1 }), { type: 'fp8' });
    expect(stored(quantized, 'x_zero_point')).toEqual({ dataType: 17, dims: [], rawData: [0] });
    const scale = stored(quantized, 'x_scale').rawData as number[];
    expect(new Float32Array(Uint8Array.from(scale).buffer)).toEqual(Float32Array.of(1));
    expect(stored(quantized, 'w1_fp8')).toMatchObject({ dataType: 17, dims: [128, 64] });
    expect(attributesOf(quantized, 'w1_DequantizeLinear')).toEqual({ axis: 1 });
    expect(quantized.report.map(({ action }) => action)).toEqual(['fp8', 'fp8']);
  });

  it('a float weight passes through Q and DQ with one axis', async () => {
    const quantized = await quantize(model, table, { storeWeights: 'float' });
    expect(node(quantized, 'w2_QuantizeLinear').input).toEqual(['w2', 'w2_scale', 'w2_zero_point']);
    expect(attributesOf(quantized, 'w2_QuantizeLinear')).toEqual({ axis: 0 });
    expect(attributesOf(quantized, 'w2_DequantizeLinear')).toEqual({ axis: 0 });
    expect(quantized.graph.initializer('w2_int8')).toBeUndefined();
  });

  it('a sum that blocks do not divide stays float; by default a size is taken that divides it', async () => {
    const odd = oneNode(product, {
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 48] }],
      initializers: { w: randomTensor([48, 16]) },
    });
    const { report } = await quantize(odd, undefined, { ...int4, blockSize: 32 });
    expect(report[0]).toMatchObject({ action: 'float' });
    expect(report[0]?.reason).toContain('48 terms to a sum, which blocks of 32 do not divide');
    const quantized = await quantize(odd, undefined, int4);
    expect(attributesOf(quantized, 'w_DequantizeLinear')).toEqual({ axis: 0, block_size: 16 });
  });
});

describe('what comes with it', () => {
  it('raises the opset where the form needs it, and says what that changed', async () => {
    const old = oneNode(
      {
        opType: 'Squeeze',
        name: 'squeeze',
        inputs: ['p'],
        outputs: ['y'],
        attributes: { axes: [1] },
      },
      {
        opset: 12,
        nodes: [
          { ...product, outputs: ['p0'] },
          {
            opType: 'Unsqueeze',
            name: 'un',
            inputs: ['p0'],
            outputs: ['p'],
            attributes: { axes: [1] },
          },
          {
            opType: 'Squeeze',
            name: 'sq',
            inputs: ['p'],
            outputs: ['y'],
            attributes: { axes: [1] },
          },
        ],
      },
    );
    const quantized = await quantize(old, tableOf({ x: 1 }));
    expect([old.opset, quantized.opset]).toEqual([12, 13]);
    expect(quantized.upgrades.map(({ subject }) => subject)).toEqual(['un', 'sq']);
    expect((await quantize(model, table)).upgrades).toEqual([]);
  });

  it('half precision has its own report, and keeps what does not fit by the table', async () => {
    const ranges = tableOf({ x: 1, h_relu: { amax: 2, absmax: 1e5 } });
    const quantized = await quantize(model, ranges, { precision: 'fp16' });
    expect(quantized.report.map(({ action }) => action)).toEqual(['int8', 'int8']);
    expect(quantized.opset).toBe(23);
    expect(quantized.precision).toMatchObject({ type: 'fp16' });
    const kept = quantized.precision?.nodes.filter(({ action }) => action === 'float');
    expect(kept?.map(({ node }) => node)).toContain('hidden_relu');
    expect((await quantize(model, table)).precision).toBeUndefined();
  });

  it('tells progress, and stops when asked', async () => {
    const seen: number[][] = [];
    const onProgress = ({ weights, total }: { weights: number; total: number }) =>
      void seen.push([weights, total]);
    await quantize(model, table, { onProgress });
    expect(seen).toEqual([
      [1, 2],
      [2, 2],
    ]);
    const reason = new Error('enough');
    const controller = new AbortController();
    const stopped = quantize(model, table, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    expect(await errorOf(stopped)).toBe(reason);
  });

  it('nodes of one name are not taken for each other', async () => {
    const twins = oneNode(product, {
      nodes: [
        { ...product, outputs: ['h'] },
        { ...product, inputs: ['h', 'v'] },
      ],
      initializers: { w: randomTensor([16, 16]), v: randomTensor([16, 16], { seed: 2 }) },
    });
    const quantized = await quantize(twins, tableOf({ x: 1, h: 1 }));
    expect(quantized.report.map(({ amax }) => amax)).toEqual([{ x: 1 }, { h: 1 }]);
    expect(node(quantized, 'product').input).toEqual(['x_dequantized', 'w_dequantized']);
    expect(node(quantized, 'product_1').input).toEqual(['h_dequantized', 'v_dequantized']);
  });
});

describe('overrides', () => {
  const amaxes = async (overrides: QuantizeOptions['overrides']) => {
    const { report } = await quantize(model, table, { overrides });
    return report.map(({ amax }) => Object.values(amax ?? {})[0]);
  };

  it('win over the table, the last of several', async () => {
    expect(await amaxes({ h_relu: { amax: 5 } })).toEqual([1, 5]);
    expect(await amaxes({ '*': { amax: 3 }, 'h_*': { amax: 4 } })).toEqual([3, 4]);
    const { report } = await quantize(model, tableOf({ x: 1 }), {
      overrides: { 'h*': { amax: 2 } },
    });
    expect(report[1]).toMatchObject({ action: 'int8', amax: { h_relu: 2 } });
    expect(report[1]?.reason).toContain("'h_relu' by options.overrides");
  });

  it.each([{ y: { amax: 1 } }, { x: { amax: 0 } }, { x: { amax: Number.NaN } }, { x: 1 }, ['x']])(
    '%j is a TypeError',
    async (overrides) => {
      const options = { overrides } as QuantizeOptions;
      expect(await errorOf(quantize(model, table, options))).toBeInstanceOf(TypeError);
    },
  );
});

it.each<[QuantizeOptions, string]>([
  [{ blockSize: 32 }, 'options.blockSize'],
  [{ weightType: 'int4' }, 'options.weightType'],
  [{ ...weightsOnly, type: 'fp8' }, 'options.type'],
  [{ ...weightsOnly, blockSize: 0 }, 'options.blockSize'],
  [{ scales: 'half' }, 'options.scales'],
  [{ storeWeights: 'int8' as 'float' }, 'options.storeWeights'],
  [{ precision: 'fp8' as 'fp16' }, 'options.precision'],
  [{ signal: {} as AbortSignal }, 'options.signal'],
  [{ onProgress: 1 as never }, 'options.onProgress'],
])('%j is a TypeError', async (options, name) => {
  const error = await errorOf(quantize(model, table, options));
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).message).toContain(name);
});

it('only weights alone need no table', async () => {
  expect(await errorOf(quantize(model, undefined))).toBeInstanceOf(TypeError);
  const { report } = await quantize(model, undefined, weightsOnly);
  expect(report.map(({ action, amax }) => [action, amax])).toEqual([
    ['int8', {}],
    ['int8', {}],
  ]);
});
