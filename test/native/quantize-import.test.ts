import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { buildEngine, importQuantized, Model } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { assetFolder, entryFault } from '../../scripts/setup/cache.mjs';
import { feedsFor, profilesFor } from '../exports/exports.js';
import { errorOf, randomTensor } from '../unit/helpers.js';

// Models that other tools have quantized (scripts/fixtures/quantized.py and derive.py), on the real
// parser and builder of TensorRT for RTX.

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const load = (name: string) => Model.load(`${fixtures}${name}.onnx`);

/** Q/DQ as ONNX defines them: ONNX Runtime's INT8 kernels clip sums on CPUs without VNNI. */
async function run(model: Model): Promise<Float32Array> {
  const session = await InferenceSession.create(model.toBytes(), {
    graphOptimizationLevel: 'disabled',
  });
  const image = randomTensor([4, 3, 8, 8], { seed: 5 });
  const feeds = model.inputs[0]?.name === 'image' ? { image } : feedsFor(model);
  const results = await session.run(
    Object.fromEntries(
      Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new OrtTensor(type as 'float32', data as Float32Array, dims),
      ]),
    ),
  );
  return Object.values(results)[0]?.data as Float32Array;
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(actual.map((v, i) => v - (expected[i] as number))) / squares(expected));
}

async function int8TensorsOf(model: Model): Promise<number> {
  const image = { min: [1, 3, 8, 8], opt: [4, 3, 8, 8], max: [8, 3, 8, 8] };
  const profiles = model.inputs[0]?.name === 'image' ? [{ image }] : profilesFor(model);
  const { data } = await buildEngine(model, {
    product: 'tensorrt-rtx',
    profiles,
    targets: ['sm89'],
    isolate: true,
  });
  return Buffer.from(data).toString('latin1').split('type=int8').length - 1;
}

describe('with the same numbers', () => {
  it.each([
    // Whether TensorRT takes the model as it is.
    ['quantized/classifier.torch-qat', true],
    ['quantized/classifier.modelopt', true],
    ['quantized/classifier.ort-uint8', false],
    ['quantized/classifier.ort-pairs', false],
    ['exports/vit.ort-static-symmetric', false],
    ['exports/vit.ort-static-tensorrt', true],
  ])('%s', async (name, isTaken) => {
    const model = await load(name);
    const imported = await importQuantized(model);
    expect(imported.problems).toEqual([]);
    expect(imported.report.filter(({ action }) => action === 'left')).toEqual([]);
    expect(await run(imported)).toEqual(await run(model));
    expect(imported.byteLength()).toBeLessThan(model.byteLength());
    if (!isTaken) {
      expect(await errorOf(int8TensorsOf(model))).toMatchObject({ code: 'ERR_TRT_PARSE' });
    }
    expect(await int8TensorsOf(imported)).toBeGreaterThan(6);
  });
});

describe('with wider steps', () => {
  it.each([
    // Steps of twice the width, in some tensors, on top of what 8 bits cost before.
    ['quantized/classifier.ort-default', 0.03],
    ['exports/distilbert.ort-static', 0.05],
  ])('%s', async (name, bound) => {
    const model = await load(name);
    expect(await errorOf(int8TensorsOf(model))).toMatchObject({ code: 'ERR_TRT_PARSE' });
    const kept = await importQuantized(model);
    expect(new Set(kept.problems.map(({ code }) => code))).toEqual(
      new Set(['zero-point-not-zero']),
    );
    expect(
      kept.report.some(({ action, what }) => action === 'left' && /calibrate/.test(what)),
    ).toBe(true);
    const widened = await importQuantized(model, { asymmetric: 'widen' });
    expect(widened.problems).toEqual([]);
    const error = relativeError(await run(widened), await run(model));
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(bound);
    expect(await int8TensorsOf(widened)).toBeGreaterThan(6);
  });
});

it('a tagger out of a published package', { timeout: 600_000 }, async (context) => {
  if (entryFault('quire-grammar')) {
    return context.skip('node scripts/setup.mjs --models fetches it');
  }
  const model = await Model.load(join(assetFolder('quire-grammar'), 'tagger.onnx'));
  const widened = await importQuantized(model, { asymmetric: 'widen' });
  expect(widened.problems).toEqual([]);
  expect(await int8TensorsOf(widened)).toBeGreaterThan(100);
});

it('wrong arguments are a TypeError', async () => {
  const model = await load('quantized/classifier.float');
  for (const action of [
    () => importQuantized({} as Model),
    () => importQuantized(model, { asymmetric: 'drop' as 'keep' }),
    () => importQuantized(model, { keep: true } as object),
  ]) {
    expect(await errorOf(action())).toBeInstanceOf(TypeError);
  }
  const imported = await importQuantized(model);
  expect(imported.report).toEqual([]);
});
