import { buildEngine, check, type QuantizeOptions, quantize } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { errorOf, linearModel } from '../unit/helpers.js';
import { tableOf } from '../unit/quantize-fixtures.js';

// The real TensorRT for RTX: parser and builder need no GPU.

const size = { features: 256, hidden: 512, classes: 256 };
const range = { min: [1, 256], opt: [8, 256], max: [32, 256] };
const model = linearModel(size);
const table = tableOf({ x: 1, h_relu: 2 });

const build = (quantized: Awaited<ReturnType<typeof quantize>>, target: 'sm86' | 'sm89') =>
  buildEngine(quantized, {
    product: 'tensorrt-rtx',
    profiles: [{ x: range }],
    targets: [target],
    isolate: true,
  });

/** How often the program in a plan says that a tensor has a type. */
function typesIn(data: Uint8Array, type: string): number {
  const program = Buffer.from(data).toString('latin1');
  return program.match(new RegExp(`type=${type}\\b`, 'g'))?.length ?? 0;
}

describe('TensorRT for RTX builds, and check finds nothing to warn of', () => {
  const weightsOnly = { scheme: 'weights-only' } as const;
  const int4 = { ...weightsOnly, weightType: 'int4' } as const;
  it.each<[string, QuantizeOptions]>([
    ['int8', {}],
    ['int8', { storeWeights: 'float' }],
    ['int8', { precision: 'fp16' }],
    ['int8', { precision: 'fp16', scales: 'cast' }],
    ['int8', { precision: 'bf16' }],
    ['fp8_e4m3', { type: 'fp8' }],
    ['fp8_e4m3', { type: 'fp8', precision: 'fp16' }],
    ['int8', weightsOnly],
    ['int8', { ...weightsOnly, blockSize: 64, precision: 'fp16' }],
    ['int4', int4],
    ['int4', { ...int4, blockSize: 32, storeWeights: 'float' }],
    ['int4', { ...int4, precision: 'fp16' }],
    ['int4', { ...int4, precision: 'bf16' }],
  ])('%s: %j', async (type, options) => {
    const quantized = await quantize(model, table, options);
    const { findings } = await check(quantized, { target: 'sm89', profiles: [{ x: range }] });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    const plan = await build(quantized, 'sm89');
    expect(typesIn(plan.data, type)).toBeGreaterThan(0);
  });
});

it('FP8 is refused for a GPU without it, as check says', async () => {
  const quantized = await quantize(model, table, { type: 'fp8' });
  expect(await errorOf(build(quantized, 'sm86'))).toMatchObject({ code: 'ERR_TRT_BUILD' });
  const { findings } = await check(quantized, { target: 'sm86' });
  expect(findings).toMatchObject([{ code: 'fp8-target', severity: 'error' }]);
});
