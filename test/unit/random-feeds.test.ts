import { expect, it } from 'vitest';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { randomFeeds } from '../../dist/samples/random-feeds.js';
import { type DataType, tensor } from '../../dist/tensor.js';
import { inPrecision } from '../../dist/variants/in-precision.js';
import { precisions } from '../../dist/variants/precision.js';
import { buildModel, errorOf, linearModel, randomTensor } from './helpers.js';

/** Ids of 7 words and, through a Cast and an Unsqueeze, of 5 places; a mask and a count beside. */
function embeddingModel() {
  const ids = (name: string) => ({ name, type: 'int64' as const, dims: ['batch', 'sequence'] });
  return buildModel({
    inputs: [
      ids('input_ids'),
      ids('places'),
      ids('token_type_ids'),
      ids('attention_mask'),
      { name: 'times', type: 'int32', dims: [1] },
      { name: 'noise', type: 'float32', dims: ['batch', 'sequence', 4] },
    ],
    outputs: [{ name: 'y', type: 'float32', dims: undefined }],
    initializers: {
      words: tensor('int8', [7, 4], new Int8Array(28).fill(1)),
      scale: tensor('float32', [], [0.5]),
      table: randomTensor([5, 4]),
      types: randomTensor([2, 4]),
    },
    nodes: [
      { opType: 'DequantizeLinear', inputs: ['words', 'scale'], outputs: ['floats'] },
      { opType: 'Gather', inputs: ['floats', 'input_ids'], outputs: ['a'] },
      { opType: 'Cast', inputs: ['places'], outputs: ['whole'], attributes: { to: 6 } },
      { opType: 'Gather', inputs: ['table', 'whole'], outputs: ['b'] },
      { opType: 'Gather', inputs: ['types', 'token_type_ids'], outputs: ['c'] },
      { opType: 'Sum', inputs: ['a', 'b', 'c', 'noise'], outputs: ['y'] },
    ],
  });
}

const numbers = (data: ArrayLike<number | bigint> | undefined) => Array.from(data ?? [], Number);

it('makes inputs that the model can be run with', async () => {
  const model = embeddingModel();
  const shapes = { input_ids: [3, 40], places: [3, 40], noise: [3, 40, 4] };
  const feeds = randomFeeds(model, {
    shapes: { ...shapes, token_type_ids: [3, 40], attention_mask: [3, 40] },
  });
  const distinct = (name: string) => [...new Set(numbers(feeds[name]?.data))].sort();
  expect(distinct('input_ids')).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(distinct('places')).toEqual([0, 1, 2, 3, 4]);
  expect(distinct('token_type_ids')).toEqual([0]);
  expect(distinct('attention_mask')).toEqual([1]);
  expect(feeds['times']).toEqual(tensor('int32', [1], [1]));
  const noise = numbers(feeds['noise']?.data);
  expect([Math.min(...noise) < -0.9, Math.max(...noise) > 0.9]).toEqual([true, true]);
  await using runtime = await openOnnxRuntime(model);
  expect((await runtime.infer(feeds))['y']?.dims).toEqual([3, 40, 4]);
});

it('gives dynamic axes one size, and the same seed the same numbers', () => {
  const model = embeddingModel();
  const feeds = randomFeeds(model, { defaultSize: 6, seed: 3 });
  expect(feeds['input_ids']?.dims).toEqual([6, 6]);
  expect(randomFeeds(model, { defaultSize: 6, seed: 3 })).toEqual(feeds);
  expect(randomFeeds(model, { defaultSize: 6, seed: 4 })).not.toEqual(feeds);
  expect(randomFeeds(model)['noise']?.dims).toEqual([4, 4, 4]);
});

it('makes every type, and without a graph ids that any table has', () => {
  const inputs = (types: readonly DataType[]) =>
    types.map((type) => ({ name: type, type, dims: [64] }));
  const feeds = randomFeeds(
    inputs(['float16', 'bfloat16', 'float64', 'int8', 'uint64', 'bool', 'int64']),
  );
  const bits = numbers(feeds['float16']?.data);
  // Finite: the exponent is not all ones, and at most 1: it is at most 15.
  expect(bits.every((word) => ((word >> 10) & 31) <= 15)).toBe(true);
  expect(new Set(bits).size).toBeGreaterThan(32);
  expect(new Set(numbers(feeds['int64']?.data))).toEqual(new Set([0, 1]));
  expect(new Set(numbers(feeds['bool']?.data))).toEqual(new Set([1]));
  const blank = { name: 'x', type: undefined, dims: [1] };
  expect(() => randomFeeds([blank])).toThrow(/type or the rank of input 'x'/);
});

it('gives a model every precision by name', async () => {
  const model = linearModel();
  const operators = new Map<string, string[]>();
  for (const precision of precisions) {
    const { model: variant, notes, randomRanges } = await inPrecision(model, precision);
    const found = new Set(variant.graph.nodes.map(({ opType }) => opType));
    operators.set(
      precision,
      ['Cast', 'QuantizeLinear'].filter((name) => found.has(name)),
    );
    expect(randomRanges, precision).toBe(/int8|fp8/.test(precision));
    expect(notes.some((note) => note.includes('random inputs'))).toBe(randomRanges);
  }
  expect(Object.fromEntries(operators)).toEqual({
    fp32: [],
    fp16: ['Cast'],
    bf16: ['Cast'],
    int8: ['QuantizeLinear'],
    'int8+fp16': ['Cast', 'QuantizeLinear'],
    fp8: ['QuantizeLinear'],
    'fp8+fp16': ['Cast', 'QuantizeLinear'],
  });
  expect((await inPrecision(model, 'fp32')).model).toBe(model);
  const { model: int8 } = await inPrecision(model, 'int8');
  expect((await inPrecision(int8, 'fp32')).notes).toEqual([
    'The model came quantized, and stays so.',
  ]);
});

it('takes ranges of samples or of a table before random ones', async () => {
  const model = linearModel();
  const samples = [{ x: randomTensor([4, 16], { seed: 3 }) }];
  const phases: string[] = [];
  const fromSamples = await inPrecision(model, 'int8', {
    samples,
    onProgress: ({ phase }) => phases.push(phase),
  });
  expect(fromSamples.randomRanges).toBe(false);
  expect(phases).toEqual(['convert', 'calibrate', 'quantize']);
  expect(await errorOf(inPrecision(model, 'int8', { oops: 1 } as object))).toBeInstanceOf(
    TypeError,
  );
  expect(await errorOf(inPrecision(model, 'int9' as 'int8'))).toBeInstanceOf(TypeError);
  const signal = AbortSignal.abort(new Error('enough'));
  expect(await errorOf(inPrecision(model, 'int8', { signal }))).toMatchObject({
    message: 'enough',
  });
});
