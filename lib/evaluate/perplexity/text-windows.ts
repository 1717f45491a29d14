import { readFile } from 'node:fs/promises';
import { onFile } from '../../files.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import { hasRecords, recordsOf, textOf } from '../../samples/records.js';
import { sampleError } from '../../samples/sample-error.js';
import { TextLayout } from '../../samples/text-samples.js';
import { type EncodedText, TextTokenizer } from '../../samples/tokenizer.js';
import type { TensorMap } from '../../tensor.js';
import type { Target } from './targets.js';

export interface TextWindowOptions {
  /** A text, which counts as one however many lines it has, or JSON lines with one each. */
  readonly path: string;
  readonly tokenizer: string;
  readonly inputs: readonly ValueInfo[];
  readonly maxLength: number;
  readonly stride: number;
  readonly batchSize: number;
  readonly textField: string;
  /** Hides one token after the other, for models that see both sides of it. */
  readonly masked: boolean;
}

/** A row that a model is fed, and what it shall predict of it. */
interface Row {
  readonly text: EncodedText;
  readonly targets: readonly Omit<Target, 'row'>[];
}

export interface TargetedFeeds {
  readonly feeds: TensorMap;
  readonly targets: readonly Target[];
}

/** Long texts in windows, each with the tokens that no earlier window had. */
export async function* textWindows(options: TextWindowOptions): AsyncGenerator<TargetedFeeds> {
  const { path, inputs, masked, textField } = options;
  const layout = new TextLayout(path, inputs, options.maxLength);
  const tokenizer = await TextTokenizer.load(options.tokenizer);
  const windowing = { maxLength: layout.mostTokens, stride: options.stride };
  const batchSize = layout.fixedBatch ?? options.batchSize;
  const feedsOf = (batch: readonly Row[]): TargetedFeeds => {
    const fillers = (layout.fixedBatch ?? batch.length) - batch.length;
    const texts = batch.map(({ text }) => text);
    const last = texts.at(-1) as EncodedText;
    const feeds = layout.feedsOf([...texts, ...Array<EncodedText>(fillers).fill(last)], tokenizer);
    const width = Object.values(feeds)[0]?.dims[1] ?? 0;
    const targets = batch.flatMap((each, row) => {
      const padding = tokenizer.padLeft ? width - each.text.ids.length : 0;
      return each.targets.map(({ position, id }) => ({ row, position: position + padding, id }));
    });
    return { feeds, targets };
  };
  let batch: Row[] = [];
  for await (const text of textsIn(path, textField)) {
    const rows = masked
      ? maskedRows(text, tokenizer, windowing.maxLength, path)
      : causalRows(tokenizer.encode(text, undefined, Number.MAX_SAFE_INTEGER), windowing);
    for (const row of rows) {
      batch.push(row);
      if (batch.length < batchSize) continue;
      yield feedsOf(batch);
      batch = [];
    }
  }
  if (batch.length > 0) yield feedsOf(batch);
}

async function* textsIn(path: string, field: string): AsyncGenerator<string> {
  if (!hasRecords(path)) {
    yield await onFile('read', path, () => readFile(path, 'utf8'));
    return;
  }
  for await (const record of recordsOf(path)) {
    yield typeof record.value === 'string' ? record.value : textOf(record, field);
  }
}

/** Each window begins `stride` tokens after the one before; only what is new to it counts. */
function* causalRows(
  { ids, typeIds }: EncodedText,
  { maxLength, stride }: { maxLength: number; stride: number },
): Generator<Row> {
  let counted = 0;
  for (let start = 0; counted < ids.length; start += Math.min(stride, maxLength)) {
    const end = Math.min(start + maxLength, ids.length);
    const targets = [];
    // The first token of a window has nothing before it that could foretell it.
    for (let token = Math.max(counted, start + 1); token < end; token++) {
      targets.push({ position: token - 1 - start, id: ids[token] as number });
    }
    if (targets.length > 0) {
      yield { text: { ids: ids.slice(start, end), typeIds: typeIds.slice(start, end) }, targets };
    }
    counted = end;
  }
}

/**
 * A row for each token, which is hidden in it.
 *
 * Source: pseudo-log-likelihood of Salazar et al., Masked Language Model Scoring (ACL 2020).
 */
function* maskedRows(
  text: string,
  tokenizer: TextTokenizer,
  maxLength: number,
  path: string,
): Generator<Row> {
  const mask = tokenizer.maskId();
  if (mask === undefined)
    throw sampleError(path, 'cannot be hidden token by token: the tokenizer has no mask');
  const { before, after, types } = tokenizer.pairFrame();
  const all = tokenizer.idsOf(text);
  const room = Math.max(1, maxLength - before.ids.length - after.ids.length);
  for (let start = 0; start < all.length; start += room) {
    const ids = [...before.ids, ...all.slice(start, start + room), ...after.ids];
    const typeIds = ids.map(() => types[0]);
    for (let token = start; token < Math.min(start + room, all.length); token++) {
      const position = before.ids.length + token - start;
      const target = { position, id: all[token] as number };
      yield { text: { ids: ids.with(position, mask), typeIds }, targets: [target] };
    }
  }
}
