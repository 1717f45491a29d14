import { tensor } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { countWork } from '../../dist/bench/roofline/count-work.js';
import { gpuPeaks, peakOf } from '../../dist/bench/roofline/gpu-peaks.js';
import { rooflineHint } from '../../dist/bench/roofline/roofline.js';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import { cellOf, distributionOf, reportOf } from './bench-fixtures.js';
import { buildModel } from './helpers.js';

const weight = (...dims: number[]) =>
  tensor('float32', dims, new Float32Array(dims.reduce((a, b) => a * b, 1)));

/** The products of BERT-base, all layers with the same weights: they count, not what is in them. */
function bertBase() {
  const hidden = Array.from({ length: 12 }, (_, layer): NodeSpec[] => {
    const own = (name: string) => `${name}${layer}`;
    const matMul = (a: string, b: string, y: string): NodeSpec => ({
      ...{ opType: 'MatMul', inputs: [a, b], outputs: [y] },
    });
    const heads = (name: string): NodeSpec[] => [
      { opType: 'Reshape', inputs: [own(name), 'to_heads'], outputs: [own(`${name}_split`)] },
      {
        opType: 'Transpose',
        inputs: [own(`${name}_split`)],
        outputs: [own(`${name}_heads`)],
        attributes: { perm: name === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3] },
      },
    ];
    const x = layer === 0 ? 'x' : `y${layer - 1}`;
    return [
      ...['q', 'k', 'v'].flatMap((name) => [matMul(x, 'square', own(name)), ...heads(name)]),
      matMul(own('q_heads'), own('k_heads'), own('scores')),
      matMul(own('scores'), own('v_heads'), own('context')),
      {
        opType: 'Transpose',
        inputs: [own('context')],
        outputs: [own('context_back')],
        attributes: { perm: [0, 2, 1, 3] },
      },
      { opType: 'Reshape', inputs: [own('context_back'), 'to_rows'], outputs: [own('rows')] },
      matMul(own('rows'), 'square', own('projected')),
      matMul(own('projected'), 'up', own('wide')),
      matMul(own('wide'), 'down', layer === 11 ? 'y' : `y${layer}`),
    ];
  });
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', 'length', 768] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 'length', 768] }],
    initializers: {
      square: weight(768, 768),
      up: weight(768, 3072),
      down: weight(3072, 768),
      to_heads: tensor('int64', [4], [0, 0, 12, 64]),
      to_rows: tensor('int64', [3], [0, 0, 768]),
    },
    nodes: hidden.flat(),
  });
}

/** One node between `x` and `y`. */
function single(node: Omit<NodeSpec, 'outputs'>, dims: number[], out: number[], weights = {}) {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims }],
    outputs: [{ name: 'y', type: 'float32', dims: out }],
    initializers: weights,
    nodes: [{ ...node, outputs: ['y'] }],
  });
}

