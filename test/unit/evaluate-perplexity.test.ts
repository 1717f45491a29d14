import { describe, expect, it } from 'vitest';
import { evaluate } from '../../dist/evaluate/evaluate.js';
import {
  type PerplexityOptions,
  perplexityTask,
} from '../../dist/evaluate/perplexity/perplexity-task.js';
import type { Model, ValueInfo } from '../../dist/onnx/model.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type DataType, tensor } from '../../dist/tensor.js';
import { buildModel, errorOf } from './helpers.js';
import { writeTokenizer, written } from './squad-fixtures.js';

const words = '[PAD] [UNK] [CLS] [SEP] a b c d [MASK]'.split(' ');
const hidden = 4;
const embeddings = words.flatMap((_, i) =>
  Array.from({ length: hidden }, (_, j) => (((7 * i + 3 * j) % 11) - 5) / 4),
);
const head = Array.from({ length: hidden }, (_, j) => j).flatMap((j) =>
  words.map((_, v) => (((5 * j + 2 * v) % 13) - 6) / 7),
);
const ids = { name: 'input_ids', type: 'int64' as const, dims: ['batch', 'length'] };
const mask = { ...ids, name: 'attention_mask' };
const positions = { ...ids, name: 'position_ids' };

const halfType = 10;
const floatType = 1;

/**
 * A causal model: to each token it gives what the sum of the tokens so far says about the next. A
 * masked one gives to each token that token and the sum of all.
 */
function languageModel(
  kind: 'causal' | 'masked',
  { type = 'float32', extra = [] }: { type?: DataType; extra?: ValueInfo[] } = {},
): Model {
  const sum =
    kind === 'causal'
      ? [{ opType: 'CumSum', inputs: ['x', 'axis'], outputs: ['sum'] }]
      : [
          {
            ...{ opType: 'ReduceSum', inputs: ['x', 'axes'], outputs: ['all'] },
            attributes: { keepdims: 1 },
          },
          { opType: 'Add', inputs: ['x', 'all'], outputs: ['sum'] },
        ];
  return buildModel({
    inputs: [ids, ...extra],
    outputs: [{ name: 'logits', type, dims: ['batch', 'length', words.length] }],
    initializers: {
      embeddings: tensor('float32', [words.length, hidden], embeddings),
      head: tensor('float32', [hidden, words.length], head),
      axis: tensor('int64', [], [1n]),
      axes: tensor('int64', [1], [1n]),
    },
    nodes: [
      { opType: 'Gather', inputs: ['embeddings', 'input_ids'], outputs: ['x'] },
      ...sum,
      { opType: 'MatMul', inputs: ['sum', 'head'], outputs: ['floats'] },
      {
        ...{ opType: 'Cast', inputs: ['floats'], outputs: ['logits'] },
        attributes: { to: type === 'float16' ? halfType : floatType },
      },
    ],
  });
}

async function modelOf(options: PerplexityOptions, model = languageModel('causal')) {
  await using runtime = await openOnnxRuntime(model);
  const { models } = await evaluate([{ name: 'model', runtime }], perplexityTask(options));
  return models[0];
}

/** Figures of scripts/fixtures/perplexity.py, which computes them by NumPy. */
const figures = (perplexity: number, accuracy: number, standardError: number) => ({
  metrics: {
    perplexity: expect.closeTo(perplexity, 4),
    loss: expect.closeTo(Math.log(perplexity), 5),
    accuracy: expect.closeTo(accuracy, 12),
  },
  standardError: expect.closeTo(standardError, 4),
});

const text = 'a c a b d d a c b a d';

async function textsOf(rest: object = {}) {
  return {
    path: await written('text.txt', text),
    tokenizer: await writeTokenizer(words),
    inputs: [ids],
    maxLength: 6,
    ...rest,
  };
}

