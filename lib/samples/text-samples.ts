import type { ValueInfo } from '../onnx/model.js';
import type { TensorMap } from '../tensor.js';
import { tensorOfNumbers } from './convert.js';
import { linesOf } from './lines.js';
import { hasRecords, recordsOf, textOf } from './records.js';
import { sampleError } from './sample-error.js';
import { type EncodedText, TextTokenizer } from './tokenizer.js';

export interface TextOptions {
  readonly tokenizer: string;
  readonly maxLength: number;
  readonly textField: string;
  readonly pairField: string | undefined;
  readonly batchSize: number;
}

/** What an input of a text model holds, by the names that exporters give it. */
const meanings = {
  input_ids: 'ids',
  attention_mask: 'mask',
  input_mask: 'mask',
  token_type_ids: 'types',
  segment_ids: 'types',
  position_ids: 'positions',
} as const;
type Meaning = (typeof meanings)[keyof typeof meanings];

/** The samples of a file with one text a line, or with texts in the fields of records. */
export async function* samplesOfTexts(
  path: string,
  inputs: readonly ValueInfo[],
  { tokenizer: tokenizerPath, maxLength, textField, pairField, batchSize }: TextOptions,
): AsyncGenerator<TensorMap> {
  const layout = new TextLayout(path, inputs, maxLength);
  const tokenizer = await TextTokenizer.load(tokenizerPath);
  let batch: EncodedText[] = [];
  for await (const [text, pair] of textsOf(path, textField, pairField)) {
    batch.push(tokenizer.encode(text, pair, layout.mostTokens));
    if (batch.length < (layout.fixedBatch ?? batchSize)) continue;
    yield layout.feedsOf(batch, tokenizer);
    batch = [];
  }
  if (batch.length === 0) return;
  if (layout.fixedBatch === undefined) yield layout.feedsOf(batch, tokenizer);
  else
    throw sampleError(
      path,
      `has ${batch.length} texts more than whole batches of ${layout.fixedBatch}`,
    );
}

async function* textsOf(
  path: string,
  textField: string,
  pairField: string | undefined,
): AsyncGenerator<[text: string, pair: string | undefined]> {
  if (!hasRecords(path)) {
    for await (const { text } of linesOf(path)) yield [text, undefined];
    return;
  }
  for await (const record of recordsOf(path)) {
    const { value } = record;
    yield typeof value === 'string'
      ? [value, undefined]
      : [
          textOf(record, textField),
          pairField === undefined ? undefined : textOf(record, pairField),
        ];
  }
}

/** How texts become the inputs of a model. */
export class TextLayout {
  readonly fixedBatch: number | undefined;
  /** Tokens of one text at most. */
  readonly mostTokens: number;
  readonly #fixedLength: number | undefined;
  readonly #inputs: readonly { input: ValueInfo; meaning: Meaning }[];

  constructor(path: string, inputs: readonly ValueInfo[], maxLength: number) {
    this.#inputs = inputs.map((input) => ({ input, meaning: meaningOf(path, input, inputs) }));
    const [batch, length] = inputs[0]?.dims ?? [];
    this.fixedBatch = typeof batch === 'number' ? batch : undefined;
    this.#fixedLength = typeof length === 'number' ? length : undefined;
    this.mostTokens = Math.min(maxLength, this.#fixedLength ?? maxLength);
  }

  /** One text each row, padded to the longest, or to the length that the model fixes. */
  feedsOf(texts: readonly EncodedText[], { padId, padLeft }: TextTokenizer): TensorMap {
    const longest = this.#fixedLength ?? Math.max(...texts.map(({ ids }) => ids.length));
    const row = (values: readonly number[], filler: number) => {
      const padding = new Array<number>(longest - values.length).fill(filler);
      return padLeft ? [...padding, ...values] : [...values, ...padding];
    };
    const values: Record<Meaning, number[]> = {
      ids: texts.flatMap(({ ids }) => row(ids, padId)),
      mask: texts.flatMap(({ ids }) =>
        row(
          ids.map(() => 1),
          0,
        ),
      ),
      types: texts.flatMap(({ typeIds }) => row(typeIds, 0)),
      positions: texts.flatMap(({ ids }) => row([...ids.keys()], 0)),
    };
    const dims = [texts.length, longest];
    return Object.fromEntries(
      this.#inputs.map(({ input: { name, type = 'int64' }, meaning }) => {
        const made = tensorOfNumbers(type, dims, values[meaning], 'a list');
        if (typeof made === 'string') throw sampleError(name, `is ${made}`, { tensor: name });
        return [name, made];
      }),
    );
  }
}

function meaningOf(path: string, { name, dims }: ValueInfo, inputs: readonly ValueInfo[]): Meaning {
  if (name in meanings && (dims === undefined || dims.length === 2)) {
    return meanings[name as keyof typeof meanings];
  }
  const names = inputs.map((input) => `'${input.name}'`).join(', ');
  throw sampleError(path, `cannot be fed as text: the model has the inputs ${names}`, {
    tensor: name,
    remedy: `Texts become ${Object.keys(meanings).join(', ')} [batch, sequence]. Write an .npz file with an array for each input.`,
  });
}