describe('the work of a model', () => {
  it('is that of BERT-base by the formula', async () => {
    // A layer has four 768 x 768 products and two of 768 x 3072 for each token, and in each of 12 heads
    // scores and context of length x length x 64.
    const flops = (batch: number, length: number) =>
      2 * 12 * batch * (length * (4 * 768 * 768 + 2 * 768 * 3072) + 2 * 12 * length * length * 64);
    const model = bertBase();
    const one = await countWork(model, { x: [1, 128, 768] });
    expect(one?.flops).toBe(flops(1, 128));
    expect(one?.flops).toBe(22_347_251_712);
    expect((await countWork(model, { x: [8, 384, 768] }))?.flops).toBe(flops(8, 384));
  });

  it('moves weights once and activations between products', async () => {
    const model = single({ opType: 'MatMul', inputs: ['x', 'w'] }, [2, 3], [2, 5], {
      w: weight(3, 5),
    });
    expect(await countWork(model, { x: [2, 3] })).toEqual({
      flops: 2 * 2 * 3 * 5,
      bytes: 4 * (2 * 3 + 3 * 5 + 2 * 5),
    });
  });

  it('moves quantized tensors as the integers that they are', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2, 3] }],
      outputs: [{ name: 'y', type: 'float32', dims: [2, 5] }],
      initializers: {
        w8: tensor('int8', [3, 5], new Int8Array(15)),
        s: tensor('float32', [], [0.1]),
        z: tensor('int8', [], [0]),
      },
      nodes: [
        { opType: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['x8'] },
        { opType: 'DequantizeLinear', inputs: ['x8', 's', 'z'], outputs: ['xf'] },
        { opType: 'DequantizeLinear', inputs: ['w8', 's', 'z'], outputs: ['wf'] },
        { opType: 'MatMul', inputs: ['xf', 'wf'], outputs: ['y'] },
      ],
    });
    expect(await countWork(model, { x: [2, 3] })).toEqual({
      flops: 60,
      bytes: 6 + 15 + 4 * 10,
    });
  });

  it('is that of each kind of product', async () => {
    const gemm = single(
      { opType: 'Gemm', inputs: ['x', 'w'], attributes: { transA: 1, transB: 1 } },
      [3, 2],
      [2, 5],
      { w: weight(5, 3) },
    );
    const convolution = single(
      { opType: 'Conv', inputs: ['x', 'w'], attributes: { group: 2 } },
      [1, 4, 10, 10],
      [1, 6, 8, 8],
      { w: weight(6, 2, 3, 3) },
    );
    const transposed = single(
      { opType: 'ConvTranspose', inputs: ['x', 'w'] },
      [1, 4, 5, 5],
      [1, 6, 7, 7],
      { w: weight(4, 6, 3, 3) },
    );
    const einsum = single(
      { opType: 'Einsum', inputs: ['x', 'w'], attributes: { equation: 'bij,jk->bik' } },
      [2, 3, 4],
      [2, 3, 5],
      { w: weight(4, 5) },
    );
    const flops = async (model: typeof gemm, x: number[]) => (await countWork(model, { x }))?.flops;
    expect(await flops(gemm, [3, 2])).toBe(2 * 2 * 5 * 3);
    expect(await flops(convolution, [1, 4, 10, 10])).toBe(2 * (6 * 8 * 8) * (2 * 3 * 3));
    expect(await flops(transposed, [1, 4, 5, 5])).toBe(2 * (4 * 5 * 5) * (6 * 3 * 3));
    expect(await flops(einsum, [2, 3, 4])).toBe(2 * 2 * 3 * 4 * 5);
  });

  it('is unknown where the size of a product is', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 3] }],
      outputs: [{ name: 'y', type: 'float32', dims: [undefined, 5] }],
      initializers: { w: weight(3, 5) },
      nodes: [
        { opType: 'NonZero', inputs: ['x'], outputs: ['places'] },
        { opType: 'Transpose', inputs: ['places'], outputs: ['turned'] },
        { opType: 'Cast', inputs: ['turned'], outputs: ['floats'], attributes: { to: 1 } },
        { opType: 'MatMul', inputs: ['floats', 'w'], outputs: ['y'] },
      ],
    });
    expect(await countWork(model, { x: [4, 3] })).toBeUndefined();
  });
});

