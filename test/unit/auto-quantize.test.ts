import { describe, expect, test, vi } from 'vitest';
import type { Model } from '../../dist/onnx/model.js';
import { quantize } from '../../dist/quantize/quantize.js';
import { type AutoQuantizeResult, autoQuantize } from '../../dist/quantize/tuning/auto-quantize.js';
import type { AutoQuantizeOptions } from '../../dist/quantize/tuning/auto-quantize-options.js';
import { fewestInFloat } from '../../dist/quantize/tuning/auto-quantize-search.js';
import { CostModel } from '../../dist/quantize/tuning/cost-model.js';
import type { Runtime } from '../../dist/runtime/runtime.js';
import type { TensorMap } from '../../dist/tensor.js';
import { errorOf, linearModel, randomTensor } from './helpers.js';
import { tableOf } from './quantize-fixtures.js';
import { encoder, encoderSamples, open } from './sensitivity-fixtures.js';

describe('the search', () => {
  /** What sets suffice when groups have these weights, and the others may not sum up to more than 10. */
  async function search(weights: readonly number[]) {
    const tried: number[][] = [];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const found = await fewestInFloat(weights, async (float) => {
      tried.push([...float]);
      return total - float.reduce((sum, weight) => sum + weight, 0) <= 10;
    });
    return { found, tried };
  }

  test('takes the shortest beginning of the ranking', async () => {
    expect((await search([9, 8, 7, 6, 2, 1, 1])).found).toEqual([9, 8, 7]);
  });

  test('tries each of them without the others', async () => {
    // The first two have to stay; by the ranking three would, the third for the sake of one more.
    const suffices = async (float: readonly string[]) => float.includes('a') && float.includes('c');
    expect(await fewestInFloat(['a', 'b', 'c', 'd', 'e'], suffices)).toEqual(['a', 'c']);
  });

  test('takes about as many trials as the logarithm of the groups, and the chosen ones', async () => {
    const { found, tried } = await search([100, ...new Array(63).fill(0.1)]);
    expect(found).toEqual([100]);
    expect(tried).toHaveLength(6);
  });

  test('gives up when nearly all is not enough', async () => {
    expect((await search([20, 19, 18])).found).toBeUndefined();
    expect((await search([20])).found).toBeUndefined();
  });
});

describe('the cost model', () => {
  test('is a roofline, by hand', async () => {
    const model = linearModel({ features: 16, hidden: 32, classes: 16 });
    const constants = { halfMacs: 1e6, int8Macs: 2e6, bytesPerSecond: 1e6 };
    const costs = await CostModel.of(model, { x: randomTensor([8, 16]) }, constants);
    // hidden_matmul: 8 * 16 * 32 = 4096 products; 2 * (128 + 512 + 256) = 1792 bytes.
    // classifier: 8 * 32 * 16 = 4096 products; 2 * (256 + 512 + 16 + 128) = 1824 bytes.
    expect(costs.estimate()).toBeCloseTo(1000 * (0.004096 + 0.004096), 9);
    // In INT8 2048 microseconds; its bytes take 128 + 512 + 2 * 256 = 1152.
    expect(costs.estimate(new Set(['hidden_matmul']))).toBeCloseTo(1000 * (0.002048 + 0.004096), 9);
  });

  test('counts bytes where they take longer', async () => {
    const model = linearModel({ features: 16, hidden: 32, classes: 16 });
    const constants = { halfMacs: 1e12, int8Macs: 2e12, bytesPerSecond: 1e6 };
    const costs = await CostModel.of(model, { x: randomTensor([8, 16]) }, constants);
    expect(costs.estimate()).toBeCloseTo(1.792 + 1.824, 9);
    expect(costs.estimate(new Set(['hidden_matmul']))).toBeCloseTo(1.152 + 1.824, 9);
  });
});

const samples = encoderSamples(4);
const validation = encoderSamples(3, 7);

/** Higher is better: how near the outputs are to those of the float model. */
async function nearness(model: Model): Promise<(runtime: Runtime) => Promise<number>> {
  await using float = await open(model);
  const expected: TensorMap[] = [];
  for (const sample of validation) expected.push(await float.infer(sample));
  return async (runtime) => {
    let [squares, count] = [0, 0];
    for (const [index, sample] of validation.entries()) {
      const actual = (await runtime.infer(sample))['y']?.data as Float32Array;
      const wanted = expected[index]?.['y']?.data as Float32Array;
      wanted.forEach((value, i) => {
        squares += (value - (actual[i] as number)) ** 2;
      });
      count += wanted.length;
    }
    return -Math.sqrt(squares / count);
  };
}

