import { tensor } from 'tensorrt-node';
import {
  classificationTask,
  evaluate,
  evaluationToMarkdown,
  type Task,
} from 'tensorrt-node/evaluate';
import { describe, expect, it } from 'vitest';
import { compareRight, exactMcNemar } from '../../dist/evaluate/statistics/mcnemar.js';
import { expected, fakeRuntime, floats } from './evaluate-fixtures.js';

const feeds = Array.from({ length: 5 }, (_, row) => ({ row: tensor('int32', [1], [row]) }));
const labels = [0, 1, 0, 1, 1];

/** A model that answers with these classes, sample by sample. */
const answering = (answers: readonly number[]) =>
  fakeRuntime(({ row }) => {
    const answer = answers[Number(row?.data[0])];
    return { y: floats([[Number(answer === 0), Number(answer === 1)]]) };
  });

const task = classificationTask({ samples: feeds, labels });

describe('evaluate', () => {
  it('compares each model with the first', async () => {
    const report = await evaluate(
      [
        { name: 'fp32', runtime: answering([0, 1, 0, 1, 0]) },
        { name: 'int8', runtime: answering([1, 1, 0, 0, 1]) },
      ],
      task,
      { maxDrop: 15 },
    );
    expect(report).toMatchObject({
      task: 'classification',
      metric: 'accuracy',
      unit: 'points',
      items: 5,
      within: false,
    });
    const [fp32, int8] = report.models;
    expect(fp32).toMatchObject({ name: 'fp32', runtime: 'onnxruntime', provider: 'cpu', drop: 0 });
    expect(fp32).toMatchObject({ within: true, metrics: { accuracy: 0.8 } });
    expect(fp32?.standardError).toBeCloseTo(Math.sqrt((0.8 * 0.2) / 5), 12);
    expect(fp32).not.toHaveProperty('paired');
    expect(int8).toMatchObject({
      metrics: { accuracy: 0.6 },
      drop: 20,
      within: false,
      agreement: 2 / 5,
      // The reference alone has 0 and 3 right, this one 4; (1 + 3) / 8 of 2^3 are as uneven.
      paired: { onlyReference: 2, onlyThis: 1, pValue: 1 },
    });
    // Differences 1, 0, 0, 1, -1: mean .2, mean of squares .6.
    expect(int8?.dropError).toBeCloseTo(100 * Math.sqrt((0.6 - 0.04) / 5), 10);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('is content with a drop up to the bound, and with a gain', async () => {
    const models = [
      { name: 'a', runtime: answering([0, 1, 0, 1, 0]) },
      { name: 'b', runtime: answering([0, 1, 0, 0, 0]) },
      { name: 'c', runtime: answering(labels) },
    ];
    expect(await evaluate(models, task, { maxDrop: 20 })).toMatchObject({
      within: true,
      models: [{}, { drop: 20 }, { drop: -20, within: true }],
    });
    expect(await evaluate(models, task, { maxDrop: 19.99 })).toMatchObject({
      within: false,
      models: [{ within: true }, { within: false }, { within: true }],
    });
  });

  /** A task whose metric is whatever the model returns last. */
  const perplexity: Task = {
    name: 'perplexity',
    metric: 'perplexity',
    better: 'lower',
    async *samples() {
      yield* feeds;
    },
    score() {
      let value = 0;
      return {
        add: ({ y }) => {
          value = Number(y?.data[0]);
        },
        finish: () => ({ metrics: { perplexity: value } }),
      };
    },
  };
  const giving = (value: number) => fakeRuntime(() => ({ y: floats([value]) }));

  it('takes percent where less is better, and no number for a loss', async () => {
    const report = await evaluate(
      [20, 20.5, 18, Number.NaN].map((value) => ({ name: `${value}`, runtime: giving(value) })),
      perplexity,
      { maxDrop: 2 },
    );
    expect(report).toMatchObject({ unit: 'percent', better: 'lower', within: false });
    expect(report).not.toHaveProperty('items');
    expect(report.models).toMatchObject([
      { drop: 0, within: true },
      { drop: 2.5, within: false },
      { drop: -10, within: true },
      { drop: null, within: false, metrics: { perplexity: null } },
    ]);
  });

  it('is not content with anything beside a reference without a number', async () => {
    const models = [Number.NaN, 3].map((value) => ({ name: `${value}`, runtime: giving(value) }));
    const report = await evaluate(models, perplexity);
    expect(report.models.map(({ within }) => within)).toEqual([false, false]);
  });

  it('opens models in their turn and closes those again, and no others', async () => {
    const [open, first, second] = [answering(labels), answering(labels), answering(labels)];
    const openAtOnce: number[] = [];
    const opening = (runtime: typeof first) => async () => {
      openAtOnce.push(first.closed);
      return runtime;
    };
    await evaluate(
      [
        { name: 'open', runtime: open },
        { name: 'first', runtime: opening(first) },
        { name: 'second', runtime: opening(second) },
      ],
      task,
    );
    expect([open.closed, first.closed, second.closed]).toEqual([0, 1, 1]);
    expect(openAtOnce).toEqual([0, 1]);
    const failing = fakeRuntime(() => {
      throw new Error('failed');
    });
    await expect(
      evaluate([{ name: 'failing', runtime: async () => failing }], task),
    ).rejects.toThrow('failed');
    expect(failing.closed).toBe(1);
  });

  it('tells how far it is, and gives up when asked to', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const models = ['a', 'b'].map((name) => ({ name, runtime: answering(labels) }));
    const reason = new Error('enough');
    const running = evaluate(models, task, {
      signal: controller.signal,
      onProgress: ({ name, model, models: count, samples, elapsedMs }) => {
        seen.push(`${name} ${model}/${count} ${samples}`);
        expect(elapsedMs).toBeGreaterThanOrEqual(0);
        if (name === 'b' && samples === 2) controller.abort(reason);
      },
    });
    await expect(running).rejects.toBe(reason);
    expect(seen.slice(4)).toEqual(['a 0/2 5', 'b 1/2 1', 'b 1/2 2']);
    await expect(evaluate(models, task, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  it.each([
    [[], {}, 'models'],
    ['model', {}, 'models'],
    [[{ name: '' }], {}, 'models[0].name'],
    [[{ name: 'a' }], { maxDrop: -1 }, 'options.maxDrop'],
    [[{ name: 'a' }], { maxDrop: Number.NaN }, 'options.maxDrop'],
    [[{ name: 'a' }], { drop: 1 }, "'drop'"],
  ])('rejects wrong arguments: %j %j', async (models, options, name) => {
    const running = evaluate(models as never, task, options as object);
    await expect(running).rejects.toThrow(TypeError);
    await expect(running).rejects.toThrow(name);
  });
});

describe('the table in Markdown', () => {
  it('has a row for each model, and no column that nobody has a figure for', async () => {
    const report = await evaluate(
      [
        { name: 'a|b', runtime: answering([0, 1, 0, 1, 0]) },
        { name: 'int8', runtime: answering([1, 1, 0, 0, 1]) },
      ],
      task,
    );
    const [head, rule, first, second] = evaluationToMarkdown(report).split('\n');
    expect(head).toBe(
      '| model | accuracy | macro F1 | weighted F1 | drop in points | same answer | right: first only / this only | McNemar p | within 1 |',
    );
    expect(rule).toBe(`| --- |${' --: |'.repeat(8)}`);
    expect(first).toBe('| a\\|b | 0.8000 ± 0.1789 | 0.8000 | 0.8000 |  |  |  |  |  |');
    expect(second).toBe(
      '| int8 | 0.6000 ± 0.2191 | 0.5833 | 0.6000 | 20.00 ± 33.47 | 0.4000 | 2 / 1 | 1 | no |',
    );
  });
});

describe("McNemar's test", () => {
  it('is that of statsmodels, in its exact form', () => {
    for (const { a, b, p } of expected.mcnemar as { a: number; b: number; p: number }[]) {
      expect(exactMcNemar(a, b), `${a} / ${b}`).toBeCloseTo(p, 12);
      if (p > 0) expect(exactMcNemar(b, a) / p).toBeCloseTo(1, 9);
    }
  });

  it('counts what one of the two alone has right', () => {
    const [reference, other] = [Uint8Array.of(1, 1, 0, 0, 1, 1), Uint8Array.of(1, 0, 0, 1, 0, 0)];
    expect(compareRight(reference, other)).toEqual({
      onlyReference: 3,
      onlyThis: 1,
      pValue: 10 / 16,
    });
  });
});
