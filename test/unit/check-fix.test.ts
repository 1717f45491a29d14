import type { GraphProto } from 'onnx-buf';
import { check, type FixableCode, fix, Runtime, type TensorMap } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { fixableCodes, mends } from '../../dist/check/fixes/index.js';
import type { Model } from '../../dist/onnx/model.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { cases, filled, graph, integers } from './check-cases.js';
import { buildModel, errorOf, randomTensor } from './helpers.js';

const codesOf = async (model: Model) =>
  (await check(model, { askParser: false })).findings.map(({ code }) => code);

async function run(model: Model, feeds: TensorMap): Promise<TensorMap> {
  await using runtime = await Runtime.load(model, {
    runtime: 'onnxruntime',
    threads: 1,
    isolate: false,
  });
  return runtime.infer(feeds);
}

const x = randomTensor([8, 64], { seed: 7, scale: 3 });
/** As large as the weights, to multiply them one by one: products ONNX Runtime may sum in another order. */
const square = { x: randomTensor([64, 64], { seed: 7, scale: 3 }) };

/** Mends one code, and holds the numbers of both models against each other, by ONNX Runtime. */
async function mended(model: Model, code: FixableCode, feeds: TensorMap = { x }) {
  const before = model.toBytes();
  const fixed = await fix(model, [code]);
  expect(Buffer.compare(model.toBytes(), before)).toBe(0);
  expect(fixed.report.every((note) => note.code === code)).toBe(true);
  expect(await run(fixed, feeds)).toEqual(await run(model, feeds));
  return fixed;
}

const changes = ({ report }: { report: readonly { action: string }[] }) =>
  report.map(({ action }) => action);

const initializers = (model: Model) => (model.proto.graph as GraphProto).initializer;

