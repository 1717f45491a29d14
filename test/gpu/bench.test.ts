import { Runtime } from 'tensorrt-node';
import { bench } from 'tensorrt-node/bench';
import { compareRuns } from 'tensorrt-node/evaluate';
import { describe, expect, it } from 'vitest';
import { linearModel, randomTensor } from '../unit/helpers.js';
import { product, skipWhere, whyNoEngine } from './gpu.js';

// What is measured on a real GPU, and how it compares with ONNX Runtime there.

const options = { ...(product && { product }), durationMs: 500 };

describe('bench', () => {
  skipWhere(whyNoEngine);

  it('times every part of an inference, and tells what it takes of the GPU', async () => {
    const { machine, cells } = await bench(linearModel(), {
      ...options,
      runtimes: ['tensorrt'],
      batches: [1, 32],
    });
    expect(machine.gpu).toBeTruthy();
    for (const { problem, result } of cells) {
      expect(problem).toBeUndefined();
      expect(result?.provider).toBe(product);
      const { copyIn, compute, copyOut, enqueue, latency } = result ?? {};
      const onDevice = (copyIn?.mean ?? 0) + (compute?.mean ?? 0) + (copyOut?.mean ?? 0);
      expect(onDevice).toBeGreaterThan(0);
      expect(onDevice).toBeLessThanOrEqual(latency?.mean ?? 0);
      expect(enqueue?.mean).toBeGreaterThan(0);
      expect(result?.memory.devicePeak).toBeGreaterThan(0);
    }
  });

  it('leaves inputs and outputs on the GPU', async () => {
    const { cells } = await bench(linearModel(), {
      ...options,
      runtimes: ['tensorrt'],
      transfers: false,
      cudaGraphs: true,
    });
    expect(cells[0]?.result).toMatchObject({ copyIn: { max: 0 }, copyOut: { max: 0 } });
  });
});

describe('TensorRT and ONNX Runtime', () => {
  skipWhere(whyNoEngine);

  it('agree, as compareRuns tells it', async () => {
    const model = linearModel();
    const feeds = { x: randomTensor([8, 16], { seed: 5, scale: 1 }) };
    const shape = { min: [8, 16], opt: [8, 16], max: [8, 16] };
    await using a = await Runtime.load(model, { runtime: 'onnxruntime' });
    await using b = await Runtime.load(model, { runtime: 'tensorrt', profiles: [{ x: shape }] });
    // TF32 has a mantissa of 10 bits.
    const tolerance = { absolute: 5e-3, relative: 5e-3 };
    const { within, outputs } = await compareRuns(a, b, [feeds], { tolerance });
    expect(outputs).toHaveLength(1);
    expect(within).toBe(true);
  });
});
