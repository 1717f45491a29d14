import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueInfo } from '../../dist/onnx/model.js';
import { temporaryFolder } from './helpers.js';

/** What BERT models are fed. */
export const bertInputs: ValueInfo[] = ['input_ids', 'attention_mask', 'token_type_ids'].map(
  (name) => ({ name, type: 'int64', dims: ['batch', 'length'] }),
);

/** Writes a tokenizer as BERT's, lower-casing, for a vocabulary that has the special tokens. */
export async function writeTokenizer(
  vocabulary: readonly string[],
  padding: 'Left' | 'Right' = 'Right',
): Promise<string> {
  const vocab = Object.fromEntries(vocabulary.map((token, id) => [token, id]));
  const special = (token: string, type: number) => ({ SpecialToken: { id: token, type_id: type } });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
  const file = {
    version: '1.0',
    truncation: null,
    padding: { strategy: 'BatchLongest', direction: padding, pad_id: 0, pad_token: '[PAD]' },
    added_tokens: specials.map((content) => ({
      ...{ id: vocab[content], content, special: true },
      ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
    })),
    normalizer: {
      ...{ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true },
      ...{ strip_accents: null, lowercase: true },
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)],
      pair: [
        ...[special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)],
        ...[sequence('B', 1), special('[SEP]', 1)],
      ],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##' },
      ...{ max_input_chars_per_word: 100, vocab },
    },
  };
  return written('tokenizer.json', file);
}

/** Writes a file of SQuAD with one article. */
export function writeSquad(paragraphs: readonly object[], version = '1.1'): Promise<string> {
  return written('squad.json', { version, data: [{ title: 'test', paragraphs }] });
}

export async function written(name: string, value: unknown): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}