describe('the published figures of GPUs', () => {
  it.each([
    ['Tesla T4', 'T4', 320],
    ['NVIDIA A100-SXM4-80GB', 'A100 SXM 80 GB', 2039],
    ['NVIDIA A100 80GB PCIe', 'A100 PCIe 80 GB', 1935],
    ['NVIDIA A100-PCIE-40GB', 'A100 40 GB', 1555],
    ['NVIDIA H100 80GB HBM3', 'H100 SXM', 3350],
    ['NVIDIA H100 PCIe', 'H100 PCIe', 2000],
    ['NVIDIA H200', 'H200 SXM', 4800],
    ['NVIDIA L4', 'L4', 300],
    ['NVIDIA L40S', 'L40S', 864],
    ['NVIDIA GeForce RTX 4090', 'RTX 4090', 1008],
  ])('are found for %s', (name, gpu, gigabytes) => {
    expect(gpuPeaks(name)).toMatchObject({ gpu, bytesPerSecond: gigabytes * 1e9 });
  });

  it.each([
    'NVIDIA A10G',
    'NVIDIA GeForce RTX 4090 Laptop GPU',
    'NVIDIA GeForce RTX 4090 D',
    'NVIDIA L40',
    'NVIDIA H100 NVL',
    'NVIDIA H100 80GB HBM3 MIG 1g.10gb',
    'stand-in',
  ])('are not guessed for %s', (name) => {
    expect(gpuPeaks(name)).toBeUndefined();
  });

  it('have no rate for what a GPU does not have', () => {
    const t4 = gpuPeaks('Tesla T4') as NonNullable<ReturnType<typeof gpuPeaks>>;
    expect(peakOf(t4, 'int8+fp16')).toBe(130e12);
    expect(peakOf(t4, 'fp8')).toBeUndefined();
    expect(peakOf(t4, 'bf16')).toBeUndefined();
  });
});

describe('what limits a cell', () => {
  const constant = (value: number) => distributionOf(new Array<number>(100).fill(value));
  const onGpu = (work: { flops: number; bytes: number }, compute: number, enqueue = 0.01) => {
    const cell = cellOf(new Array<number>(100).fill(compute), {
      runtime: 'tensorrt',
      precision: 'fp16',
    });
    const result = { ...cell.result, provider: 'tensorrt', enqueue: constant(enqueue) };
    return { ...cell, work, result: { ...result, compute: constant(compute) } } as typeof cell;
  };
  const { machine, method } = reportOf([]);
  const t4 = { machine: { ...machine, gpu: 'Tesla T4' }, method };

  it('is computing, where products take longest at best', () => {
    // 65e9 operations take 1 ms at 65 TFLOP/s; 32e6 bytes 0.1 ms at 320 GB/s.
    const hint = rooflineHint(onGpu({ flops: 65e9, bytes: 32e6 }, 2), t4);
    expect(hint).toMatchObject({ bound: 'compute', share: 0.5 });
    expect(hint?.text).toMatch(/32\.5 TFLOP\/s is 50\.0 % of the 65 TFLOP\/s in FP16 of the T4/);
  });

  it('is memory, where moving takes longest at best', () => {
    const hint = rooflineHint(onGpu({ flops: 6.5e9, bytes: 320e6 }, 1.25), t4);
    expect(hint).toMatchObject({ bound: 'memory', share: 0.8 });
    expect(hint?.text).toMatch(/256 GB\/s is 80\.0 % of the 320 GB\/s/);
  });

  it('is launching, where the CPU needs as long as the device', () => {
    expect(rooflineHint(onGpu({ flops: 65e9, bytes: 32e6 }, 2, 1.7), t4)?.bound).toBe('launch');
    expect(rooflineHint(onGpu({ flops: 65e9, bytes: 32e6 }, 2, 1.5), t4)?.bound).toBe('compute');
  });

  it('is neither, far below the roof', () => {
    expect(rooflineHint(onGpu({ flops: 65e9, bytes: 32e6 }, 20), t4)?.bound).toBe('overhead');
  });

  it('is not told on a CPU, only what was reached', () => {
    const cell = { ...cellOf([10, 10, 10]), work: { flops: 2e9, bytes: 1e6 } };
    const hint = rooflineHint(cell, t4);
    expect(hint?.bound).toBeUndefined();
    expect(hint?.text).toBe('Reaches 200 GFLOP/s.');
  });

  it('is not told where the CPU did the work of a GPU', () => {
    const cell = onGpu({ flops: 65e9, bytes: 32e6 }, 2);
    const fallen = { ...cell, result: cell.result && { ...cell.result, provider: 'cpu' } };
    expect(rooflineHint(fallen, t4)?.bound).toBeUndefined();
  });

  it('is unknown without work', () => {
    expect(rooflineHint(cellOf([10]), t4)).toBeUndefined();
  });
});
