import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type DataType,
  type Model,
  readLabelLists,
  readLabels,
  readSamples,
  readScores,
  type SampleOptions,
  type TensorMap,
} from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { buildModel, temporaryFolder } from './helpers.js';

// The arrays in this folder were written by NumPy, the expected tokens by Hugging Face's library.
const fixtures = resolve(import.meta.dirname, '../fixtures/samples');
const fixture = (name: string) => join(fixtures, name);

type Dims = (number | string)[];

function modelOf(inputs: Record<string, [DataType, Dims]>): Model {
  return buildModel({
    inputs: Object.entries(inputs).map(([name, [type, dims]]) => ({ name, type, dims })),
    outputs: [{ name: 'y', type: 'float32', dims: [1] }],
    nodes: [{ opType: 'Identity', inputs: [Object.keys(inputs)[0] as string], outputs: ['y'] }],
  });
}

const encoder = (batch: number | string = 'batch', length: number | string = 'length') =>
  modelOf({
    input_ids: ['int64', [batch, length]],
    attention_mask: ['int64', [batch, length]],
  });
const classifier = () => modelOf({ x: ['float32', ['batch', 3]] });

async function all(path: string, model: Model, options?: SampleOptions): Promise<TensorMap[]> {
  const samples: TensorMap[] = [];
  for await (const sample of readSamples(path, model, options)) samples.push(sample);
  return samples;
}

/** Without types and with plain numbers, to be compared at a glance. */
const plain = (samples: TensorMap[], name: string) =>
  samples.map((sample) => {
    const { dims, data } = sample[name] as TensorMap[string];
    return [dims, Array.from(data as ArrayLike<number | bigint>, Number)];
  });

async function written(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}

const rows = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
  [9, 10, 11],
  [12, 13, 14],
];

