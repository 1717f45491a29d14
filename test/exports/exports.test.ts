import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildEngine,
  check,
  fix,
  Model,
  Runtime,
  type TensorMap,
  TensorRTError,
  toHalf,
} from 'tensorrt-node';
import { afterAll, describe, expect, it } from 'vitest';
import { errorOf, temporaryFolder } from '../unit/helpers.js';
import { exportNames, feedsFor, pathOf, profilesFor, refused } from './exports.js';

// Models as users really export them, on the real parser and builder of TensorRT for RTX.
// scripts/fixtures/README.md tells how they were made.

/** Of those that TensorRT refuses, what `fix` makes of them builds. */
const mended = ['vit.ort-static-symmetric'];

const counts = { unchanged: 0, sameOutputs: 0, fp32: 0, fp16: 0, explained: 0 };
const all = exportNames.length;
const expectedToBuild = all - Object.keys(refused).length;

afterAll(() => {
  console.log(
    [
      `saved unchanged: ${counts.unchanged} of ${all}`,
      `same outputs after load and save: ${counts.sameOutputs} of ${all}`,
      `built in FP32: ${counts.fp32} of ${expectedToBuild}, in FP16: ${counts.fp16} of ${expectedToBuild}`,
      `refused, as a finding of check says: ${counts.explained} of ${all - expectedToBuild}`,
    ].join('\n'),
  );
});

it('has all exports, also those that it makes an exception for', () => {
  expect(exportNames).toHaveLength(43);
  expect(exportNames).toEqual(expect.arrayContaining(Object.keys(refused)));
});

describe.each(exportNames)('%s', (name) => {
  it('is saved as it was loaded', async () => {
    const model = await Model.load(pathOf(name));
    expect(Buffer.compare(model.toBytes(), await readFile(pathOf(name)))).toBe(0);
    counts.unchanged++;
  });

  it('gives the same outputs when its weights have moved to another file', async () => {
    const model = await Model.load(pathOf(name));
    const copy = join(await temporaryFolder(), 'copy.onnx');
    await model.clone().save(copy, { externalData: 'always', externalThreshold: 0 });
    const outputs = await run(model, model);
    expect(Object.values(outputs).some(({ data }) => data.length > 0)).toBe(true);
    expect(await run(await Model.load(copy), model)).toEqual(outputs);
    counts.sameOutputs++;
  });

  it('gives nearly the same outputs in FP16', async () => {
    const model = await Model.load(pathOf(name));
    const outputs = await run(model, model);
    // With FP32 scales beside FP16 tensors, which TensorRT takes, ONNX Runtime 1.30 fails.
    const halfOutputs = await run(await toHalf(model, { scales: 'cast' }), model);
    for (const [output, { type, data }] of Object.entries(outputs)) {
      const half = halfOutputs[output];
      expect(half).toMatchObject({ type, dims: outputs[output]?.dims });
      if (data.length === 0) continue;
      expect(cosine(data as Float32Array, half?.data as Float32Array)).toBeGreaterThan(0.999);
    }
  });

  const code = refused[name];
  if (code) {
    it(`is refused in FP32 and FP16: ${code}`, async () => {
      const model = await Model.load(pathOf(name));
      for (const one of [model, await toHalf(model)]) {
        // In a process of its own, so that a failure leaves nothing behind for the next build.
        const error = await errorOf(build(one, { isolate: true }));
        expect(error).toBeInstanceOf(TensorRTError);
        expect((error as TensorRTError).message).not.toMatch(/process ended/);
        expect(await errorCodes(one)).toContain(code);
      }
      counts.explained++;
    });

    if (!mended.includes(name)) return;
    it('builds when it is mended', async () => {
      const model = await fix(await Model.load(pathOf(name)));
      expect((await build(model)).bytes).toBeGreaterThan(0);
    });
    return;
  }

  it('builds in FP32, and check finds no error', async () => {
    const model = await Model.load(pathOf(name));
    expect((await build(model)).bytes).toBeGreaterThan(0);
    expect(await errorCodes(model)).toEqual([]);
    counts.fp32++;
  });

  it('builds in FP16, and check finds no error', async () => {
    const model = await toHalf(await Model.load(pathOf(name)));
    expect((await build(model)).bytes).toBeGreaterThan(0);
    expect(await errorCodes(model)).toEqual([]);
    counts.fp16++;
  });
});

function build(model: Model, options: { isolate?: boolean } = {}) {
  return buildEngine(model, { profiles: profilesFor(model), targets: ['sm89'], ...options });
}

async function errorCodes(model: Model): Promise<string[]> {
  const { findings } = await check(model, { target: 'sm89', profiles: profilesFor(model) });
  return findings.filter(({ severity }) => severity === 'error').map((finding) => finding.code);
}

/** @param original - whose inputs have the types that are fed. */
async function run(model: Model, original: Model): Promise<TensorMap> {
  await using runtime = await Runtime.load(model, {
    runtime: 'onnxruntime',
    threads: 1,
    isolate: false,
  });
  return await runtime.infer(feedsFor(original));
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squaresOfA, squaresOfB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])];
    product += x * y;
    squaresOfA += x * x;
    squaresOfB += y * y;
  }
  return product / Math.sqrt(squaresOfA * squaresOfB);
}
