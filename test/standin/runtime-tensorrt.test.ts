import { type Model, type RunTimes, Runtime, selectRuntime, tensor } from 'tensorrt-node';
import { compareRuns } from 'tensorrt-node/evaluate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect } from '../../dist/quantize/calibration/collect.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { buildModel, errorOf, randomTensor } from '../unit/helpers.js';
import { prepareStandins } from './environment.js';
import { scalePlan, standinPlan } from './plan.js';

// TensorRT as one of the runtimes, on stand-ins for the driver and for both products.

const standins = prepareStandins();
const { libraryDir } = standins;
beforeAll(() => {
  Object.assign(process.env, standins.env);
});
afterAll(() => standins.remove());

const x = tensor('float32', [1, 4], [1, 2, 3, 4]);

it.each(['tensorrt-rtx', 'tensorrt'] as const)('runs a plan of %s', async (product) => {
  const runtime = await Runtime.load(scalePlan({ product }), { runtime: 'tensorrt', libraryDir });
  expect(runtime).toMatchObject({ runtime: 'tensorrt', provider: product });
  expect(runtime.inputs).toEqual([{ name: 'x', type: 'float32', dims: [undefined, 4] }]);
  expect(runtime.outputs).toEqual([{ name: 'y', type: 'float32', dims: [undefined, 4] }]);
  const { y } = await runtime.infer({ x });
  expect([...(y?.data ?? [])]).toEqual([3, 5, 7, 9]);
  expect(Object.keys(await runtime.infer({ x }, { outputs: ['y'] }))).toEqual(['y']);
  expect(await errorOf(runtime.infer({ x }, { outputs: ['z'] }))).toBeInstanceOf(TypeError);
  expect(await errorOf(runtime.infer({}))).toMatchObject({ code: 'ERR_FEED' });
  await runtime.close();
  await runtime.close();
  expect(await errorOf(runtime.infer({ x }))).toMatchObject({ code: 'ERR_CLOSED' });
});

it('tells what the parts of a run took', async () => {
  await using runtime = await Runtime.load(scalePlan({ product: 'tensorrt' }), {
    runtime: 'tensorrt',
    libraryDir,
    wait: 'spin',
  });
  const seen: RunTimes[] = [];
  await runtime.infer({ x }, { onTimes: (times) => seen.push(times) });
  await runtime.infer({ x }, { outputs: ['y'], onTimes: (times) => seen.push(times) });
  expect(seen).toHaveLength(2);
  for (const { queueMs, enqueueMs, copyInMs, computeMs, copyOutMs } of seen) {
    for (const part of [queueMs, enqueueMs, copyInMs, computeMs, copyOutMs]) {
      expect(part).toBeGreaterThanOrEqual(0);
    }
  }
});

it('is compared with ONNX Runtime', async () => {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 4] }],
    initializers: { two: tensor('float32', [], [2]), one: tensor('float32', [], [1]) },
    nodes: [
      { opType: 'Mul', name: 'twice', inputs: ['x', 'two'], outputs: ['h'] },
      { opType: 'Add', name: 'plus', inputs: ['h', 'one'], outputs: ['y'] },
    ],
  });
  const plan = {
    model: scalePlan({ product: 'tensorrt' }),
    runtime: 'tensorrt',
    libraryDir,
  } as const;
  const found = await compareRuns({ model, runtime: 'onnxruntime' }, plan, [{ x }]);
  expect(found).toMatchObject({ a: 'onnxruntime (cpu)', b: 'tensorrt (tensorrt)', within: true });
  expect(found.outputs).toMatchObject([{ name: 'y', elements: 4, maxAbsolute: 0, largest: 9 }]);
});

it('is what selectRuntime takes where it can run', async () => {
  const { runtime, name, passedOver } = await selectRuntime(scalePlan({ product: 'tensorrt' }), {
    prefer: 'onnxruntime',
    libraryDir,
    contexts: 2,
    // Means nothing to TensorRT, and is kept from it.
    threads: 1,
  });
  await using _ = runtime;
  expect(name).toBe('tensorrt');
  expect(passedOver).toEqual([
    { name: 'onnxruntime:cpu', reason: 'It runs ONNX models, and this is a plan.' },
  ]);
  expect([...((await runtime.infer({ x }))['y']?.data ?? [])]).toEqual([3, 5, 7, 9]);
});

it('is passed over for a model whose shapes nobody gave', async () => {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 4] }],
    nodes: [{ opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['y'] }],
  });
  const { runtime, passedOver } = await selectRuntime(model, {
    require: ['tensorrt', 'onnxruntime:cpu'],
    libraryDir,
  });
  await runtime.close();
  expect(passedOver).toEqual([
    {
      name: 'tensorrt',
      reason:
        "Expected profiles with { min, opt, max } for the dynamic inputs 'x' [batch, 4] but received none.",
    },
  ]);
});

it('counts in calibration what ONNX Runtime counts', async () => {
  const features = 16;
  const twice = new Float32Array(features * features);
  for (let i = 0; i < features; i++) twice[i * (features + 1)] = 2;
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', features] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', features] }],
    initializers: {
      w: tensor('float32', [features, features], twice),
      v: randomTensor([features, features]),
    },
    nodes: [
      { opType: 'MatMul', name: 'first', inputs: ['x', 'w'], outputs: ['h'] },
      { opType: 'MatMul', name: 'second', inputs: ['h', 'v'], outputs: ['y'] },
    ],
  });
  const plan = standinPlan({
    product: 'tensorrt-rtx',
    name: 'twice',
    inputs: [{ name: 'x', type: 'float32', dims: [-1, features] }],
    ops: [
      { op: 'constant', result: 'two', type: 'float32', dims: [1], values: [2] },
      { op: 'mul', result: 'h', left: 'x', right: 'two' },
    ],
    outputs: ['h'],
    profiles: [{ x: { min: [1, features], opt: [4, features], max: [8, features] } }],
  });
  const samples = [1, 8, 3].map((rows, seed) => ({ x: randomTensor([rows, features], { seed }) }));
  const opened: string[][] = [];
  const byTensorRT = await collect(model, samples, {
    runtime: (observed: Model) => {
      opened.push(observed.outputs.map(({ name }) => name));
      return Runtime.load(plan, { runtime: 'tensorrt', libraryDir });
    },
  });
  const byOnnxRuntime = await collect(model, samples, { runtime: (m) => openOnnxRuntime(m) });
  expect(byTensorRT.histograms).toEqual(byOnnxRuntime.histograms);
  expect(opened).toEqual([['h']]);
});

it('says what is missing where there is no TensorRT', async () => {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [1, 16] }],
    outputs: [{ name: 'y', type: 'float32', dims: [1, 16] }],
    initializers: { w: randomTensor([16, 16]) },
    nodes: [{ opType: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  expect(
    await errorOf(Runtime.load(model, { runtime: 'tensorrt', libraryDir: '/nowhere' })),
  ).toMatchObject({
    code: 'ERR_TRT_LIBRARY_NOT_FOUND',
  });
});