describe('samples in an .npz file', () => {
  it.each(['stored.npz', 'deflated.npz', 'zip64.npz'])(
    'are the rows of the arrays of %s',
    async (file) => {
      const samples = await all(fixture(file), encoder());
      expect(plain(samples, 'input_ids')).toEqual(rows.map((row) => [[1, 3], row]));
      expect(samples[0]?.['attention_mask']).toEqual({
        type: 'int64',
        dims: [1, 3],
        data: BigInt64Array.of(1n, 1n, 1n),
      });
      expect(Object.keys(samples[0] ?? {})).toEqual(['input_ids', 'attention_mask']);
    },
  );

  it('are gathered in batches, the last of which may be smaller', async () => {
    const samples = await all(fixture('stored.npz'), encoder(), { batchSize: 2 });
    expect(plain(samples, 'input_ids')).toEqual([
      [
        [2, 3],
        [0, 1, 2, 3, 4, 5],
      ],
      [
        [2, 3],
        [6, 7, 8, 9, 10, 11],
      ],
      [
        [1, 3],
        [12, 13, 14],
      ],
    ]);
  });

  it('have the batch that the model fixes, which has to divide the rows', async () => {
    const samples = await all(fixture('stored.npz'), encoder(5, 3));
    expect(plain(samples, 'input_ids')).toEqual([[[5, 3], rows.flat()]]);
    await expect(all(fixture('stored.npz'), encoder(2, 3))).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining('has 5 rows, 1 more than whole batches of 2'),
    });
  });

  it('are what stands in arrays with one axis more', async () => {
    const samples = await all(fixture('batches.npz'), encoder());
    expect(plain(samples, 'input_ids')).toEqual(rows.map((row) => [[1, 3], row]));
  });

  it('end at the limit, and can be read again', async () => {
    const file = readSamples(fixture('deflated.npz'), encoder(), { limit: 2 });
    for (const _ of [1, 2]) {
      const samples = [];
      for await (const sample of file) samples.push(sample);
      expect(plain(samples, 'input_ids')).toEqual([
        [
          [1, 3],
          [0, 1, 2],
        ],
        [
          [1, 3],
          [3, 4, 5],
        ],
      ]);
    }
  });

  const types = {
    f2: 'float16',
    f4: 'float32',
    f8: 'float64',
    i1: 'int8',
    i2: 'int16',
    i4: 'int32',
    i8: 'int64',
    u1: 'uint8',
    u2: 'uint16',
    u4: 'uint32',
    u8: 'uint64',
    b1: 'bool',
  } as const;

  it('keep their element type', async () => {
    const inputs = Object.entries(types).map(([name, type]) => [name, [type, ['n', 2]]]);
    const samples = await all(fixture('types.npz'), modelOf(Object.fromEntries(inputs)), {
      batchSize: 2,
    });
    for (const [name, type] of Object.entries(types)) {
      const one = name === 'f2' ? 0x3c00 : 1;
      expect(samples[0]?.[name]?.type).toBe(type);
      expect(plain(samples, name)).toEqual([
        [
          [2, 2],
          [0, one, one, 0],
        ],
      ]);
    }
  });

  it('take the type of the input', async () => {
    const inputs = Object.keys(types).map((name) => [name, ['float32', ['n', 2]]]);
    const samples = await all(fixture('types.npz'), modelOf(Object.fromEntries(inputs)), {
      limit: 1,
    });
    for (const name of Object.keys(types)) {
      expect(samples[0]?.[name]).toEqual({
        type: 'float32',
        dims: [1, 2],
        data: Float32Array.of(0, 1),
      });
    }
    const half = await all(fixture('types.npz'), modelOf({ f8: ['bfloat16', ['n', 2]] }));
    expect(plain(half, 'f8')[0]).toEqual([
      [1, 2],
      [0, 0x3f80],
    ]);
  });

  it('are read from big-endian arrays', async () => {
    const wide = ['f4', 'f8', 'i2', 'i4', 'i8'];
    const inputs = wide.map((name) => [name, ['float64', ['n', 2]]]);
    const samples = await all(fixture('big-endian.npz'), modelOf(Object.fromEntries(inputs)), {
      batchSize: 2,
    });
    for (const name of wide)
      expect(plain(samples, name)).toEqual([
        [
          [2, 2],
          [1, 258, -3, 1000],
        ],
      ]);
  });

  it.each([
    ['uneven.npz', encoder(), "has 5 for 'input_ids' and 4 for 'attention_mask'"],
    ['stored.npz', classifier(), "has no array for the input 'x', but 'input_ids', "],
    ['stored.npz', modelOf({ labels: ['int64', ['n', 3, 3]] }), 'has the shape [5]'],
    [
      'big-endian.npz',
      modelOf({ i2: ['uint8', ['n', 2]] }),
      'is int16 with 258, which uint8 cannot',
    ],
    ['big-endian.npz', modelOf({ i2: ['int16', ['n', 4]] }), undefined, 'ERR_FEED'],
  ])(
    'of %s are compared with the model (%#)',
    async (file, model, problem, code = 'ERR_SAMPLES') => {
      if (problem === undefined && code === 'ERR_SAMPLES') {
        // 0 and 1 are whole in every type.
        expect(await all(fixture(file), model)).toHaveLength(2);
        return;
      }
      await expect(all(fixture(file), model)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(problem ?? ''),
      });
    },
  );

  it('are refused with a reason where the archive is damaged, wherever that is', async () => {
    for (const name of ['stored.npz', 'deflated.npz', 'zip64.npz']) {
      const bytes = await readFile(fixture(name));
      for (let length = 0; length < bytes.length; length += 53) {
        const path = await written('cut.npz', bytes.subarray(0, length));
        await expect(all(path, encoder())).rejects.toMatchObject({ code: 'ERR_SAMPLES' });
      }
    }
  });

  it('are refused where the check sum tells that bits have changed', async () => {
    const bytes = await readFile(fixture('stored.npz'));
    // The low byte of the second id, which is 1 and stands behind the header of 128 bytes.
    const start = bytes.indexOf('\x93NUMPY', 0, 'latin1') + 128 + 8;
    expect(bytes[start]).toBe(1);
    bytes[start] = 2;
    const path = await written('flipped.npz', bytes);
    await expect(all(path, encoder())).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining('check sum'),
    });
  });

  it('never end in anything but samples or a typed error when bytes are overwritten', async () => {
    const bytes = await readFile(fixture('deflated.npz'));
    for (let at = 0; at < bytes.length; at += 11) {
      const changed = Buffer.from(bytes);
      changed[at] = 255 - (changed[at] as number);
      const path = await written('changed.npz', changed);
      const outcome = await all(path, encoder()).catch((error: { code?: string }) => error.code);
      if (!Array.isArray(outcome)) expect(['ERR_SAMPLES', 'ERR_FEED']).toContain(outcome);
    }
  });
});

