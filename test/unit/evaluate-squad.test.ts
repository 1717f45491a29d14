import { describe, expect, it } from 'vitest';
import { evaluate } from '../../dist/evaluate/evaluate.js';
import { type SquadTaskOptions, squadTask } from '../../dist/evaluate/squad/squad-task.js';
import type { Model } from '../../dist/onnx/model.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { tensor } from '../../dist/tensor.js';
import { buildModel, errorOf } from './helpers.js';
import { bertInputs, writeSquad, writeTokenizer, written } from './squad-fixtures.js';

const vocabulary =
  '[PAD] [UNK] [CLS] [SEP] who where what is the ? cat sat on mat in paris , . 東 京 emile a'.split(
    ' ',
  );

type Logits = Record<string, number>;
const starts: Logits = { cat: 5, emile: 4, 東: 3, '[CLS]': 3 };
const ends: Logits = { mat: 6, 京: 5, paris: 2, '[CLS]': 3 };

const table = (logits: Logits) => vocabulary.map((token) => logits[token] ?? 0);
const ids = { name: 'input_ids', type: 'int64' as const, dims: ['batch', 'length'] };

/** A model that knows for each token, wherever it stands, how much speaks for a beginning and an end. */
function twoOutputs(): Model {
  const dims = ['batch', 'length'];
  return buildModel({
    inputs: [ids],
    outputs: [
      { name: 'start_logits', type: 'float32', dims },
      { name: 'end_logits', type: 'float32', dims },
    ],
    initializers: {
      starts: tensor('float32', [vocabulary.length], table(starts)),
      ends: tensor('float32', [vocabulary.length], table(ends)),
    },
    nodes: [
      { opType: 'Gather', inputs: ['starts', 'input_ids'], outputs: ['start_logits'] },
      { opType: 'Gather', inputs: ['ends', 'input_ids'], outputs: ['end_logits'] },
    ],
  });
}

/** The same in one output, in half precision. */
function oneOutput(): Model {
  const [first, last] = [table(starts), table(ends)];
  const pairs = first.flatMap((value, token) => [value, last[token] as number]);
  return buildModel({
    inputs: [ids],
    outputs: [{ name: 'logits', type: 'float16', dims: ['batch', 'length', 2] }],
    initializers: { pairs: tensor('float32', [vocabulary.length, 2], pairs) },
    nodes: [
      { opType: 'Gather', inputs: ['pairs', 'input_ids'], outputs: ['floats'] },
      { opType: 'Cast', inputs: ['floats'], outputs: ['logits'], attributes: { to: 10 } },
    ],
  });
}

const paragraph = (context: string, ...questions: [id: string, answers: string[]][]) => ({
  context,
  qas: questions.map(([id, answers]) => ({
    id,
    question: 'Where is the cat?',
    answers: answers.map((text) => ({ text, answer_start: 0 })),
  })),
});

// Best are, by the sums of the logits: "Cat sat on the MAT" (5 + 6), "Émile sat in 東京" (4 + 5),
// and of the last text, where nothing speaks for a beginning, the first one: "On the mat" (0 + 6).
const cat = paragraph('The Cat sat on the MAT, in Paris.', ['cat', ['a cat sat on the mat']]);
const emile = paragraph('Émile sat in 東京.', ['emile', ['東京', 'paris']]);
const mat = paragraph('On the mat in Paris.', ['mat', ['The mat', 'Paris']]);
// F1: 1; 2 * (1/4 * 1) / (1/4 + 1) = .4; "on mat" and "mat" share one of two words: 2/3.
const f1 = (1 + 0.4 + 2 / 3) / 3;

async function taskOf(paragraphs: object[], options: Partial<SquadTaskOptions> = {}) {
  return squadTask({
    data: await writeSquad(paragraphs),
    tokenizer: await writeTokenizer(vocabulary),
    inputs: [ids],
    ...options,
  });
}

async function scoresOf(task: Awaited<ReturnType<typeof taskOf>>, models = [twoOutputs()]) {
  const runtimes = await Promise.all(models.map((model) => openOnnxRuntime(model)));
  try {
    return await evaluate(
      runtimes.map((runtime, index) => ({ name: `${index}`, runtime })),
      task,
    );
  } finally {
    for (const runtime of runtimes) await runtime.close();
  }
}

