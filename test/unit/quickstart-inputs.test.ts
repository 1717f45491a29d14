import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  parseReviews,
  type Review,
  readReviews,
  sample,
  splitByFilm,
} from '../../scripts/quickstart/dataset.js';
import { readInputs } from '../../scripts/quickstart/inputs.js';
import { parseSafetensors } from '../../scripts/quickstart/safetensors.js';
import { encodeTexts, makeBatches, makeSingles } from '../../scripts/quickstart/tokenize.js';
import { temporaryFolder } from './helpers.js';

describe('reviews', () => {
  const csv = [
    'category,text,movie_name,has_plot_and_reviews',
    'plot,"A long, long plot.",alpha,True',
    'fresh,"Moving, and ""funny"" too.",alpha,True',
    'rotten,  Dull.  ,beta,False',
    'rotten,Dull.,gamma,False',
    'fresh,,beta,False',
    '',
  ].join('\n');

  test('leave out plots, empty texts and repeated ones', () => {
    expect(parseReviews(csv)).toEqual([
      { text: 'Moving, and "funny" too.', label: 1, film: 'alpha' },
      { text: 'Dull.', label: 0, film: 'beta' },
    ]);
  });

  test('refuse a label that they do not know', () => {
    expect(() => parseReviews('category,text,movie_name\nstale,Meh.,alpha\n')).toThrow(/stale/);
  });

  test('are read from a bzip2 file', async () => {
    const file = join(await temporaryFolder(), 'reviews.csv.bz2');
    // `category,text,movie_name\nfresh,Good.,alpha\n`, compressed by bzip2 itself.
    const compressed =
      'QlpoOTFBWSZTWQcR3CkAAAbXgAAQAAUAgAAAr+fdYCAAMUGjRoMgNChNoMUyemmSBcg50r1rNDHe0LkgFmdIeqatl3A+iNKffi7kinChIA4juFI=';
    await writeFile(file, Buffer.from(compressed, 'base64'));
    expect(await readReviews(file)).toEqual([{ text: 'Good.', label: 1, film: 'alpha' }]);
  });

  test('that are missing or no bzip2 file are one error that names the file', async () => {
    const folder = await temporaryFolder();
    const damaged = join(folder, 'damaged.csv.bz2');
    await writeFile(damaged, 'category,text\n');
    for (const file of [damaged, join(folder, 'absent.csv.bz2')]) {
      await expect(readReviews(file)).rejects.toMatchObject({ code: 'ERR_FILE', file });
    }
  });

  const many = Array.from({ length: 4000 }, (_, i): Review => {
    return { text: `review ${i}`, label: i % 2 === 0 ? 1 : 0, film: `film ${i % 800}` };
  });

  test('are split so that no film is in two parts and none is lost', () => {
    const { train, heldIn, heldOut } = splitByFilm(many);
    expect([...train, ...heldIn, ...heldOut].map(({ text }) => text).sort()).toEqual(
      many.map(({ text }) => text).sort(),
    );
    const films = [train, heldIn, heldOut].map((part) => new Set(part.map(({ film }) => film)));
    expect(films.reduce((total, { size }) => total + size, 0)).toBe(800);
    const [trainFilms, heldInFilms, heldOutFilms] = films.map(({ size }) => size / 800);
    expect(trainFilms).toBeCloseTo(0.7, 1);
    expect(heldInFilms).toBeCloseTo(0.1, 1);
    expect(heldOutFilms).toBeCloseTo(0.2, 1);
  });

  test('are sampled alike from any order', () => {
    const chosen = sample(many, 50);
    expect(new Set(chosen).size).toBe(50);
    expect(sample([...many].reverse(), 50)).toEqual(chosen);
    expect(sample(many, 10)).toEqual(chosen.slice(0, 10));
  });
});