describe('samples in a folder', () => {
  it('are in one .npy file for each input', async () => {
    const samples = await all(fixture('by-name'), encoder());
    expect(plain(samples, 'input_ids')).toEqual(rows.map((row) => [[1, 3], row]));
    expect(samples[4]?.['attention_mask']?.type).toBe('int64');
  });

  it('are in files by number, with or without a batch axis, for a model with one input', async () => {
    const samples = await all(fixture('one-input'), classifier());
    expect(plain(samples, 'x')).toEqual([
      [
        [1, 3],
        [0.375, 0.5, 0.625],
      ],
      [
        [1, 3],
        [0.75, 0.875, 1],
      ],
    ]);
    await expect(all(fixture('one-input'), encoder())).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      remedy: expect.stringContaining('input_ids.npy, attention_mask.npy'),
    });
  });

  it('are in .npz files, in the order of their names', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, '10.npz'), await readFile(fixture('stored.npz')));
    await writeFile(join(folder, '9.npz'), await readFile(fixture('batches.npz')));
    expect(await all(folder, encoder())).toHaveLength(10);
    await writeFile(join(folder, '10.npz'), 'no zip');
    await expect(all(folder, encoder())).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      file: join(folder, '10.npz'),
    });
  });
});

describe('an .npy file', () => {
  it.each([
    ['fortran.npy', 'is stored column by column'],
    ['objects.npy', 'holds elements of the type object'],
    ['texts.npy', 'holds elements of the type <U2'],
  ])('%s is refused with what to do', async (file, problem) => {
    await expect(all(fixture(file), classifier())).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining(problem),
      remedy: expect.any(String),
    });
  });

  it('whose header promises more than there is, is refused without much memory', async () => {
    const bytes = await readFile(fixture('one-input/2.npy'));
    const huge = Buffer.from(
      bytes.toString('latin1').replace('(1, 3), }       ', '(1, 3000000000),}'),
      'latin1',
    );
    expect(huge).toHaveLength(bytes.length + 1);
    huge.writeUInt16LE(huge.readUInt16LE(8) + 1, 8);
    const path = await written('huge.npy', huge);
    await expect(all(path, modelOf({ x: ['float32', ['a', 'b']] }))).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining('ends 11999999988 bytes too early'),
    });
  });
});

describe('samples in JSON lines', () => {
  it('are objects with nested lists, with or without the batch axis', async () => {
    const path = await written(
      'samples.jsonl',
      '\uFEFF{"input_ids": [[1, 2]], "attention_mask": [[true, false]], "label": "x"}\r\n\n{"input_ids":[3],"attention_mask":[1]}',
    );
    const samples = await all(path, encoder());
    expect(plain(samples, 'input_ids')).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [[1, 1], [3]],
    ]);
    expect(plain(samples, 'attention_mask')[0]).toEqual([
      [1, 2],
      [1, 0],
    ]);
  });

  it('are bare lists for a model with one input', async () => {
    const path = await written('samples.jsonl', '[1, 2.5, 3]\n[[4,5,6],[7,8,9]]\n');
    expect(plain(await all(path, classifier()), 'x')).toEqual([
      [
        [1, 3],
        [1, 2.5, 3],
      ],
      [
        [2, 3],
        [4, 5, 6, 7, 8, 9],
      ],
    ]);
  });

  it.each([
    ['[1, 2, 3', "samples.jsonl:2' is not JSON"],
    ['"text"', 'is not an object with a list'],
    ['{"y": [1]}', "has nothing for the input 'x'"],
    ['[[1, 2, 3], [4]]', 'lists that differ in length'],
    ['[1, null, 3]', 'something that is no number'],
    ['[1, "2", 3]', 'something that is no number'],
  ])('are refused with the line: %s', async (line, problem) => {
    const path = await written('samples.jsonl', `[1,2,3]\n${line}\n`);
    await expect(all(path, classifier())).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining(problem),
    });
  });

  it('are held against the types of the inputs', async () => {
    const path = await written('samples.jsonl', '{"input_ids":[0.5],"attention_mask":[1]}');
    await expect(all(path, encoder())).rejects.toThrow('a list with 0.5, which int64 cannot hold');
  });
});

