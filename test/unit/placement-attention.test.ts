import { describe, expect, test } from 'vitest';
import { tensorsToCalibrate } from '../../dist/quantize/placement/plan.js';
import { buildModel } from './helpers.js';
import { type AttentionForm, attentionModel, planOf, upTo } from './placement-fixtures.js';

const layers = ['query', 'key', 'value', 'projection'];
const whole = ['query', 'key', 'value', 'scores', 'context', 'projection'];

describe('attention that TensorRT fuses in INT8', () => {
  test('both products are quantized as one unit, with the layers around them', async () => {
    const plan = await planOf(attentionModel());
    expect(plan.quantized).toEqual(whole);
    expect(plan.of('scores')).toMatchObject({
      role: 'attention-scores',
      unit: 'softmax',
      activations: [
        { index: 0, tensor: 'query.heads' },
        { index: 1, tensor: 'key.heads' },
      ],
      weight: undefined,
      needs: ['projection'],
    });
    expect(plan.of('context')).toMatchObject({
      role: 'attention-context',
      unit: 'softmax',
      activations: [
        { index: 0, tensor: 'softmax' },
        { index: 1, tensor: 'value.heads' },
      ],
      needs: ['projection'],
    });
  });

  test('probabilities are not calibrated: they end at 1', async () => {
    const plan = await planOf(attentionModel());
    expect([...plan.fixed]).toEqual([['softmax', 1]]);
    expect(tensorsToCalibrate(plan)).toEqual([
      'x',
      'query.heads',
      'key.heads',
      'value.heads',
      'merged',
    ]);
  });

  test('query, key and value share the pair of what they read', async () => {
    const plan = await planOf(attentionModel());
    for (const name of ['query', 'key', 'value']) {
      expect(plan.of(name).activations).toEqual([{ index: 0, tensor: 'x' }]);
    }
  });

  test("PyTorch's guard against NaN is passed by", async () => {
    const plan = await planOf(attentionModel({ guard: true }));
    expect(plan.of('context').activations[0]).toEqual({ index: 0, tensor: 'softmax' });
    expect(plan.of('context').reason).toContain("without 'guarded' against NaN");
    expect([...plan.fixed.keys()]).toEqual(['softmax']);
  });

  test('a mask changes nothing', async () => {
    expect((await planOf(attentionModel({ mask: true }))).quantized).toEqual(whole);
  });
});

describe('head size', () => {
  test.each([16, 32, 64])('%i is fused', async (headSize) => {
    expect((await planOf(attentionModel({ headSize }))).quantized).toEqual(whole);
  });

  test.each([8, 24, 48, 128])('%i is not', async (headSize) => {
    const plan = await planOf(attentionModel({ headSize }));
    expect(plan.quantized).toEqual(layers);
    expect(plan.of('scores').reason).toContain(`its head size ${headSize} is not 16, 32 or 64`);
    expect(plan.of('context').reason).toBe(plan.of('scores').reason);
    expect(plan.fixed.size).toBe(0);
  });

  test.each([
    [8, layers],
    [48, whole],
    [256, whole],
    [264, layers],
  ])('FP8: %i', async (headSize, expected) => {
    expect((await planOf(attentionModel({ headSize }), { type: 'fp8' })).quantized).toEqual(
      expected,
    );
  });
});

describe('the longest sequence', () => {
  test.each([
    [[512], whole, 'up to 512 tokens'],
    [[513], layers, 'profiles[0] allows 513 tokens, and INT8 attention is fused up to 512'],
    [[128, 1024], layers, 'profiles[1] allows 1,024 tokens'],
    [[1], layers, 'one query at a time'],
  ])('profiles up to %j', async (maxima, expected, reason) => {
    const plan = await planOf(attentionModel(), { profiles: maxima.map((max) => upTo(max)) });
    expect(plan.of('scores').reason).toContain(reason);
    expect(plan.quantized).toEqual(expected);
  });

  test('of a model with fixed sizes', async () => {
    const short = await planOf(attentionModel({ x: [2, 512, 64] }));
    expect(short.quantized).toEqual(whole);
    const long = await planOf(attentionModel({ x: [2, 600, 64] }));
    expect(long.quantized).toEqual(layers);
    expect(long.of('scores').reason).toContain('the model has 600 tokens');
  });

  test('is assumed where nothing tells, and the reason says so', async () => {
    const plan = await planOf(attentionModel());
    expect(plan.of('scores').reason).toContain('at most 512 tokens assumed');
  });

  test('FP8 has none', async () => {
    const plan = await planOf(attentionModel(), { profiles: [upTo(4096)], type: 'fp8' });
    expect(plan.quantized).toEqual(whole);
  });
});

