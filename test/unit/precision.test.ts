import { describe, expect, it } from 'vitest';
import { isExternal } from '../../dist/onnx/file/external.js';
import { Model } from '../../dist/onnx/model.js';
import { readInlineWeights, readWeights } from '../../dist/onnx/tensor/weights.js';
import { toHalf } from '../../dist/precision/to-half.js';
import { tensor } from '../../dist/tensor.js';
import { savedExternally, weight } from './external-models.js';
import { buildModel, errorOf, linearModel, randomTensor, temporaryFolder } from './helpers.js';
import {
  castsOf,
  decisionOn,
  distance,
  islandsOf,
  outputsOf,
  storedType,
} from './precision-fixtures.js';

const x = { x: randomTensor([2, 16], { seed: 9 }) };

/** `x` by two weights, where the second product is an island by name, and both share `w`. */
function sharingModel() {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 16] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 16] }],
    initializers: { w: randomTensor([16, 16], { scale: 0.2 }) },
    nodes: [
      { opType: 'MatMul', name: 'first', inputs: ['x', 'w'], outputs: ['h'] },
      { opType: 'MatMul', name: 'second', inputs: ['h', 'w'], outputs: ['y'] },
    ],
  });
}

describe('toHalf', () => {
  it('converts weights and nodes, and casts where the model begins and ends only', async () => {
    const model = linearModel();
    const before = model.toBytes();
    const half = await toHalf(model);
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'y_fp16 -> FLOAT as y']);
    for (const name of ['w1', 'b1', 'w2', 'b2']) expect(storedType(half, name)).toBe('FLOAT16');
    expect(half.inputs).toEqual(model.inputs);
    expect(half.outputs).toEqual(model.outputs);
    expect(islandsOf(half)).toEqual([]);
    expect(half.report.summary).toMatchObject({ half: 4, float: 0, castsAdded: 2 });
    expect(half.byteLength()).toBeLessThan(model.byteLength() * 0.75);
    expect(await distance(model, half, x)).toBeLessThan(3e-3);
    expect(await distance(model, half, x)).toBeGreaterThan(0);
    expect(Buffer.compare(model.toBytes(), before)).toBe(0);
  });

  it('converts inputs and outputs on demand', async () => {
    const half = await toHalf(linearModel(), { io: 'convert' });
    expect(castsOf(half)).toEqual([]);
    expect(half.inputs[0]?.type).toBe('float16');
    expect(half.outputs[0]?.type).toBe('float16');
    const { y } = await outputsOf(half, { x: tensor('float16', [1, 16], new Uint16Array(16)) });
    expect(y?.type).toBe('float16');
  });

  it('makes BF16 of a model, raised to the opset that has it', async () => {
    const half = await toHalf(linearModel(), { type: 'bf16' });
    expect(half.report.opset).toEqual({ before: 17, after: 22, problem: undefined });
    expect(storedType(half, 'w1')).toBe('BFLOAT16');
    expect(castsOf(half)).toEqual(['x -> BFLOAT16 as x_bf16', 'y_bf16 -> FLOAT as y']);
    const original = readInlineWeights(weight(linearModel(), 'b1')).data as Float32Array;
    const words = new Uint32Array(original.buffer, original.byteOffset, original.length);
    const { data } = readInlineWeights(weight(half, 'b1'));
    (data as Uint16Array).forEach((bits, i) => {
      // Half a step of the last digit, and half the bits.
      expect(Math.abs(bits * 0x10000 - (words[i] as number))).toBeLessThanOrEqual(0x8000);
    });
  });

  it('keeps nodes by name, and stores a weight of both kinds twice, without a cast', async () => {
    const model = sharingModel();
    const half = await toHalf(model, { keep: ['sec*'] });
    expect(decisionOn(half, 'second')).toMatchObject({
      action: 'float',
      reason: 'options.keep names it',
    });
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'h -> FLOAT as h_fp32']);
    expect(storedType(half, 'w')).toBe('FLOAT');
    expect(storedType(half, 'w_fp16')).toBe('FLOAT16');
    expect(await distance(model, half, x)).toBeLessThan(3e-3);
  });

  it('converts a weight that several nodes share once', async () => {
    const half = await toHalf(sharingModel());
    expect(half.graph.proto.initializer.map(({ name }) => name)).toEqual(['w']);
    expect(storedType(half, 'w')).toBe('FLOAT16');
  });

  it('converts weights in external files while they are read', async () => {
    const { original, path } = await savedExternally();
    const half = await toHalf(await Model.load(path));
    const inMemory = await toHalf(original);
    for (const name of ['w1', 'w2']) {
      expect(isExternal(weight(half, name))).toBe(true);
      expect(await readWeights(half, weight(half, name))).toEqual(
        readInlineWeights(weight(inMemory, name)),
      );
    }
    expect(half.report.tensors).toEqual(inMemory.report.tensors);
    expect(half.byteLength()).toBeLessThan((await Model.load(path)).byteLength());
    expect(await errorOf(() => half.toBytes())).toMatchObject({ code: 'ERR_ONNX_EXTERNAL_DATA' });

    const folder = await temporaryFolder();
    for (const externalData of ['never', 'always'] as const) {
      const copy = `${folder}/${externalData}.onnx`;
      await half.save(copy, { externalData });
      const stored = await Model.load(copy);
      expect(await distance(inMemory, stored, x)).toBe(0);
      expect(stored.toBytes().byteLength).toBeGreaterThan(0);
    }
    expect(await distance(inMemory, half, x)).toBe(0);
    expect(await distance(original, await Model.load(path), x)).toBe(0);
  });

  it('can be saved over the files that it is read from', async () => {
    const { original, path } = await savedExternally();
    const half = await toHalf(await Model.load(path));
    await half.save(path, { externalData: 'always' });
    const inMemory = await toHalf(original);
    expect(await distance(inMemory, await Model.load(path), x)).toBe(0);
    expect(await distance(inMemory, half, x)).toBe(0);
  });

  it('adapts casts of the model, and removes those that became needless', async () => {
    const model = buildModel({
      inputs: [
        { name: 'mask', type: 'int64', dims: ['n', 16] },
        { name: 'x', type: 'float32', dims: ['n', 16] },
      ],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 16] }],
      nodes: [
        { opType: 'Cast', inputs: ['mask'], outputs: ['m'], attributes: { to: 1 } },
        { opType: 'Mul', inputs: ['x', 'm'], outputs: ['p'] },
        { opType: 'Cast', inputs: ['p'], outputs: ['p16'], attributes: { to: 10 } },
        { opType: 'Relu', inputs: ['p16'], outputs: ['r16'] },
        { opType: 'Cast', inputs: ['r16'], outputs: ['r'], attributes: { to: 1 } },
        { opType: 'Neg', inputs: ['r'], outputs: ['y'] },
      ],
    });
    const half = await toHalf(model);
    expect(castsOf(half)).toEqual([
      'x -> FLOAT16 as x_fp16',
      'mask -> FLOAT16 as m',
      'y_fp16 -> FLOAT as y',
    ]);
    expect(half.report.summary.castsRemoved).toBe(2);
    const feeds = {
      ...x,
      mask: tensor(
        'int64',
        [2, 16],
        Array.from({ length: 32 }, (_, i) => i % 2),
      ),
    };
    expect(await distance(model, half, feeds)).toBeLessThan(1e-3);
  });

  it('converts what nodes make out of nothing', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2, 16] }],
      outputs: [{ name: 'y', type: 'float32', dims: [2, 16] }],
      nodes: [
        { opType: 'Shape', inputs: ['x'], outputs: ['shape'] },
        {
          opType: 'ConstantOfShape',
          inputs: ['shape'],
          outputs: ['filled'],
          attributes: { value: tensor('float32', [1], [0.5]) },
        },
        { opType: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] },
        {
          opType: 'Constant',
          inputs: [],
          outputs: ['two'],
          attributes: { value: tensor('float32', [], [2]) },
        },
        { opType: 'Add', inputs: ['filled', 'zeros'], outputs: ['sum'] },
        { opType: 'Mul', inputs: ['sum', 'two'], outputs: ['one'] },
        { opType: 'Add', inputs: ['x', 'one'], outputs: ['y'] },
      ],
    });
    const half = await toHalf(model);
    expect(castsOf(half)).toEqual(['x -> FLOAT16 as x_fp16', 'y_fp16 -> FLOAT as y']);
    expect(await distance(model, half, x)).toBeLessThan(2e-3);
  });

  it('makes float32 of float64 first, on demand', async () => {
    const double = (name: string) => ({ name, type: 'float64' as const, dims: [2, 16] });
    const model = buildModel({
      inputs: [double('x'), { name: 'i', type: 'int64', dims: [16] }],
      outputs: [double('y'), double('z')],
      initializers: {
        w: tensor(
          'float64',
          [16],
          Array.from({ length: 16 }, (_, i) => i / 3),
        ),
      },
      nodes: [
        { opType: 'Cast', inputs: ['i'], outputs: ['d'], attributes: { to: 11 } },
        { opType: 'Mul', inputs: ['x', 'w'], outputs: ['p'] },
        { opType: 'Add', inputs: ['p', 'd'], outputs: ['y'] },
        { opType: 'Neg', inputs: ['y'], outputs: ['z'] },
      ],
    });
    const untouched = await toHalf(model);
    expect(untouched.report.summary).toMatchObject({ half: 0, float: 0 });
    const half = await toHalf(model, { float64: 'float32' });
    expect(half.report.summary.half).toBeGreaterThanOrEqual(3);
    expect(storedType(half, 'w')).toBe('FLOAT16');
    expect(half.inputs[0]?.type).toBe('float64');
    expect(half.outputs.map(({ type }) => type)).toEqual(['float64', 'float64']);
    const feeds = {
      x: tensor('float64', [2, 16], Array.from(x.x.data)),
      i: tensor(
        'int64',
        [16],
        Array.from({ length: 16 }, (_, i) => i),
      ),
    };
    expect(await distance(model, half, feeds)).toBeLessThan(0.02);
    const both = await toHalf(model, { float64: 'float32', io: 'convert' });
    expect(both.inputs[0]?.type).toBe('float16');
  });

  it('counts what happened to the numbers of each weight', async () => {
    const data = new Float32Array(256);
    data.set([1, 1e-9, 1e-6, -Infinity, Number.NaN, 2]);
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 16] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 16] }],
      initializers: { w: tensor('float32', [16, 16], data) },
      nodes: [{ opType: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['y'] }],
    });
    const { report } = await toHalf(model);
    expect(report.tensors).toEqual([
      {
        tensor: 'w',
        count: 256,
        masks: false,
        saturated: 0,
        flushed: 1,
        subnormal: 1,
        nan: 1,
        infinite: 1,
        absmax: 2,
      },
    ]);
    expect(report.summary).toMatchObject({ flushed: 1, nonFinite: 2, saturated: 0 });
  });

  it('refuses wrong options', async () => {
    const model = linearModel();
    const refuses = async (options: object, message: RegExp) => {
      const error = await errorOf(toHalf(model, options));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(message);
    };
    await refuses({ type: 'fp8' }, /options.type/);
    await refuses({ kept: [] }, /'kept'/);
    await refuses(
      { keep: ['no such node'] },
      /names of nodes of the model, such as 'hidden_matmul'/,
    );
    await refuses({ maxRange: 1e6 }, /options.maxRange/);
    await refuses({ maxReduction: 0 }, /options.maxReduction/);
    await refuses({ ranges: {} }, /options.ranges/);
    await refuses({ io: 'both' }, /options.io/);
    await refuses({ scales: 'int8' }, /options.scales/);
    expect(await errorOf(toHalf({} as never))).toBeInstanceOf(TypeError);
    const reason = new Error('enough');
    expect(await errorOf(toHalf(model, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});