describe('texts', () => {
  const tokenizer = fixture('tokenizer/tokenizer.json');
  const withTypes = () =>
    modelOf({
      input_ids: ['int64', ['batch', 'length']],
      attention_mask: ['int64', ['batch', 'length']],
      token_type_ids: ['int32', ['batch', 'length']],
    });

  it('become the tokens that the library of Hugging Face makes of them, cut alike', async () => {
    const cases = JSON.parse(await readFile(fixture('tokenizer/expected.json'), 'utf8')) as {
      text: string;
      pair: string | null;
      maxLength: number;
      ids: number[];
      typeIds: number[];
    }[];
    for (const { text, pair, maxLength, ids, typeIds } of cases) {
      const path = await written('texts.jsonl', JSON.stringify({ question: text, answer: pair }));
      const [sample] = await all(path, withTypes(), {
        tokenizer,
        maxLength,
        textField: 'question',
        ...(pair !== null && { pairField: 'answer' }),
      });
      const place = `${text} | ${pair} at ${maxLength}`;
      expect(plain([sample as TensorMap], 'input_ids'), place).toEqual([[[1, ids.length], ids]]);
      expect(plain([sample as TensorMap], 'token_type_ids'), place).toEqual([
        [[1, ids.length], typeIds],
      ]);
    }
    expect(cases).toHaveLength(24);
  });

  it('are padded in batches, and the mask says where', async () => {
    const path = await written('texts.txt', 'a film\n\nthe film is good\nbad\n');
    const samples = await all(path, encoder(), { tokenizer, batchSize: 2 });
    expect(plain(samples, 'input_ids')).toEqual([
      [
        [2, 6],
        [2, 5, 6, 3, 0, 0, 2, 4, 6, 7, 8, 3],
      ],
      [
        [1, 3],
        [2, 9, 3],
      ],
    ]);
    expect(plain(samples, 'attention_mask')[0]).toEqual([
      [2, 6],
      [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1],
    ]);
  });

  it('fill the length that the model fixes', async () => {
    const path = await written('texts.jsonl', '"bad"\n{"text":"a film is not good"}');
    const samples = await all(path, encoder(1, 4), { tokenizer });
    expect(plain(samples, 'input_ids')).toEqual([
      [
        [1, 4],
        [2, 9, 3, 0],
      ],
      [
        [1, 4],
        [2, 5, 6, 3],
      ],
    ]);
  });

  it.each([
    ['texts.csv', '\uFEFFrating,review\r\n1,"a film,\n""good"""\r\n\r\n0,bad\r\n'],
    ['texts.TSV', 'rating\treview\n1\ta film, "good"\n0\tbad\n'],
    ['texts.jsonl', '{"review":"a film, \\"good\\""}\n{"review":"bad"}'],
  ])('are in a column or a field: %s', async (name, content) => {
    const options = { tokenizer, textField: 'review' };
    const samples = await all(await written(name, content), encoder(), options);
    const [expected] = await all(await written('one.txt', 'a film, "good"'), encoder(), options);
    expect(samples).toHaveLength(2);
    expect(samples[0]).toEqual(expected);
    expect(plain(samples, 'input_ids')[1]).toEqual([
      [1, 3],
      [2, 9, 3],
    ]);
  });

  it.each([
    ['texts.csv', 'text\na film,bad\n', 'is no table: Invalid Record Length'],
    ['texts.csv', 'text\n"a film\n', 'is no table: Quote Not Closed'],
    ['texts.tsv', 'review\na film\n', "texts.tsv:2' has no field 'text', but review"],
    ['texts.csv', '', 'has no samples'],
  ])('are refused with a reason in a table: %s', async (name, content, problem) => {
    await expect(all(await written(name, content), encoder(), { tokenizer })).rejects.toMatchObject(
      { code: 'ERR_SAMPLES', message: expect.stringContaining(problem) },
    );
    await expect(all('/nowhere.csv', encoder(), { tokenizer })).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });

  it.each([
    ['{"body":"a"}', encoder(), "has no field 'text', but body"],
    ['[]', encoder(), "has no field 'text'."],
    ['{"text":1}', encoder(), "has no text in the field 'text'"],
    ['{"text":"a"}', classifier(), 'cannot be fed as text'],
    ['', encoder(), 'has no samples'],
  ])('are refused with a reason: %s', async (line, model, problem) => {
    const path = await written('texts.jsonl', line);
    await expect(all(path, model, { tokenizer })).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining(problem),
    });
  });

  it('need a tokenizer that can be read', async () => {
    const path = await written('texts.txt', 'a film');
    await expect(all(path, encoder())).rejects.toThrow('is no file of samples by its name');
    await expect(all(path, encoder(), { tokenizer: path })).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining('is not a tokenizer'),
    });
    await expect(all(path, encoder(), { tokenizer: '/nowhere.json' })).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });
});

