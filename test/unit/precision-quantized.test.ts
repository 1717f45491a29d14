import { describe, expect, it } from 'vitest';
import { getInt } from '../../dist/onnx/attributes.js';
import { toHalf } from '../../dist/precision/to-half.js';
import { quantize } from '../../dist/quantize/quantize.js';
import { errorOf, linearModel, randomTensor } from './helpers.js';
import { castsOf, decisionOn, distance, islandsOf, storedType } from './precision-fixtures.js';
import { node, tableOf } from './quantize-fixtures.js';

const size = { features: 16, hidden: 32, classes: 16 };
const x = { x: randomTensor([2, 16], { seed: 9 }) };
const int8 = (amax = 1) => quantize(linearModel(size), tableOf({ x: amax, h_relu: 2 }));

describe('a model with Q/DQ', () => {
  it('keeps its scales FP32 in opset 23, where the tensors around them are half', async () => {
    const half = await toHalf(await int8());
    expect(half.opset).toBe(23);
    expect(half.irVersion).toBeGreaterThanOrEqual(11);
    expect(islandsOf(half)).toEqual([]);
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'y_fp16 -> FLOAT as y']);
    for (const name of ['x_scale', 'w1_scale', 'h_relu_scale']) {
      expect(storedType(half, name)).toBe('FLOAT');
    }
    for (const name of ['x_DequantizeLinear', 'w1_DequantizeLinear']) {
      expect(getInt(node(half, name), 'output_dtype')).toBe(10);
    }
  });

  it('is dequantized to FP32 where its readers stay FP32', async () => {
    const half = await toHalf(await int8(), { keep: ['hidden_matmul'] });
    expect(islandsOf(half)).toEqual(['x_DequantizeLinear', 'w1_DequantizeLinear', 'hidden_matmul']);
    expect(getInt(node(half, 'w1_DequantizeLinear'), 'output_dtype')).toBeUndefined();
  });

  it('runs with FP32 scales and casts in any opset', async () => {
    const model = await int8();
    const half = await toHalf(model, { scales: 'cast' });
    expect(half.opset).toBe(17);
    expect(decisionOn(half, 'x_QuantizeLinear').reason).toContain('options.scales');
    expect(decisionOn(half, 'hidden_matmul').action).toBe('half');
    // The weights are INT8, so what is cast is what DequantizeLinear makes of them.
    expect(castsOf(half)).toContain('w1_dequantized -> FLOAT16 as w1_dequantized_fp16');
    expect(await distance(model, half, x)).toBeLessThan(0.02);
  });

  it('runs with scales in FP16 from opset 19 on', async () => {
    const model = await int8();
    const half = await toHalf(model, { scales: 'half' });
    expect(half.opset).toBe(19);
    expect(storedType(half, 'w1_scale')).toBe('FLOAT16');
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'y_fp16 -> FLOAT as y']);
    expect(await distance(model, half, x)).toBeLessThan(0.02);
  });

  it('is refused where scales would become zero', async () => {
    const model = await int8(1e-6);
    expect(await errorOf(toHalf(model, { scales: 'half' }))).toMatchObject({
      code: 'ERR_PRECISION',
      tensor: 'x_scale',
    });
    expect((await toHalf(model, { scales: 'float32' })).report.summary.float).toBe(0);
  });
});