test('packages that are not set up are one error with the remedy', async () => {
  const cache = await temporaryFolder();
  vi.stubEnv('TENSORRT_NODE_CACHE', cache);
  onTestFinished(() => void vi.unstubAllEnvs());
  const sizes = { maxTokens: 8, trainTexts: 1, calibrationTexts: 1, latencyTexts: 1 };
  await expect(readInputs(sizes)).rejects.toMatchObject({
    code: 'ERR_FILE',
    file: expect.stringContaining(cache),
    remedy: expect.stringContaining('npm run quickstart'),
  });
});

describe('safetensors', () => {
  const header = JSON.stringify({
    __metadata__: { format: 'pt' },
    ids: { dtype: 'I64', shape: [1], data_offsets: [0, 8] },
    weight: { dtype: 'F32', shape: [2, 1], data_offsets: [8, 16] },
  });
  const bytes = Buffer.alloc(8 + header.length + 16);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  bytes.writeFloatLE(1.5, 8 + header.length + 8);
  bytes.writeFloatLE(-2.25, 8 + header.length + 12);

  test('give the FP32 tensors, wherever in memory the file is', () => {
    const odd = Buffer.concat([Buffer.from('x'), bytes]).subarray(1);
    for (const file of [bytes, odd]) {
      const weights = parseSafetensors(file, 'model.safetensors');
      expect([...weights]).toEqual([
        ['weight', { dims: [2, 1], data: Float32Array.of(1.5, -2.25) }],
      ]);
    }
  });

  test.each([
    ['nothing', Buffer.alloc(0), /only 0 bytes/],
    ['the header cut off', bytes.subarray(0, 40), /header is cut off/],
    ['the values cut off', bytes.subarray(0, -1), /'weight' are cut off/],
    ['another format', Buffer.from('\x04\0\0\0\0\0\0\0nope'), /header is no JSON/],
  ])('with %s are refused', (_, damaged, message) => {
    const parse = () => parseSafetensors(damaged, 'model.safetensors');
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_FILE', file: 'model.safetensors' }));
  });
});

describe('tokens', () => {
  /** 101, one id per letter, 102. */
  const tokenizer = {
    encode: (text: string) => {
      const ids = [101, ...[...text].map((letter) => letter.charCodeAt(0)), 102];
      return { ids, tokens: [], attention_mask: ids.map(() => 1) };
    },
  };

  test('are cut to the length asked for and still end with the closing token', () => {
    expect(encodeTexts(tokenizer, ['abc', 'abcd', ''], 5)).toEqual([
      [101, 97, 98, 99, 102],
      [101, 97, 98, 99, 102],
      [101, 102],
    ]);
  });

  test('of similar length run together, padded to the longest and masked', () => {
    const batches = makeBatches([[1, 2, 3, 4], [5], [6, 7, 8], [9, 10]], 2);
    expect(batches.map(({ indices }) => indices)).toEqual([
      [1, 3],
      [2, 0],
    ]);
    expect(batches[0]?.feeds).toEqual({
      input_ids: { type: 'int64', dims: [2, 2], data: BigInt64Array.of(5n, 0n, 9n, 10n) },
      attention_mask: { type: 'int64', dims: [2, 2], data: BigInt64Array.of(1n, 0n, 1n, 1n) },
    });
    expect(batches[1]?.feeds['attention_mask']?.data).toEqual(
      BigInt64Array.of(1n, 1n, 1n, 0n, 1n, 1n, 1n, 1n),
    );
  });

  test('of the last texts make a smaller batch', () => {
    expect(makeBatches([[1], [2], [3]], 2).map(({ indices }) => indices)).toEqual([[0, 1], [2]]);
  });

  test('of single texts keep the order given', () => {
    const singles = makeSingles([[1, 2], [3]]);
    expect(singles.map(({ indices }) => indices)).toEqual([[0], [1]]);
    expect(singles[0]?.feeds['input_ids']?.dims).toEqual([1, 2]);
  });
});