describe('labels', () => {
  it('are an array, or a field of JSON lines', async () => {
    expect(await readLabels(fixture('stored.npz'), 'labels')).toEqual([0, 1, 2, 3, 4]);
    const path = await written('samples.jsonl', '{"label":1}\n{"label":0}');
    expect(await readLabels(path, 'label')).toEqual([1, 0]);
  });

  it('may be names, in JSON lines', async () => {
    const path = await written('samples.jsonl', '{"label":"good"}\n{"label":"bad"}\n{"label":1}');
    expect(await readLabels(path, 'label', { names: ['bad', 'good'] })).toEqual([1, 0, 1]);
    await expect(readLabels(path, 'label', { names: ['bad', 'fair'] })).rejects.toThrow(
      "samples.jsonl:1' has none of bad, fair and no number in 'label'",
    );
    const misspelt = { labels: [] } as object;
    await expect(readLabels(path, 'label', misspelt)).rejects.toThrow(TypeError);
  });

  it('are names or numbers in the column of a table', async () => {
    const path = await written('samples.csv', 'text,label,score\na film,good,0.5\nbad,bad,-2e0\n');
    expect(await readLabels(path, 'label', { names: ['bad', 'good'] })).toEqual([1, 0]);
    expect(await readScores(path, 'score')).toEqual([0.5, -2]);
    await expect(readLabels(path, 'label')).rejects.toThrow("csv:2' has no number in 'label'");
    await expect(readLabels(path, 'class')).rejects.toThrow(
      "csv:2' has no field 'class', but text, label, score",
    );
    await expect(readLabelLists(path, 'label')).rejects.toThrow('has no list of whole numbers');
  });

  it('may be a list for each row', async () => {
    const path = await written('samples.jsonl', '{"tags":[0,-100,2]}\n{"tags":["B"]}');
    expect(await readLabelLists(path, 'tags', { names: ['O', 'B'] })).toEqual([[0, -100, 2], [1]]);
    await expect(readLabelLists(fixture('stored.npz'), 'labels')).rejects.toThrow(
      "has no list of whole numbers in 'labels'",
    );
  });

  it('may be any numbers, where they are scores', async () => {
    const path = await written('samples.jsonl', '{"score":1.5}\n{"score":-2}');
    expect(await readScores(path, 'score')).toEqual([1.5, -2]);
    await expect(readScores(path, 'label')).rejects.toThrow("has no field 'label', but score");
  });

  it.each([
    ['{"label":"good"}', 'label', "has no number in 'label'"],
    ['{"label":0.5}', 'label', "has no whole numbers in 'label'"],
    ['{"label":1}', 'class', "has no field 'class', but label"],
  ])('are refused with a reason: %s', async (line, field, problem) => {
    const path = await written('samples.jsonl', line);
    await expect(readLabels(path, field)).rejects.toMatchObject({
      code: 'ERR_SAMPLES',
      message: expect.stringContaining(problem),
    });
    await expect(readLabels(fixture('stored.npz'), 'label')).rejects.toThrow("no array 'label'");
  });
});

describe('arguments of readSamples', () => {
  it('are checked at once', () => {
    const path = 'samples.npz';
    expect(() => readSamples('', encoder())).toThrow('for path but received');
    expect(() => readSamples(path, {} as Model)).toThrow('Expected a Model');
    expect(() => readSamples(path, encoder(), { batchSize: 0 })).toThrow('options.batchSize');
    expect(() => readSamples(path, encoder(), { textField: 'text' })).toThrow('options.tokenizer');
    expect(() => readSamples(path, encoder(), { batch: 1 } as SampleOptions)).toThrow("'batch'");
  });

  it('name a file that does not exist', async () => {
    await expect(all('/nowhere.npz', encoder())).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});