describe('the perplexity of a causal model', () => {
  const input_ids = tensor('int64', [2, 6], [2n, 4n, 3n, 6n, 4n, 5n, 2n, 7n, 7n, 0n, 0n, 0n]);
  const attention_mask = tensor('int64', [2, 6], [1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n, 0n, 0n, 0n]);
  const labels = tensor('int64', [2, 6], [2n, 4n, 3n, 6n, 4n, 5n, 2n, 7n, 7n, -100n, -100n, -100n]);

  it.each([
    ['float32', figures(7.3992484531486165, 1 / 7, 2.3763176581100276)],
    ['float16', figures(7.3993378299400225, 1 / 7, 2.3762572549298158)],
  ] as const)('is that of NumPy in %s, padding left out', async (type, expected) => {
    const samples = [{ input_ids, attention_mask }];
    const model = await modelOf({ samples }, languageModel('causal', { type, extra: [mask] }));
    expect(model).toMatchObject(expected);
  });

  it('is that of labels that are fed, those below 0 left out', async () => {
    const extra = [{ ...ids, name: 'labels' }];
    const options = { samples: [{ input_ids, labels }], labels: 'labels', logits: 'logits' };
    const model = await modelOf(options, languageModel('causal', { extra }));
    expect(model).toMatchObject(figures(7.3992484531486165, 1 / 7, 2.3763176581100276));
  });

  it.each([1, 2])(
    'counts each token of a long text once, %i windows a batch',
    async (batchSize) => {
      const samples = await textsOf({ stride: 4, batchSize, inputs: [ids, mask, positions] });
      const model = await modelOf(
        { samples },
        languageModel('causal', { extra: [mask, positions] }),
      );
      expect(model).toMatchObject(figures(29.221996968924508, 0, 13.03643164185617));
    },
  );

  it('leaves out the first token of windows that share nothing', async () => {
    const model = await modelOf({ samples: await textsOf({ stride: 6 }) });
    expect(model).toMatchObject(figures(32.314342109241515, 0, 9.224074080919333));
  });

  it('is the same where the model fixes batch and length', async () => {
    const inputs = [{ ...ids, dims: [2, 6] }];
    const task = perplexityTask({ samples: await textsOf({ inputs, stride: 4, maxLength: 99 }) });
    await using runtime = await openOnnxRuntime(languageModel('causal'));
    const scorer = task.score(['logits']);
    for await (const feeds of task.samples()) {
      expect(feeds['input_ids']?.dims).toEqual([2, 6]);
      scorer.add(await runtime.infer(feeds), feeds);
    }
    expect(scorer.finish()).toMatchObject(figures(29.221996968924508, 0, 13.03643164185617));
  });

  it('feeds each token the place it has in its window', async () => {
    const task = perplexityTask({
      samples: await textsOf({ stride: 4, inputs: [ids, positions], batchSize: 3 }),
    });
    for await (const { position_ids } of task.samples()) {
      const expected = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 0];
      expect(Array.from(position_ids?.data ?? [], Number)).toEqual(expected);
    }
  });

  it('takes each JSON line for a text of its own', async () => {
    const path = await written('texts.jsonl', '{"story": "a c a"}\n"d d"\n');
    const samples = await textsOf({ path, textField: 'story' });
    const task = perplexityTask({ samples });
    const rows: number[][] = [];
    for await (const { input_ids } of task.samples()) {
      rows.push(Array.from(input_ids?.data ?? [], Number));
    }
    expect(rows).toEqual([
      [2, 4, 6, 4, 3],
      [2, 7, 7, 3],
    ]);
  });
});

describe('the pseudo-perplexity of a masked model', () => {
  it('hides each token in turn', async () => {
    const samples = await textsOf({ masked: true, batchSize: 4 });
    // The last window is shorter, but batches of four do not mix windows, so nothing is padded.
    const model = await modelOf({ samples }, languageModel('masked'));
    expect(model).toMatchObject(figures(16.592442849341364, 1 / 11, 7.8824228879312));
  });

  it('needs a token that hides', async () => {
    const tokenizer = await writeTokenizer(words.slice(0, -1));
    const samples = await textsOf({ masked: true, tokenizer });
    expect(await errorOf(modelOf({ samples }))).toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining('the tokenizer has no mask'),
    });
  });
});

/** The score of two tokens, the second of which is 1, by logits over three. */
function scoreOf(logits: readonly number[], dims = [1, 2, 3], id = 1n) {
  const feeds = { input_ids: tensor('int64', [1, 2], [0n, id]) };
  const scorer = perplexityTask({ samples: [feeds] }).score(['logits']);
  scorer.add({ logits: tensor('float64', dims, logits) }, feeds);
  return scorer.finish();
}

describe('the loss of a token', () => {
  it('is the same for logits of any size', () => {
    // By hand: -ln(e / (1 + e + 1)) = ln(2 + e) - 1 = .5514447139320511
    for (const far of [0, 1000, -1000]) {
      const { metrics } = scoreOf([far, far + 1, far, 9, 9, 9]);
      expect(metrics).toMatchObject({ loss: expect.closeTo(0.5514447139320511, 10), accuracy: 1 });
    }
  });

  it('is infinite where the model excludes the token', () => {
    expect(scoreOf([0, Number.NEGATIVE_INFINITY, 0, 9, 9, 9]).metrics).toEqual({
      ...{ perplexity: Number.POSITIVE_INFINITY, loss: Number.POSITIVE_INFINITY, accuracy: 0 },
    });
  });

  it('is no number where a logit is none', () => {
    expect(scoreOf([0, 1, Number.NaN, 9, 9, 9])).toMatchObject({
      metrics: { perplexity: Number.NaN, accuracy: 0 },
      notes: ['1 of 1 tokens have logits that are NaN.'],
    });
  });

  it.each([
    [[1, 6], 1n, "no logits in 'logits', but [1, 6]"],
    [[1, 2, 3], 3n, 'no logit for token 3 at [0, 0], but [1, 2, 3]'],
  ] as const)('needs logits over the vocabulary: %j, token %s', async (dims, id, message) => {
    const error = await errorOf(() => scoreOf([1, 2, 3, 4, 5, 6], [...dims], id));
    expect(error).toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining(message),
    });
  });

  it('needs a token', async () => {
    const scorer = perplexityTask({ samples: [] }).score(['logits']);
    expect(await errorOf(() => scorer.finish())).toMatchObject({ code: 'ERR_SAMPLES' });
  });
});

describe('options', () => {
  const texts = { path: 'a', tokenizer: 'b', inputs: [] };
  it.each([
    [{ samples: 1 }, 'Expected feeds, or texts with a tokenizer for options.samples'],
    [{ samples: { path: 'a' } }, 'Expected feeds, or texts with a tokenizer'],
    [
      { samples: { ...texts, maxLength: 1 } },
      'a whole number from 2 for options.samples.maxLength',
    ],
    [{ samples: { ...texts, masks: true } }, "received 'masks'"],
    [{ samples: [], output: 'x' }, "received 'output'"],
  ])('that are wrong are a TypeError: %j', (options, message) => {
    expect(() => perplexityTask(options as unknown as PerplexityOptions)).toThrow(TypeError);
    expect(() => perplexityTask(options as unknown as PerplexityOptions)).toThrow(message);
  });
});
