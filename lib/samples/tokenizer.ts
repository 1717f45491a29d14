import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TensorRTError } from '../errors.js';
import { isSystemError, onFile } from '../files.js';
import { sampleError } from './sample-error.js';

/** A text, or two, as a model takes it. */
export interface EncodedText {
  readonly ids: readonly number[];
  /** 0 for the first text, 1 for the second. */
  readonly typeIds: readonly number[];
}

/** What stands around two texts, such as [CLS] first [SEP] second [SEP]. */
export interface PairFrame {
  readonly before: EncodedText;
  readonly between: EncodedText;
  readonly after: EncodedText;
  /** Of the tokens of the first and of the second text. */
  readonly types: readonly [first: number, second: number];
}

type Json = Record<string, unknown>;
type HuggingFaceTokenizer = import('@huggingface/tokenizers').Tokenizer;

/**
 * A `tokenizer.json` in use: special tokens, truncation and padding as the `tokenizers` library of
 * Hugging Face does them. The package that reads the file leaves truncation and padding out.
 */
export class TextTokenizer {
  readonly padId: number;
  readonly padLeft: boolean;
  /** What stands for whatever is not in the vocabulary; undefined where everything is. */
  readonly unknownToken: string | undefined;
  readonly #tokenizer: HuggingFaceTokenizer;

  private constructor(tokenizer: HuggingFaceTokenizer, file: Json, config: Json) {
    this.#tokenizer = tokenizer;
    const padding = (file['padding'] ?? {}) as { pad_id?: number; direction?: string };
    const named = typeof config['pad_token'] === 'string' ? config['pad_token'] : '[PAD]';
    this.unknownToken = (file['model'] as { unk_token?: string } | undefined)?.unk_token;
    this.padId = padding.pad_id ?? tokenizer.token_to_id(named) ?? 0;
    this.padLeft = (padding.direction ?? config['padding_side'] ?? '').toString() in leftNames;
  }

  /**
   * @param path - a `tokenizer.json`; what `tokenizer_config.json` beside it says is taken too.
   * @throws TensorRTError `ERR_SAMPLES` when it is damaged, or the package `@huggingface/tokenizers`
   * is not installed; `ERR_FILE` when it cannot be read.
   */
  static async load(path: string): Promise<TextTokenizer> {
    const file = parse(path, await onFile('read', path, () => readFile(path, 'utf8')));
    const configPath = join(dirname(path), 'tokenizer_config.json');
    const config = parse(configPath, await readIfThere(configPath));
    const { Tokenizer } = await importTokenizers();
    try {
      return new TextTokenizer(new Tokenizer(file, config), file, config);
    } catch (cause) {
      throw notATokenizer(path, (cause as Error).message, cause);
    }
  }

  /** The ids of a text or a pair with special tokens, at most `maxLength` of them. */
  encode(text: string, pair: string | undefined, maxLength: number): EncodedText {
    const { ids, token_type_ids: typeIds } = this.#tokenizer.encode(text, {
      text_pair: pair ?? null,
      return_token_type_ids: true,
    });
    if (ids.length <= maxLength) return { ids, typeIds };
    const kept = keptPositions(ids, this.idsOf(text), this.idsOf(pair ?? ''), maxLength);
    const pick = (values: readonly number[]) => kept.map((position) => values[position] as number);
    return { ids: pick(ids), typeIds: pick(typeIds) };
  }

  /** How this tokenizer puts two texts together. */
  pairFrame(): PairFrame {
    const { ids, typeIds } = this.encode('a', 'a', Number.MAX_SAFE_INTEGER);
    const text = this.idsOf('a');
    const first = find(ids, text, 0);
    const second = find(ids, text, first + text.length);
    const part = (start: number, end?: number): EncodedText => ({
      ids: ids.slice(start, end),
      typeIds: typeIds.slice(start, end),
    });
    return {
      before: part(0, first),
      between: part(first + text.length, second),
      after: part(second + text.length),
      types: [typeIds[first] ?? 0, typeIds[second] ?? 0],
    };
  }

  /** The ids of a text alone, all of them and without special tokens. */
  idsOf(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** The token as it stands in the vocabulary, such as `##ing`. */
  tokenOf(id: number): string {
    return this.#tokenizer.id_to_token(id) ?? '';
  }

  /** A text as it is cut into tokens: in lower case, without accents, or as it was. */
  normalize(text: string): string {
    return this.#tokenizer.normalizer?.normalize(text) ?? text;
  }

  /** What stands in the place of a hidden token; undefined where the model has none. */
  maskId(): number | undefined {
    return this.#tokenizer.token_to_id('[MASK]') ?? this.#tokenizer.token_to_id('<mask>');
  }
}

const leftNames = { left: true, Left: true };

/**
 * The positions that truncation leaves: all special tokens, of each text the beginning. The longer
 * text is cut first, as `longest_first` does.
 */
function keptPositions(
  ids: readonly number[],
  first: readonly number[],
  second: readonly number[],
  maxLength: number,
): number[] {
  const special = ids.length - first.length - second.length;
  const [keepFirst, keepSecond] = shares(first.length, second.length, maxLength - special);
  const startOfFirst = find(ids, first, 0);
  const startOfSecond = find(ids, second, startOfFirst + first.length);
  return [...ids.keys()].filter((position) => {
    const inFirst = position - startOfFirst;
    if (inFirst >= 0 && inFirst < first.length) return inFirst < keepFirst;
    const inSecond = position - startOfSecond;
    return inSecond < 0 || inSecond >= second.length || inSecond < keepSecond;
  });
}

/** Where the tokens of a text begin among all. */
function find(ids: readonly number[], wanted: readonly number[], from: number): number {
  for (let start = from; start + wanted.length <= ids.length; start++) {
    if (wanted.every((id, index) => ids[start + index] === id)) return start;
  }
  return from;
}

/** Source: `truncate_encodings` of Hugging Face's tokenizers, for `longest_first`. */
function shares(first: number, second: number, room: number): [number, number] {
  const budget = Math.max(0, room);
  const shorter = Math.min(first, second, budget);
  const longer = Math.max(shorter, budget - shorter);
  const [small, large] =
    shorter + longer > budget ? [Math.floor(budget / 2), Math.ceil(budget / 2)] : [shorter, longer];
  return first <= second ? [small, large] : [large, small];
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return '{}';
    throw await onFile('read', path, () => Promise.reject(error));
  }
}

function parse(path: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw notATokenizer(path, (cause as Error).message, cause);
  }
}

function notATokenizer(path: string, problem: string, cause: unknown): TensorRTError {
  return sampleError(path, `is not a tokenizer: ${problem}`, {
    cause,
    remedy:
      'Pass the tokenizer.json of the model, as the tokenizers library of Hugging Face saves it.',
  });
}

async function importTokenizers(): Promise<typeof import('@huggingface/tokenizers')> {
  try {
    return await import('@huggingface/tokenizers');
  } catch (cause) {
    throw new TensorRTError(
      'ERR_SAMPLES',
      'Reading texts needs the package @huggingface/tokenizers, which cannot be loaded.',
      { cause, remedy: 'Install it with `npm install @huggingface/tokenizers`.' },
    );
  }
}