describe('fix', () => {
  it.each(mends.map(({ code }) => code))('takes %s out of the model of its case', async (code) => {
    const model = await (code === 'zero-point-uint8'
      ? unsignedConstant(0, 100)
      : cases[code].raises());
    expect(await codesOf(model)).toContain(code);
    const fixed = await fix(model, [code]);
    expect(changes(fixed)).toContain('changed');
    expect(await codesOf(fixed)).not.toContain(code);
    fixed.validate();
  });

  it('mends what check calls fixable, and nothing else', async () => {
    for (const [code, { raises, options }] of Object.entries(cases)) {
      const report = await check(await raises(), { askParser: false, ...options });
      const found = report.findings.find((finding) => finding.code === code);
      expect([code, found?.fixable]).toEqual([code, fixableCodes.has(code)]);
    }
  });

  it('mends all that leaves inputs and outputs alone when no code is named', async () => {
    const fixed = await fix(await cases['output-echoes-input'].raises());
    expect(fixed.outputs.map(({ name }) => name)).toEqual(['y', 'j']);
    const named = await fix(await cases['output-echoes-input'].raises(), ['output-echoes-input']);
    expect(named.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(named.graph.nodes.map(({ opType }) => opType)).toEqual(['Relu']);
  });

  it('keeps the only output, although it is an input', async () => {
    const model = graph([{ opType: 'Identity', inputs: ['x'], outputs: ['y'] }]);
    const fixed = await fix(model, ['output-echoes-input']);
    expect(fixed.report).toMatchObject([{ action: 'left', tensor: 'y' }]);
    expect(fixed.outputs).toHaveLength(1);
  });

  it('refuses codes that have no mend, and wrong arguments', async () => {
    const model = await cases['node-unnamed'].raises();
    expect(await errorOf(fix(model, ['float32-only' as never]))).toBeInstanceOf(TypeError);
    await expect(fix(model, 'node-unnamed' as never)).rejects.toThrow(/an array for codes/);
    await expect(fix('a.onnx' as never)).rejects.toThrow(/a Model for model/);
    const reason = new Error('no longer needed');
    await expect(fix(model, undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

const squareInput = { name: 'x', type: 'float32' as const, dims: [64, 64] };
const squareOutput = { ...squareInput, name: 'y' };

/** `x` times a UINT8 constant [64, 64] with a zero point per column, dequantized, one by one. */
function unsignedConstant(zeroPoint: number, largest: number): Model {
  const values = Uint8Array.from({ length: 64 * 64 }, (_, index) => (index * 7) % (largest + 1));
  return graph(
    [
      {
        opType: 'DequantizeLinear',
        inputs: ['w', 's', 'z'],
        outputs: ['wd'],
        attributes: { axis: 1 },
      },
      { opType: 'Mul', inputs: ['x', 'wd'], outputs: ['y'] },
    ],
    {
      inputs: [squareInput],
      outputs: [squareOutput],
      initializers: {
        w: tensor('uint8', [64, 64], values),
        s: randomScales(64),
        z: filled('uint8', [64], zeroPoint),
      },
    },
  );
}

const randomScales = (count: number): Tensor<'float32'> =>
  tensor(
    'float32',
    [count],
    Float32Array.from({ length: count }, (_, index) => 0.01 + index / 1000),
  );

describe('fix of quantization', () => {
  it('stores an INT32 bias in float, as ONNX Runtime computes it', async () => {
    const fixed = await mended(await cases['bias-quantized'].raises(), 'bias-quantized');
    expect(fixed.graph.nodes.map(({ opType }) => opType)).toEqual([
      'QuantizeLinear',
      'DequantizeLinear',
      'Add',
    ]);
    const names = initializers(fixed).map(({ name }) => name);
    expect(names).toContain('bd');
    expect(names).not.toContain('b');
  });

  it('shifts a UINT8 activation with zero point 128', async () => {
    const fixed = await mended(await cases['zero-point-not-zero'].raises(), 'zero-point-not-zero');
    expect(changes(fixed)).toEqual(['changed']);
  });

  it.each([
    [0, 100],
    [128, 255],
    [200, 255],
  ])('shifts a UINT8 constant with zero point %i and values to %i', async (zeroPoint, largest) => {
    const model = unsignedConstant(zeroPoint, largest);
    const fits = zeroPoint <= 128;
    const code = zeroPoint === 0 ? 'zero-point-uint8' : 'zero-point-not-zero';
    const fixed = await mended(model, code, square);
    expect(changes(fixed)).toEqual([fits ? 'changed' : 'left']);
    expect((await codesOf(fixed)).includes(code)).toBe(!fits);
  });

  it('leaves a UINT8 activation with zero point 0, which has no INT8 form', async () => {
    const fixed = await mended(await cases['zero-point-uint8'].raises(), 'zero-point-uint8');
    expect(fixed.report).toMatchObject([{ action: 'left', what: expect.stringMatching(/128/) }]);
  });

  it('writes the axis that ONNX means', async () => {
    await mended(await cases['weight-axis-missing'].raises(), 'weight-axis-missing');
  });

  it.each([
    ['columns', [1, 64]],
    ['rows', [64, 1]],
    ['all', []],
    ['all, with an axis', [1]],
  ])('writes Cast and Mul of a weight as DequantizeLinear: scales of %s', async (_, dims) => {
    const count = dims.includes(64) ? 64 : 1;
    const model = graph(
      [
        { opType: 'Cast', inputs: ['w'], outputs: ['f'], attributes: { to: 1 } },
        { opType: 'Mul', inputs: ['f', 's'], outputs: ['wd'], name: 'scaled' },
        { opType: 'Mul', inputs: ['x', 'wd'], outputs: ['y'] },
      ],
      {
        inputs: [squareInput],
        outputs: [squareOutput],
        initializers: {
          w: integers([64, 64]),
          s: { ...randomScales(count), dims } as Tensor<'float32'>,
        },
      },
    );
    const fixed = await mended(model, 'int8-constant-use', square);
    expect(fixed.graph.nodes.map(({ opType }) => opType)).toEqual(['DequantizeLinear', 'Mul']);
    expect(initializers(fixed).every(({ name }) => name !== 's')).toBe(true);
  });

  it('leaves a weight that is multiplied by something else', async () => {
    const model = graph(
      [
        { opType: 'Cast', inputs: ['w'], outputs: ['f'], attributes: { to: 1 } },
        { opType: 'Mul', inputs: ['f', 'x'], outputs: ['y'] },
      ],
      { initializers: { w: integers([8, 64]) } },
    );
    const fixed = await mended(model, 'int8-constant-use');
    expect(changes(fixed)).toEqual(['left']);
  });

  it('dequantizes a table before rows are gathered from it', async () => {
    const feeds = { i: tensor('int64', [8], [0n, 5n, 63n, 1n, 1n, 2n, 3n, 4n]) };
    const model = await cases['int8-constant-use'].raises();
    const fixed = await mended(model, 'int8-constant-use', feeds);
    expect(fixed.graph.nodes.map(({ opType }) => opType)).toEqual(['DequantizeLinear', 'Gather']);
  });
});

describe('fix of types and inputs', () => {
  it('computes in FP32 what was FLOAT64', async () => {
    const constant = tensor('float64', [4], [0.1, 1 / 3, 1e300, -2]);
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float64', dims: [4] }],
      outputs: [{ name: 'y', type: 'float64', dims: [4] }],
      initializers: { c: constant },
      nodes: [{ opType: 'Mul', inputs: ['x', 'c'], outputs: ['y'] }],
    });
    const fixed = await fix(model, ['float64']);
    expect(fixed.inputs).toEqual([{ name: 'x', type: 'float32', dims: [4] }]);
    const { y } = await run(fixed, { x: tensor('float32', [4], [1, 1, 1, 1]) });
    expect(Array.from(y?.data as Float32Array)).toEqual([
      Math.fround(0.1),
      Math.fround(1 / 3),
      (2 - 2 ** -23) * 2 ** 127,
      -2,
    ]);
  });

  it('tells two axes of one name apart, in all inputs alike, and infers the outputs', async () => {
    const square = (name: string) => ({
      name,
      type: 'float32' as const,
      dims: ['batch', 'batch', 4],
    });
    const model = buildModel({
      inputs: [square('a'), square('b')],
      outputs: [square('y')],
      nodes: [{ opType: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
    });
    const fixed = await fix(model, ['dimension-shared']);
    const dims = ['batch', 'batch_1', 4];
    expect(fixed.inputs.map((value) => value.dims)).toEqual([dims, dims]);
    expect(fixed.outputs.map((value) => value.dims)).toEqual([dims]);
    expect(changes(fixed)).toEqual(['changed', 'changed']);
  });

  it('names dimensions by their input and axis', async () => {
    const fixed = await fix(await cases['dimension-unnamed'].raises(), ['dimension-unnamed']);
    expect(fixed.inputs[0]?.dims).toEqual(['x_axis0', 64]);
    const other = await fix(await cases['dimension-negative'].raises(), ['dimension-negative']);
    expect(other.inputs[0]?.dims).toEqual(['x_axis0', 64]);
  });

  it('takes initializers out of the inputs, also of the oldest files', async () => {
    const model = await cases['initializer-input'].raises();
    model.proto.irVersion = 3n;
    const fixed = await fix(model, ['initializer-input']);
    expect((fixed.proto.graph as GraphProto).input.map(({ name }) => name)).toEqual(['x']);
    expect(fixed.irVersion).toBe(4);
  });
});
