import { expect, test } from 'vitest';
import type { Model } from '../../dist/onnx/model.js';
import { collect } from '../../dist/quantize/calibration/collect.js';
import { tuneRanges } from '../../dist/quantize/tuning/auto-ranges.js';
import { type TensorMap, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf, randomTensor } from './helpers.js';
import { randomNumbers } from './quantize-fixtures.js';

const features = 16;
const rows = 32;

/** Two linear layers; what the first feature of `x` is makes no difference to the output. */
function deafModel(): Model {
  const deaf = randomTensor([features, features], { seed: 1, scale: 0.4 });
  deaf.data.fill(0, 0, features);
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', features] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', features] }],
    initializers: { deaf, next: randomTensor([features, features], { seed: 2, scale: 0.4 }) },
    nodes: [
      { opType: 'MatMul', name: 'first', inputs: ['x', 'deaf'], outputs: ['h'] },
      { opType: 'MatMul', name: 'second', inputs: ['h', 'next'], outputs: ['y'] },
    ],
  });
}

/** Numbers from -1 to 1, but for the first one in every fourth sample, one of two thousand. */
function samplesWith(outlier: number, count = 32): TensorMap[] {
  const random = randomNumbers(7);
  return Array.from({ length: count }, (_, index) => {
    const data = Float32Array.from({ length: rows * features }, () => random() * 2 - 1);
    if (index % 8 < 2) data[0] = outlier;
    return { x: tensor('float32', [rows, features], data) };
  });
}

test('an outlier that does not reach the output gets no range', async () => {
  const model = deafModel();
  const samples = samplesWith(1000);
  const calibration = await collect(model, samples);
  // One clipped thousand costs more than coarse steps for thousands of numbers below 1.
  expect(calibration.table({ method: 'mse' }).ranges.get('x')?.amax).toBeGreaterThan(500);

  const table = await tuneRanges(model, calibration, samples);

  expect(table.method).toBe('auto');
  expect(table.samples).toBe(32);
  expect(table.ranges.get('x')?.amax).toBeLessThan(2);
  expect(table.ranges.get('x')).toMatchObject({ absmax: 1000, method: 'percentile' });
});

test('an outlier that reaches the output keeps its range', async () => {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', features] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', features] }],
    initializers: { w: randomTensor([features, features], { seed: 3 }) },
    nodes: [{ opType: 'MatMul', name: 'only', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  const samples = samplesWith(1000);
  const table = await tuneRanges(model, await collect(model, samples), samples);
  expect(table.ranges.get('x')?.amax).toBeGreaterThan(500);
});

test('one sample chooses nothing: the ranges have the least error of their tensors', async () => {
  const model = deafModel();
  const samples = samplesWith(1000, 1);
  const calibration = await collect(model, samples);
  const table = await tuneRanges(model, calibration, samples);
  const best = calibration.table({ method: 'mse' }).ranges.get('x');
  expect(table.ranges.get('x')?.amax).toBeCloseTo(best?.amax ?? 0, -2);
});

test('it tells its progress, gives the same twice, and changes nothing that it was given', async () => {
  const model = deafModel();
  const before = model.toBytes();
  const samples = samplesWith(1000);
  const calibration = await collect(model, samples);
  const trials: number[] = [];
  const onProgress = (progress: { trials: number }) => trials.push(progress.trials);
  const first = await tuneRanges(model, calibration, samples, { onProgress, threads: 1 });
  const second = await tuneRanges(model, calibration, samples, { threads: 1 });
  expect(trials).toEqual(Array.from(trials, (_, index) => index + 1));
  expect(trials.length).toBeGreaterThan(2);
  expect(second.toJSON()).toEqual(first.toJSON());
  expect(model.toBytes()).toEqual(before);
});

test('an abort rejects with its reason', async () => {
  const model = deafModel();
  const samples = samplesWith(1000);
  const calibration = await collect(model, samples);
  const controller = new AbortController();
  const options = { signal: controller.signal, onProgress: () => controller.abort('enough') };
  expect(await errorOf(tuneRanges(model, calibration, samples, options))).toBe('enough');
});

test('wrong arguments are a TypeError', async () => {
  const model = deafModel();
  const calibration = await collect(model, samplesWith(1, 2));
  await expect(tuneRanges({} as Model, calibration, [])).rejects.toThrow(/a Model for model/);
  await expect(tuneRanges(model, {} as typeof calibration, [])).rejects.toThrow(/a Calibration/);
  await expect(tuneRanges(model, calibration, new Set() as unknown as TensorMap[])).rejects.toThrow(
    /an array of samples/,
  );
  await expect(tuneRanges(model, calibration, [], { trials: 3 } as object)).rejects.toThrow(
    /'trials'/,
  );
});