const common: AutoQuantizeOptions = {
  runtime: open,
  speed: 'estimated',
  calibration: { method: 'absmax' },
  variants: [{ name: 'as given' }],
  minSpeedup: 0,
};

async function run(model: Model, options: AutoQuantizeOptions): Promise<AutoQuantizeResult> {
  return autoQuantize(model, samples, await nearness(model), { ...common, ...options });
}

describe('autoQuantize', () => {
  const bad = encoder({ badBlock: 1 });

  test('quantizes everything where that is within the bound', async () => {
    const { model, precision, table, report } = await run(encoder(), { maxAccuracyDrop: 10 });
    expect(precision).toBe('quantized');
    expect(report.trials).toHaveLength(1);
    expect(report.float).toEqual([]);
    expect(report.ranking).toEqual([]);
    expect(report.linear).toEqual({ quantized: 13, total: 13 });
    expect(report.outcome).toContain('Quantized all 5 groups (as given), by estimate');
    expect(report).toMatchObject({ floatMetric: -0, bound: -10, variant: 'as given' });
    const expected = await quantize(encoder(), table);
    expect(model.toBytes()).toEqual(expected.toBytes());
  });

  test('keeps the bad block in float, and no more, and verifies that', async () => {
    const bytes = bad.toBytes();
    const everything = await run(bad, { maxAccuracyDrop: 10 });
    // Half of what the whole loses is more than what all but the bad block lose.
    const maxAccuracyDrop = -0.6 * everything.report.metric;
    const { model, precision, report } = await run(bad, { maxAccuracyDrop });
    expect(bad.toBytes()).toEqual(bytes);
    expect(precision).toBe('quantized');
    expect(report.ranking[0]?.name).toBe('feed-forward 1');
    expect(report.float.map(({ name }) => name)).toEqual(['feed-forward 1']);
    expect(report.linear).toEqual({ quantized: 11, total: 13 });
    expect(report.outcome).toContain('all but 1 of 5 groups');

    await using runtime = await open(model);
    const metric = await (await nearness(bad))(runtime);
    expect(report.metric).toBeCloseTo(metric, 6);
    expect(metric).toBeGreaterThanOrEqual(report.bound);
    const [first, ...others] = report.trials;
    expect(first).toMatchObject({ float: [], meets: false, known: false });
    expect(others.at(-1)).toMatchObject({ float: ['feed-forward 1'], meets: true });
  });

  test('tries variants in order, and takes the first that meets the bound', async () => {
    const prepare = vi.fn(async (model: Model) => model.clone());
    const metrics = [1, 0.5, 0.995];
    const { report } = await autoQuantize(bad, samples, () => metrics.shift() as number, {
      ...common,
      variants: [
        { name: 'one' },
        { name: 'two', prepare, quantize: { keepFloat: ['b*'] } },
        { name: 'three' },
      ],
    });
    expect(report.trials.map(({ variant, metric }) => [variant, metric])).toEqual([
      ['one', 0.5],
      ['two', 0.995],
    ]);
    expect(report).toMatchObject({ variant: 'two', linear: { quantized: 1, total: 1 } });
    // A quarter of the four samples is kept from calibration.
    expect((prepare.mock.calls[0] as unknown as [Model, TensorMap[]])[1]).toHaveLength(3);
  });

  test('falls back to FP16 when nothing meets the bound, and says so', async () => {
    const evaluate = (quantized: boolean) => (quantized ? 0 : 1);
    const isQuantized: boolean[] = [];
    const { model, precision, report, table } = await autoQuantize(
      linearModel({ classes: 16 }),
      [{ x: randomTensor([4, 16]) }],
      () => evaluate(isQuantized.at(-1) as boolean),
      {
        ...common,
        runtime: async (given) => {
          isQuantized.push(given.graph.nodes.some(({ opType }) => opType === 'QuantizeLinear'));
          return open(given);
        },
      },
    );
    expect(precision).toBe('fp16');
    expect(table).toBeUndefined();
    expect(model.graph.initializer('w1')?.dataType).toBe(10);
    expect(report.outcome).toBe('Fell back to fp16: no quantized model met the bound.');
    expect(report).toMatchObject({ metric: 1, variant: undefined, speed: undefined });
    expect(report.trials.map(({ meets }) => meets)).not.toContain(true);
  });

  test('leaves the model in FP32 when FP16 is no better', async () => {
    let calls = 0;
    const evaluate = () => (calls++ === 0 ? 1 : 0);
    const model = linearModel({ classes: 16 });
    const one = [{ x: randomTensor([4, 16]) }];
    const { precision, report, model: result } = await autoQuantize(model, one, evaluate, common);
    expect(precision).toBe('fp32');
    expect(report.metric).toBe(1);
    expect(report.outcome).toContain('Left in FP32, since fp16 does not meet the bound (0) either');
    expect(result.toBytes()).toEqual(model.toBytes());
  });

  test('falls back to FP16 when INT8 is not fast enough', async () => {
    const { precision, report } = await run(encoder(), { maxAccuracyDrop: 10, minSpeedup: 50 });
    expect(precision).toBe('fp16');
    expect(report.speed?.kind).toBe('estimated');
    expect(report.speed?.speedup).toBeGreaterThan(1);
    expect(report.outcome).toMatch(
      /^Fell back to fp16: the quantized model is by estimate \d\.\d\d times as fast as half precision, and 50 times was asked for\.$/,
    );
  });

  test('evaluates what it returns when the rest is in half precision', async () => {
    const metrics = [1, 0.995, 0.9];
    const model = linearModel({ classes: 16 });
    const options = { ...common, quantize: { precision: 'fp16' as const } };
    const one = [{ x: randomTensor([4, 16]) }];
    const evaluate = async (runtime: Runtime) => {
      await runtime.infer(one[0] as TensorMap);
      return metrics.shift() ?? 1;
    };
    const { precision, report } = await autoQuantize(model, one, evaluate, options);
    expect(precision).toBe('fp16');
    expect(report.outcome).toBe(
      'Fell back to fp16: the quantized model meets the bound in FP32, but with fp16 around it it has 0.9.',
    );
    metrics.push(1, 0.995, 0.994);
    const { precision: kept, report: good } = await autoQuantize(model, one, evaluate, options);
    expect([kept, good.metric]).toEqual(['quantized', 0.994]);
  });

  test('resumes from what is known', async () => {
    const known = new Map<string, number>();
    const everything = await run(bad, { maxAccuracyDrop: 10, known });
    const options = { maxAccuracyDrop: -0.6 * everything.report.metric };
    const first = await run(bad, { ...options, known });
    expect(first.report.trials[0]?.known).toBe(true);
    const stored = new Map<string, number>(JSON.parse(JSON.stringify([...known])));
    const evaluate = vi.fn(() => 0);
    const again = await autoQuantize(bad, samples, evaluate, {
      ...common,
      ...options,
      known: stored,
    });
    expect(evaluate).not.toHaveBeenCalled();
    expect(again.report.float).toEqual(first.report.float);
    expect(again.report.metric).toBe(first.report.metric);
    expect(again.report.trials.every(({ known }) => known)).toBe(true);
  });

  test('stops after so many trials with the best it has', async () => {
    const { precision, report } = await run(bad, { maxAccuracyDrop: 1e-9, maxTrials: 2 });
    expect(report.trials).toHaveLength(2);
    expect(precision).not.toBe('quantized');
    expect(report.outcome).toContain('no quantized model met the bound within 2 trials');
  });

  test('reports progress', async () => {
    const phases = new Set<string>();
    await run(bad, {
      maxAccuracyDrop: 1e-9,
      maxTrials: 2,
      onProgress: ({ phase }) => phases.add(phase),
    });
    expect([...phases]).toEqual(['float', 'prepare', 'trial', 'rank']);
  });
});

