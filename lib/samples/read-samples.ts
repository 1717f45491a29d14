import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkInteger, checkOptions, checkText, invalidArgument } from '../arguments.js';
import { onFile } from '../files.js';
import type { Model, ValueInfo } from '../onnx/model.js';
import { checkFeeds } from '../runtime/feeds.js';
import type { TensorMap } from '../tensor.js';
import { samplesOfNpy, samplesOfNpz } from './array-samples.js';
import { samplesOfJsonLines } from './json-samples.js';
import { isJsonLines } from './lines.js';
import { sampleError } from './sample-error.js';
import { samplesOfTexts } from './text-samples.js';

export interface SampleOptions {
  /**
   * Rows of arrays, or texts, that make one sample, where the model leaves the size of its first
   * axis open. Default: 1, so that nothing is padded.
   */
  batchSize?: number | undefined;
  /** The samples to read at most. Default: all. */
  limit?: number | undefined;
  /** A `tokenizer.json`. With it, the file holds texts. Needs the package `@huggingface/tokenizers`. */
  tokenizer?: string | undefined;
  /** Tokens of a text at most, special ones among them. Default: 128. */
  maxLength?: number | undefined;
  /** The field of a JSON line, or the column of a table, that holds the text. Default: `'text'`. */
  textField?: string | undefined;
  /** The field with the second text, for models that take two. */
  pairField?: string | undefined;
}

const textOptions = ['maxLength', 'textField', 'pairField'] as const;

/** Samples in a file. They are read anew, one by one, each time they are iterated. */
export interface SampleFile extends AsyncIterable<TensorMap> {
  readonly path: string;
}

/**
 * Reads samples for a model from a file, for `calibrate` and whatever else runs a model on data:
 *
 * - `.npz`: an array for each input, by its name. An array with as many axes as the input holds all
 *   batches along its first axis and is cut into pieces of `batchSize`, or of the size that the
 *   model fixes; one with an axis more holds one sample in each entry of its first; one with an axis
 *   less is one sample, whose batch axis is left out.
 * - A folder: with one `.npy` file for each input; or with `.npz` files, read in the order of their
 *   names; or, for a model with one input, with `.npy` files.
 * - `.npy`: the same array, for a model with one input.
 * - `.jsonl`: on each line an object with nested lists for each input, or for a model with one
 *   input a bare list; the batch axis may be left out.
 * - With a `tokenizer`: one text a line; or in a field of each line of `.jsonl`, or in a column of
 *   `.csv` or `.tsv`, whose first line names the columns.
 *
 * Numbers take the type of the input where that loses nothing but digits of a float. What is in a
 * file beside the inputs is ignored.
 *
 * @param model - or whatever else tells its inputs, such as a `Runtime`.
 * @throws TypeError for wrong arguments. All else is thrown while samples are read: `ERR_FILE` where
 * a file cannot be read, `ERR_SAMPLES` where it is damaged or does not fit the model.
 */
export function readSamples(
  path: string,
  model: Pick<Model, 'inputs'>,
  options: SampleOptions = {},
): SampleFile {
  checkText('path', path);
  if (!Array.isArray(model?.inputs)) throw invalidArgument('model', 'a Model or a Runtime', model);
  checkSampleOptions(options);
  const { inputs } = model;
  return { path, [Symbol.asyncIterator]: () => read(path, inputs, options) };
}

function checkSampleOptions(options: SampleOptions): void {
  checkOptions('options', options, ['batchSize', 'limit', 'tokenizer', ...textOptions]);
  const { batchSize, limit, maxLength, tokenizer, textField, pairField } = options;
  for (const [name, value] of Object.entries({ batchSize, limit, maxLength })) {
    if (value !== undefined) checkInteger(`options.${name}`, value, 1);
  }
  for (const [name, value] of Object.entries({ tokenizer, textField, pairField })) {
    if (value !== undefined) checkText(`options.${name}`, value);
  }
  const alone = textOptions.find((name) => options[name] !== undefined);
  if (tokenizer === undefined && alone) {
    throw new TypeError(`Expected options.tokenizer beside options.${alone}`);
  }
}

async function* read(
  path: string,
  inputs: readonly ValueInfo[],
  options: SampleOptions,
): AsyncGenerator<TensorMap> {
  let count = 0;
  for await (const sample of await samplesIn(path, inputs, options)) {
    checkFeeds(inputs, sample, `sample ${count} of '${path}'`);
    yield sample;
    count++;
    if (count === options.limit) return;
  }
  if (count === 0) throw sampleError(path, 'has no samples');
}

async function samplesIn(
  path: string,
  inputs: readonly ValueInfo[],
  options: SampleOptions,
): Promise<AsyncIterable<TensorMap>> {
  const { batchSize = 1, tokenizer } = options;
  const isFolder = await onFile('read', path, async () => (await stat(path)).isDirectory());
  if (tokenizer !== undefined) {
    const { maxLength = 128, textField = 'text', pairField } = options;
    return samplesOfTexts(path, inputs, { tokenizer, maxLength, textField, pairField, batchSize });
  }
  if (isFolder) return samplesOfFolder(path, inputs, batchSize);
  if (/\.npz$/i.test(path)) return samplesOfNpz(path, inputs, batchSize);
  if (/\.npy$/i.test(path)) return samplesOfOneInput(path, inputs, [path], batchSize);
  if (isJsonLines(path)) return samplesOfJsonLines(path, inputs);
  throw sampleError(path, 'is no file of samples by its name', {
    remedy:
      'Samples are read from .npz, .npy, .jsonl, a folder of .npz or .npy files, and with a tokenizer from texts.',
  });
}

async function* samplesOfFolder(
  folder: string,
  inputs: readonly ValueInfo[],
  batchSize: number,
): AsyncGenerator<TensorMap> {
  const names = await onFile('read', folder, () => readdir(folder));
  const byNumber = new Intl.Collator('en', { numeric: true });
  const ending = (end: string) => names.filter((name) => name.endsWith(end)).sort(byNumber.compare);
  const [arrays, archives] = [ending('.npy'), ending('.npz')];
  const pathOf = (name: string) => join(folder, name);
  if (inputs.every(({ name }) => arrays.includes(`${name}.npy`))) {
    const files = new Map(inputs.map(({ name }) => [name, pathOf(`${name}.npy`)]));
    yield* samplesOfNpy(folder, inputs, files, batchSize);
  } else if (archives.length > 0) {
    for (const name of archives) yield* samplesOfNpz(pathOf(name), inputs, batchSize);
  } else {
    yield* samplesOfOneInput(folder, inputs, arrays.map(pathOf), batchSize);
  }
}

async function* samplesOfOneInput(
  place: string,
  inputs: readonly ValueInfo[],
  paths: readonly string[],
  batchSize: number,
): AsyncGenerator<TensorMap> {
  const [input, second] = inputs;
  if (!input || second) {
    const wanted = inputs.map(({ name }) => `${name}.npy`).join(', ');
    throw sampleError(place, `does not have an array for each of the ${inputs.length} inputs`, {
      remedy: `Use a folder with ${wanted}, or an .npz file.`,
    });
  }
  for (const path of paths) {
    yield* samplesOfNpy(path, inputs, new Map([[input.name, path]]), batchSize);
  }
}