describe('a model that answers questions', () => {
  it('is scored by exact match and F1', async () => {
    const report = await scoresOf(await taskOf([cat, emile, mat]), [twoOutputs(), oneOutput()]);
    expect(report).toMatchObject({ task: 'squad', metric: 'f1', unit: 'points', items: 3 });
    for (const { metrics } of report.models) {
      expect(metrics).toEqual({ f1: expect.closeTo(f1, 12), exact: expect.closeTo(1 / 3, 12) });
    }
    expect(report.models[1]).toMatchObject({ drop: 0, agreement: 1, within: true });
    // Deviations of 1, .4 and 2/3 from their mean: sqrt(sum of squares / 3 / 3).
    expect(report.models[0]?.standardError).toBeCloseTo(0.141711, 5);
  });

  it('is asked the first questions only where there is a limit', async () => {
    const report = await scoresOf(await taskOf([cat, emile, mat], { limit: 2 }));
    expect(report).toMatchObject({ items: 2, models: [{ metrics: { exact: 0.5 } }] });
  });

  it('finds an answer that lies in a later window', async () => {
    const filler = 'in a '.repeat(40);
    const far = paragraph(`${filler}${cat.context} ${filler}`, ['far', ['the cat sat on the mat']]);
    const options = { maxLength: 24, stride: 5, batchSize: 4, maxAnswerLength: 8 };
    const report = await scoresOf(await taskOf([far, emile], options));
    expect(report.models[0]?.metrics).toEqual({ f1: expect.closeTo(0.7, 12), exact: 0.5 });
  });

  it('gives no answer longer than allowed', async () => {
    const task = await taskOf([cat], { maxAnswerLength: 4 });
    // Of at most four tokens: "sat on the MAT" (0 + 6) is the first of the best.
    const scorer = await answersOf(task);
    expect(scorer).toEqual(['sat on the MAT']);
  });

  it('reads what else a model is fed', async () => {
    const task = await taskOf([cat], { inputs: bertInputs });
    for await (const { input_ids, attention_mask, token_type_ids } of task.samples()) {
      const length = 1 + 5 + 1 + 10 + 1;
      expect(input_ids?.dims).toEqual([1, length]);
      expect(Array.from(attention_mask?.data ?? [], Number)).toEqual(Array(length).fill(1));
      const types = [...Array(7).fill(0), ...Array(11).fill(1)];
      expect(Array.from(token_type_ids?.data ?? [], Number)).toEqual(types);
    }
  });
});

async function answersOf(task: Awaited<ReturnType<typeof taskOf>>, model = twoOutputs()) {
  await using runtime = await openOnnxRuntime(model);
  const scorer = task.score(model.outputs.map(({ name }) => name));
  for await (const feeds of task.samples()) scorer.add(await runtime.infer(feeds), feeds);
  return scorer.finish().answers;
}

describe('questions without an answer', () => {
  const impossible = paragraph(mat.context, ['impossible', []], ['possible', ['The mat']]);
  // For none: 3 + 3 = 6; less the best answers, that is -5 (cat), -3 (emile), 0 and 0.
  const asked = [cat, emile, impossible];

  it('are wrong where the model answers them', async () => {
    const report = await scoresOf(await taskOf(asked));
    expect(report.models[0]?.metrics).toEqual({
      f1: expect.closeTo((1 + 0.4 + 0 + 2 / 3) / 4, 12),
      exact: 0.25,
      hasAnswerF1: expect.closeTo(f1, 12),
      hasAnswerExact: expect.closeTo(1 / 3, 12),
      noAnswerExact: 0,
      // With none answered .25; then one after the other by their differences: 1 + 1 + .4 of 4.
      bestF1: expect.closeTo(0.6, 12),
      bestExact: 0.5,
    });
  });

  it('are right where the model does not, and others wrong', async () => {
    const report = await scoresOf(await taskOf(asked, { nullThreshold: -1 }));
    expect(report.models[0]?.metrics).toMatchObject({
      f1: expect.closeTo(0.6, 12),
      exact: 0.5,
      hasAnswerF1: expect.closeTo(1.4 / 3, 12),
      noAnswerExact: 1,
    });
    expect(report.models[0]?.notes).toEqual([
      'With a null threshold of -1; F1 would be best, 0.6000, with -3.',
    ]);
  });

  it('are an error by the rules of v1.1', async () => {
    const task = await taskOf(asked, { version: 'v1.1' });
    await expect(scoresOf(task)).rejects.toThrow('at least one for the answers to question');
  });
});

