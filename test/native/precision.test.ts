import { buildEngine, quantize, toHalf } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { linearModel } from '../unit/helpers.js';
import { tableOf } from '../unit/quantize-fixtures.js';

// The real TensorRT for RTX: parser and builder need no GPU.

const size = { features: 256, hidden: 4096, classes: 256 };
const range = { min: [1, 256], opt: [8, 256], max: [32, 256] };
const options = { product: 'tensorrt-rtx', profiles: [{ x: range }], targets: ['sm89'] } as const;

/** How often the program in a plan says that a tensor has a type. */
function typesIn(data: Uint8Array, type: string): number {
  return Buffer.from(data).toString('latin1').split(`type=${type}`).length - 1;
}

describe('TensorRT for RTX builds', () => {
  it.each([
    ['fp16', 'half'],
    ['bf16', 'bf16'],
  ] as const)('%s, which takes half the weights', async (type, name) => {
    const model = linearModel(size);
    const [float, half] = await Promise.all([
      buildEngine(model, options),
      toHalf(model, { type }).then((converted) => buildEngine(converted, options)),
    ]);
    const weights = 2 * 256 * 4096 * 4;
    expect(float.bytes - half.bytes).toBeGreaterThan(weights * 0.4);
    expect(typesIn(half.data, name)).toBeGreaterThan(0);
    expect(typesIn(float.data, name)).toBe(0);
  });

  it('inputs and outputs in FP16', async () => {
    const plan = await buildEngine(await toHalf(linearModel(size), { io: 'convert' }), options);
    expect(plan.bytes).toBeGreaterThan(0);
  });

  it.each(['float32', 'half', 'cast'] as const)('INT8 within FP16, scales: %s', async (scales) => {
    const int8 = await quantize(linearModel(size), tableOf({ x: 1, h_relu: 2 }));
    const plan = await buildEngine(await toHalf(int8, { scales }), options);
    expect(typesIn(plan.data, 'int8')).toBeGreaterThan(0);
    expect(typesIn(plan.data, 'half')).toBeGreaterThan(0);
  });

  it('a model with an island', async () => {
    const half = await toHalf(linearModel(size), { keep: ['hidden_relu'] });
    expect(half.report.summary.float).toBe(1);
    expect((await buildEngine(half, options)).bytes).toBeGreaterThan(0);
  });
});
