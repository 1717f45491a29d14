import { expect, test } from 'vitest';
import type { Model } from '../../dist/onnx/model.js';
import { type QuantizedModel, quantize } from '../../dist/quantize/quantize.js';
import { correctBias } from '../../dist/quantize/tuning/bias-correction.js';
import { outputDistance } from '../../dist/quantize/tuning/output-distance.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type Tensor, type TensorMap, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, randomTensor } from './helpers.js';
import { randomNumbers, tableOf } from './quantize-fixtures.js';

const width = 16;

/** MatMul with its bias in an Add, Relu, MatMul without a bias, Tanh, Gemm with a bias. */
function threeLayers(): Model {
  const matrix = (seed: number) => randomTensor([width, width], { seed, scale: 0.5 });
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', width] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', width] }],
    initializers: {
      w1: matrix(1),
      w2: matrix(2),
      w3: matrix(3),
      b1: randomTensor([width], { seed: 4 }),
      b3: randomTensor([width], { seed: 5 }),
    },
    nodes: [
      { opType: 'MatMul', name: 'first', inputs: ['x', 'w1'], outputs: ['p'] },
      { opType: 'Add', name: 'first_bias', inputs: ['b1', 'p'], outputs: ['q'] },
      { opType: 'Relu', name: 'relu', inputs: ['q'], outputs: ['r'] },
      { opType: 'MatMul', name: 'second', inputs: ['r', 'w2'], outputs: ['s'] },
      { opType: 'Tanh', name: 'tanh', inputs: ['s'], outputs: ['t'] },
      { opType: 'Gemm', name: 'third', inputs: ['t', 'w3', 'b3'], outputs: ['y'] },
    ],
  });
}

/** Numbers from 0 to 1: what is clipped at 0.6 loses a mean. */
const samples: TensorMap[] = Array.from({ length: 6 }, (_, index) => {
  const random = randomNumbers(index + 1);
  return { x: tensor('float32', [32, width], Float32Array.from({ length: 32 * width }, random)) };
});

const clipping = tableOf({ x: 0.6, r: 1, t: 0.8 });

async function outputsOf(model: Model): Promise<TensorMap[]> {
  await using runtime = await openOnnxRuntime(model);
  const outputs: TensorMap[] = [];
  for (const sample of samples) outputs.push(await runtime.infer(sample));
  return outputs;
}

function channelMeans(outputs: readonly TensorMap[]): number[] {
  const sums = new Array<number>(width).fill(0);
  for (const outputMap of outputs) {
    const { data } = outputMap['y'] as Tensor<'float32'>;
    data.forEach((value, i) => {
      sums[i % width] = (sums[i % width] ?? 0) + value / (32 * outputs.length);
    });
  }
  return sums;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}

test('the means of the outputs are those of the float model again', async () => {
  const model = threeLayers();
  const quantized = await quantize(model, clipping);
  const before = quantized.toBytes();
  const progress: number[] = [];

  const corrected = await correctBias(quantized, model, samples, {
    threads: 1,
    onProgress: ({ layers, total }) => progress.push(layers, total),
  });

  const float = await outputsOf(model);
  const clipped = await outputsOf(quantized);
  const mended = await outputsOf(corrected);
  const lost = largestDifference(channelMeans(float), channelMeans(clipped));
  expect(lost).toBeGreaterThan(0.02);
  // Not exactly: INT8 kernels round otherwise than float ones at ties.
  expect(largestDifference(channelMeans(float), channelMeans(mended))).toBeLessThan(lost / 10);
  expect(outputDistance(float, mended).rmse).toBeLessThan(outputDistance(float, clipped).rmse);
  expect(corrected.corrections.map(({ node }) => node)).toEqual(['first', 'second', 'third']);
  expect(corrected.corrections.every(({ rms }) => rms > 0)).toBe(true);
  expect(corrected.report).toEqual(quantized.report);
  expect(progress).toEqual([1, 3, 2, 3, 3, 3]);
  expect(quantized.toBytes()).toEqual(before);
});

test('a bias is where it was, and where there was none an Add is', async () => {
  const model = threeLayers();
  const quantized = await quantize(model, clipping);
  const corrected = await correctBias(quantized, model, samples, { threads: 1 });
  const count = (of: Model, opType: string) =>
    of.graph.nodes.filter((node) => node.opType === opType).length;
  expect(count(quantized, 'Add')).toBe(1);
  expect(count(corrected, 'Add')).toBe(2);
  expect(count(corrected, 'Gemm')).toBe(1);
  expect(corrected.graph.initializer('b1')).toBeUndefined();
  expect(corrected.graph.initializer('b3')).toBeUndefined();
});

test('layers that nothing was lost in keep their bias nearly', async () => {
  const model = threeLayers();
  const table = tableOf({ x: 1, r: 8, t: 1 });
  const corrected = await correctBias(await quantize(model, table), model, samples);
  for (const { rms } of corrected.corrections) expect(rms).toBeLessThan(0.02);
});

test('wrong arguments are a TypeError, what does not belong together an error', async () => {
  const model = threeLayers();
  const quantized = await quantize(model, clipping);
  const wrong = model as unknown as QuantizedModel;
  await expect(correctBias(wrong, model, samples)).rejects.toThrow(/that quantize\(\) made/);
  await expect(correctBias(quantized, model, samples, { beta: 1 } as object)).rejects.toThrow(
    /'beta'/,
  );
  const code = 'ERR_CALIBRATION';
  expect(await errorOf(correctBias(quantized, model, []))).toMatchObject({ code });
  const other = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', width] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', width] }],
    nodes: [{ opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['y'] }],
  });
  expect(await errorOf(correctBias(quantized, other, samples))).toMatchObject({
    code,
    tensor: 'p',
  });
});
