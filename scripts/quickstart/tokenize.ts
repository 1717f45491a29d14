/** Text to model inputs: token ids, truncated, gathered in batches of similar length, padded. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { type TensorMap, tensor } from 'tensorrt-node';

/** Texts that run together: `indices[row]` is the position of the text in the list given. */
export interface Batch {
  readonly indices: readonly number[];
  readonly feeds: TensorMap;
}

/** The id of `[PAD]` in BERT vocabularies. Which one it is does not matter: it is masked. */
const padId = 0n;

export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  return new Tokenizer(await read('tokenizer.json'), await read('tokenizer_config.json'));
}

/**
 * Token ids of each text, at most `maxTokens` of them. The tokenizer leaves truncation to its
 * caller; the last id kept is the closing `[SEP]`, as in training.
 */
export function encodeTexts(
  tokenizer: Pick<Tokenizer, 'encode'>,
  texts: readonly string[],
  maxTokens: number,
): number[][] {
  return texts.map((text) => {
    const { ids } = tokenizer.encode(text);
    if (ids.length <= maxTokens) return ids;
    return [...ids.slice(0, maxTokens - 1), ids.at(-1) as number];
  });
}

/** Sorts by length, so that little of a batch is padding, and pads to the longest of each batch. */
export function makeBatches(encoded: readonly (readonly number[])[], batchSize: number): Batch[] {
  const lengthOf = (index: number) => encoded[index]?.length ?? 0;
  const order = [...encoded.keys()].sort((a, b) => lengthOf(a) - lengthOf(b));
  const batches: Batch[] = [];
  for (let start = 0; start < order.length; start += batchSize) {
    const indices = order.slice(start, start + batchSize);
    batches.push({ indices, feeds: feedsOf(indices.map((index) => encoded[index] ?? [])) });
  }
  return batches;
}

/** Batches of one text each, in the order given. */
export function makeSingles(encoded: readonly (readonly number[])[]): Batch[] {
  return encoded.map((ids, index) => ({ indices: [index], feeds: feedsOf([ids]) }));
}

function feedsOf(rows: readonly (readonly number[])[]): TensorMap {
  const longest = Math.max(...rows.map((row) => row.length));
  const dims = [rows.length, longest];
  const ids = new BigInt64Array(rows.length * longest).fill(padId);
  const mask = new BigInt64Array(rows.length * longest);
  rows.forEach((row, index) => {
    ids.set(row.map(BigInt), index * longest);
    mask.fill(1n, index * longest, index * longest + row.length);
  });
  return {
    input_ids: tensor('int64', dims, ids),
    attention_mask: tensor('int64', dims, mask),
  };
}