describe('attention that is not fused', () => {
  test.each<[string, AttentionForm, string]>([
    ['several products in the scores', { disentangled: true }, 'the sum of 2 products'],
    ['an output of probabilities', { probabilitiesAsOutput: true }, 'an output of the model'],
    ['no layer behind it', { projection: false }, 'feeds no linear layer'],
  ])('%s', async (_, form, reason) => {
    const plan = await planOf(attentionModel(form));
    for (const name of ['scores', 'context']) {
      expect(plan.of(name)).toMatchObject({ action: 'float', activations: [], needs: [] });
      expect(plan.of(name).reason).toContain(reason);
    }
    // No option makes it fit.
    const forced = await planOf(attentionModel(form), { attention: 'int8' });
    expect(forced.of('scores').action).toBe('float');
  });

  test('the layer behind it stays in float', async () => {
    const plan = await planOf(attentionModel(), { keepFloat: ['projection'] });
    expect(plan.quantized).toEqual(['query', 'key', 'value']);
    expect(plan.of('scores').reason).toContain("feeds 'projection', which stays in float");
  });

  test('the other products of DeBERTa are told apart', async () => {
    const plan = await planOf(attentionModel({ disentangled: true }));
    expect(plan.of('relative')).toMatchObject({
      role: 'product',
      action: 'float',
      reason: 'both factors are computed at run time',
    });
  });

  test('BF16 around it', async () => {
    const plan = await planOf(attentionModel(), { precision: 'bf16' });
    expect(plan.quantized).toEqual(layers);
    expect(plan.of('context').reason).toContain("options.precision is 'bf16'");
    expect((await planOf(attentionModel(), { precision: 'fp16' })).quantized).toEqual(whole);
  });

  test.each(['Attention', 'MultiHeadAttention'])('the operator %s', async (opType) => {
    const model = attentionModel();
    model.graph.addNode({ opType, name: 'fused', inputs: ['x', 'x', 'x'], outputs: ['z'] });
    const plan = await planOf(model);
    expect(plan.of('fused')).toMatchObject({ role: 'attention', action: 'float' });
    expect(plan.of('fused').reason).toContain(opType);
  });
});

describe('options.attention', () => {
  test("'float' leaves the layers around it in INT8", async () => {
    const plan = await planOf(attentionModel(), { attention: 'float' });
    expect(plan.quantized).toEqual(layers);
    expect(plan.of('scores').reason).toBe("options.attention is 'float'");
  });

  test("'int8' does not ask whether it is fused", async () => {
    const options = { attention: 'int8', profiles: [upTo(600, 96)] } as const;
    const plan = await planOf(attentionModel({ headSize: 48 }), options);
    expect(plan.quantized).toEqual(whole);
    expect(plan.of('scores').reason).toContain("options.attention is 'int8'");
  });
});

test('keepFloat of one product keeps both, as TensorRT fuses all of it or nothing', async () => {
  const plan = await planOf(attentionModel(), { keepFloat: ['scores'] });
  expect(plan.quantized).toEqual(layers);
  expect(plan.of('context').reason).toBe(
    "options.keepFloat names 'scores', and attention is quantized as a whole",
  );
});

test('a Softmax that belongs to no attention is nothing', async () => {
  const model = attentionModel();
  model.graph.addNode({ opType: 'Softmax', name: 'last', inputs: ['projection'], outputs: ['p'] });
  expect((await planOf(model)).quantized).toEqual(whole);
  const alone = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 16] }],
    outputs: [{ name: 'p', type: 'float32', dims: undefined }],
    nodes: [{ opType: 'Softmax', name: 's', inputs: ['x'], outputs: ['p'] }],
  });
  await expect(planOf(alone)).rejects.toMatchObject({ code: 'ERR_CALIBRATION' });
});