describe('what goes wrong', () => {
  const model = linearModel({ classes: 16 });
  const one = [{ x: randomTensor([2, 16]) }];
  const table = tableOf({ x: 1, h_relu: 1 });

  test.each([
    [{ maxAccuracyDrop: -1 }],
    [{ minSpeedup: 'much' }],
    [{ validationSplit: 1 }],
    [{ speed: 'guessed' }],
    [{ variants: [] }],
    [{ variants: [{ title: 'x' }] }],
    [{ table, variants: [{ name: 'x', prepare: () => model }] }],
    [{ maxTrials: 0 }],
    [{ known: {} }],
    [{ evaluate: () => 1 }],
  ])('wrong options are a TypeError: %o', async (options) => {
    const running = autoQuantize(model, one, () => 1, options as never);
    expect(await errorOf(running)).toBeInstanceOf(TypeError);
  });

  test('no function is a TypeError', async () => {
    expect(await errorOf(autoQuantize(model, one, 1 as never))).toBeInstanceOf(TypeError);
  });

  test('what evaluate throws is passed on', async () => {
    const reason = new Error('from evaluate');
    const running = autoQuantize(model, one, () => Promise.reject(reason), common);
    expect(await errorOf(running)).toBe(reason);
  });

  test('an abort rejects with its reason, while evaluate runs as well', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const evaluate = async () => {
      controller.abort(reason);
      return 1;
    };
    const options = { ...common, table, calibration: undefined, signal: controller.signal };
    expect(await errorOf(autoQuantize(model, one, evaluate, options))).toBe(reason);
  });
});
