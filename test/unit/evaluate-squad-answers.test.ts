import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type SquadTaskOptions, squadTask } from '../../dist/evaluate/squad/squad-task.js';
import { type TensorMap, tensor } from '../../dist/tensor.js';
import { bertInputs, writeSquad, writeTokenizer } from './squad-fixtures.js';

// What transformers makes of the same texts and logits: scripts/fixtures/squad_answers.py.
interface Fixture {
  vocab: string[];
  options: Partial<SquadTaskOptions>;
  paragraphs: { context: string; qas: { id: string }[] }[];
  windows: { question: string; ids: number[]; types: number[]; start: number[]; end: number[] }[];
  answers: Record<string, string>;
  thresholds: { threshold: number; answers: Record<string, string> }[];
}

const path = resolve(import.meta.dirname, '../fixtures/squad/answers.json.gz');
const fixture: Fixture = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'));
const ids = fixture.paragraphs.flatMap(({ qas }) => qas.map(({ id }) => id));

async function taskOf(options: Partial<SquadTaskOptions> = {}) {
  return squadTask({
    data: await writeSquad(fixture.paragraphs),
    tokenizer: await writeTokenizer(fixture.vocab),
    inputs: bertInputs,
    ...fixture.options,
    ...options,
  });
}

/** The rows of a feed without padding. */
function rowsOf(feeds: TensorMap, name: string): number[][] {
  const { dims, data } = feeds[name] as TensorMap[string];
  const [rows, length] = dims as [number, number];
  const mask = feeds['attention_mask']?.data as BigInt64Array;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length }, (_, column) => row * length + column)
      .filter((at) => mask[at] === 1n)
      .map((at) => Number(data[at])),
  );
}

/** The logits of the fixture for windows from `first` on, as a model would give them. */
function outputsFor(feeds: TensorMap, first: number, shape: 'two' | 'one'): TensorMap {
  const [rows = 0, length = 0] = feeds['input_ids']?.dims ?? [];
  const mask = feeds['attention_mask']?.data as BigInt64Array;
  const side = (name: 'start' | 'end') =>
    Array.from({ length: rows }, (_, row) => {
      const tokens = fixture.windows[first + row]?.[name].values();
      const place = mask.subarray(row * length, (row + 1) * length);
      // The best logits of all, but on padding.
      return Array.from(place, (real) => (real === 1n ? (tokens?.next().value ?? 100) : 100));
    }).flat();
  const [start, end] = [side('start'), side('end')];
  if (shape === 'two') {
    return {
      end_logits: tensor('float32', [rows, length], end),
      start_logits: tensor('float32', [rows, length], start),
    };
  }
  const pairs = start.flatMap((value, at) => [value, end[at] as number]);
  return { logits: tensor('float32', [rows, length, 2], pairs) };
}

async function answersOf(options: Partial<SquadTaskOptions>, shape: 'two' | 'one' = 'two') {
  const task = await taskOf(options);
  const scorer = task.score(shape === 'two' ? ['end_logits', 'start_logits'] : ['logits']);
  let windows = 0;
  for await (const feeds of task.samples()) {
    scorer.add(outputsFor(feeds, windows, shape), feeds);
    windows += feeds['input_ids']?.dims[0] ?? 0;
  }
  const { answers = [] } = scorer.finish();
  return Object.fromEntries(ids.map((id, index) => [id, singleSpaced(answers[index])]));
}

/** The reference puts words together again by single spaces. */
const singleSpaced = (text: unknown) => `${text}`.split(/\s+/).join(' ');

/** The reference says "empty" where it finds no answer. */
const withoutEmpty = (answers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(answers).map(([id, text]) => [id, text === 'empty' ? '' : text]),
  );

describe('windows of questions and texts', () => {
  it('hold the tokens of the reference', async () => {
    const rows: [number[], number[]][] = [];
    for await (const feeds of (await taskOf()).samples()) {
      rows.push([rowsOf(feeds, 'input_ids')[0] ?? [], rowsOf(feeds, 'token_type_ids')[0] ?? []]);
    }
    expect(rows).toEqual(fixture.windows.map((window) => [window.ids, window.types]));
  });
});

describe('answers', () => {
  it('are those of the reference', async () => {
    expect(await answersOf({})).toEqual(withoutEmpty(fixture.answers));
  });

  it.each(['two', 'one'] as const)('are the same in batches, from %s outputs', async (shape) => {
    expect(await answersOf({ batchSize: 5 }, shape)).toEqual(withoutEmpty(fixture.answers));
  });

  it('are the same where padding comes first', async () => {
    const tokenizer = await writeTokenizer(fixture.vocab, 'Left');
    expect(await answersOf({ tokenizer, batchSize: 4 })).toEqual(withoutEmpty(fixture.answers));
  });

  it('are the same where the model fixes batch and length', async () => {
    const inputs = bertInputs.map((input) => ({ ...input, dims: [5, 28] }));
    expect(await answersOf({ inputs, maxLength: 384 })).toEqual(withoutEmpty(fixture.answers));
  });

  it('are none where the logits for that exceed the best by more than the threshold', async () => {
    for (const { threshold, answers } of fixture.thresholds) {
      const given = await answersOf({ version: 'v2.0', nullThreshold: threshold });
      expect(given, `${threshold}`).toEqual(withoutEmpty(answers));
    }
  });
});