describe('a model that is not one for questions', () => {
  const withOutput = (name: string, dims: (string | number)[], shape: bigint[]) =>
    buildModel({
      inputs: [ids],
      outputs: [{ name, type: 'float32', dims }],
      initializers: {
        starts: tensor('float32', [vocabulary.length], table(starts)),
        shape: tensor('int64', [shape.length], shape),
      },
      nodes: [
        { opType: 'Gather', inputs: ['starts', 'input_ids'], outputs: ['values'] },
        { opType: 'Reshape', inputs: ['values', 'shape'], outputs: [name] },
      ],
    });

  it.each([
    [
      'logits',
      ['batch', 'length'],
      [0n, -1n],
      "Output 'logits' is [1, 18], where [batch, length, 2]",
    ],
    ['logits', ['rows', 2], [-1n, 2n], "Output 'logits' is [9, 2], where [batch, length, 2]"],
  ] as const)('is refused: %s %j', async (name, dims, shape, message) => {
    const model = withOutput(name, [...dims], [...shape]);
    expect(await errorOf(scoresOf(await taskOf([cat]), [model]))).toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining(message),
    });
  });

  it('is refused where it has none of the outputs that were named', async () => {
    const task = await taskOf([cat], { outputs: { start: 'start_logits', end: 'stop' } });
    expect(await errorOf(scoresOf(task))).toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining("no output 'stop', but 'start_logits', 'end_logits'"),
    });
  });

  it('answers wrongly where it gives NaN', async () => {
    const task = await taskOf([cat, emile]);
    const scorer = task.score(['logits']);
    for await (const feeds of task.samples()) {
      const [, length = 0] = feeds['input_ids']?.dims ?? [];
      const values = tensor('float32', [1, length, 2], Array(length * 2).fill(Number.NaN));
      scorer.add({ logits: values }, feeds);
    }
    expect(scorer.finish()).toMatchObject({
      metrics: { f1: 0, exact: 0 },
      notes: ['2 of 2 questions have logits that are NaN: wrong answers.'],
    });
  });
});

describe('a file of questions', () => {
  const qa = { id: 'a', question: 'Where?', answers: [{ text: 'x', answer_start: 0 }] };
  const file = (...qas: unknown[]) => ({ data: [{ paragraphs: [{ context: 'x', qas }] }] });

  it.each([
    ['[]', 'the whole is no object'],
    ['{"data": 1}', 'data is no list'],
    [{ data: [{}] }, 'data[0].paragraphs is missing'],
    [{ data: [{ paragraphs: [{ qas: [] }] }] }, 'data[0].paragraphs[0].context is missing'],
    [file({ ...qa, answers: ['x'] }), 'data[0].paragraphs[0].qas[0].answers[0] is no object'],
    [file({ ...qa, answers: [{ text: 1 }] }), 'qas[0].answers[0].text is no text'],
    [file(qa, qa), "qas[1].id is 'a', as that of another"],
    [file(), 'has no questions'],
    ['{', 'is not JSON'],
  ])('is refused where it is damaged: %j', async (content, message) => {
    const data = await written('dev.json', content);
    const task = await taskOf([], { data });
    expect(await errorOf(answersOf(task))).toMatchObject({
      code: 'ERR_SAMPLES',
      file: data,
      message: expect.stringContaining(message),
    });
  });

  it('is refused where it is not there', async () => {
    const task = await taskOf([], { data: '/nowhere/dev.json' });
    expect(await errorOf(answersOf(task))).toMatchObject({ code: 'ERR_FILE' });
  });
});

describe('options', () => {
  it.each([
    [{ stride: 0 }, 'Expected a whole number from 1 for options.stride'],
    [{ version: 'v3' }, "one of 'v1.1', 'v2.0' for options.version"],
    [{ docStride: 1 }, "received 'docStride'"],
    [{ nullThreshold: Number.NaN }, 'a finite number for options.nullThreshold'],
  ])('that are wrong are a TypeError: %j', (options, message) => {
    const given = { data: 'a', tokenizer: 'b', inputs: [], ...options } as SquadTaskOptions;
    expect(() => squadTask(given)).toThrow(TypeError);
    expect(() => squadTask(given)).toThrow(message);
  });
});
