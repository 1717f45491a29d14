import { describe, expect, it } from 'vitest';
import { evaluateCommand } from '../../dist/cli/evaluate.js';
import { type Tensor, tensor } from '../../dist/tensor.js';
import { tensorrtNode, wrongUsage } from './cli.js';
import { buildModel, linearModel, temporaryFolder } from './helpers.js';
import { writeSquad, writeTokenizer, written } from './squad-fixtures.js';

const vocabulary = '[PAD] [UNK] [CLS] [SEP] who sat on the mat cat'.split(' ');

/** What a model gives for a token stands in a table: a row, or single numbers. */
async function lookupModel(tables: Record<string, Tensor>): Promise<string> {
  const model = buildModel({
    inputs: [{ name: 'input_ids', type: 'int64', dims: ['batch', 'length'] }],
    outputs: Object.entries(tables).map(([name, { dims }]) => ({
      ...{ name, type: 'float32' as const },
      dims: ['batch', 'length', ...dims.slice(1)],
    })),
    initializers: Object.fromEntries(
      Object.entries(tables).map(([name, table]) => [`${name}_table`, table]),
    ),
    nodes: Object.keys(tables).map((name) => ({
      ...{ opType: 'Gather', inputs: [`${name}_table`, 'input_ids'], outputs: [name] },
    })),
  });
  const path = `${await temporaryFolder()}/model.onnx`;
  await model.save(path);
  return path;
}

/** Answers with the first such token. */
const finderOf = (answer: string) => {
  const marks = vocabulary.map((token) => Number(token === answer));
  const table = tensor('float32', [vocabulary.length], marks);
  return lookupModel({ start_logits: table, end_logits: table });
};

const question = (id: string, answers: string[]) => ({
  ...{ id, question: 'Who sat?' },
  answers: answers.map((text) => ({ text, answer_start: 0 })),
});

describe('tensorrt-node evaluate --task squad', () => {
  it('compares models by F1 of their answers', async () => {
    const [right, wrong] = await Promise.all([finderOf('cat'), finderOf('mat')]);
    const context = 'The Cat sat on the mat.';
    const samples = await writeSquad([{ context, qas: [question('a', ['the cat'])] }]);
    const args = [
      ...['evaluate', right, wrong, '--task', 'squad', '--samples', samples],
      ...['--tokenizer', await writeTokenizer(vocabulary), '--max-length', '12', '--stride', '2'],
    ];
    const run = await tensorrtNode(args);
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain('squad, 1 answer each');
    expect(run.stdout).toMatch(/model\.onnx +1\.0000 ± 0\.0000 +1\.0000/);
    expect(run.stdout).toMatch(/model\.onnx +0\.0000 ± 0\.0000 +0\.0000 +100\.00 .* no\n/);
    expect(run.code).toBe(1);
  });

  it.each([
    [[], 'Expected --samples beside --task squad'],
    [['--samples', 'dev.json'], 'Expected --tokenizer beside --task squad'],
    [['--samples', 'a', '--tokenizer', 'b', '--mask', 'm'], 'Expected no --mask'],
    [['--samples', 'a', '--tokenizer', 'b', '--end-output', 'e'], 'together'],
    [['--masked'], 'Expected --task perplexity beside --masked'],
    [['--metric', 'accuracy'], 'Expected one of f1, exact for --metric'],
  ])('refuses %j', async (rest, problem) => {
    const path = `${await temporaryFolder()}/m.onnx`;
    await linearModel().save(path);
    const args = [path, '--task', 'squad', ...rest];
    expect(await wrongUsage(evaluateCommand(), args)).toContain(problem);
  });
});

/** For every token the same logits: 0, but for [PAD]. */
const guesser = (padding: number) => {
  const row = vocabulary.map((_, token) => (token === 0 ? padding : 0));
  const rows = vocabulary.flatMap(() => row);
  const dims = [vocabulary.length, vocabulary.length];
  return lookupModel({ logits: tensor('float32', dims, rows) });
};

describe('tensorrt-node evaluate --task perplexity', () => {
  it('compares models in percent of the reference', async () => {
    // One of ten tokens; one of ten and ten more: perplexities of 10 and 20.
    const [even, worse] = await Promise.all([guesser(0), guesser(Math.log(11))]);
    const args = [
      ...['evaluate', even, worse, '--task', 'perplexity', '--json'],
      ...['--samples', await written('text.txt', 'the cat sat on the mat')],
      ...['--tokenizer', await writeTokenizer(vocabulary), '--max-length', '5'],
    ];
    const run = await tensorrtNode(args);
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toMatchObject({
      ...{ task: 'perplexity', better: 'lower', unit: 'percent', items: 7, within: false },
      models: [
        { metrics: { perplexity: expect.closeTo(10, 5) }, drop: 0 },
        { metrics: { perplexity: expect.closeTo(20, 4) }, drop: expect.closeTo(100, 3) },
      ],
    });
    expect(run.code).toBe(1);
  });

  it.each([
    [['--samples', 'a', '--stride', '5'], 'Expected --tokenizer beside --stride'],
    [['--samples', 'a', '--masked'], 'Expected --tokenizer beside --masked'],
    [['--samples', 'a', '--tokenizer', 'b', '--labels', 'c'], 'Expected no --labels'],
  ])('refuses %j', async (rest, problem) => {
    const path = `${await temporaryFolder()}/m.onnx`;
    await linearModel().save(path);
    const args = [path, '--task', 'perplexity', ...rest];
    expect(await wrongUsage(evaluateCommand(), args)).toContain(problem);
  });
});
