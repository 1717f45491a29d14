import { checkOptions, checkText, checkTexts } from '../arguments.js';
import { toNumbers } from '../onnx/tensor/numbers.js';
import { Archive } from './byte-sequence.js';
import { NpyArray } from './npy.js';
import { fieldOf, recordsOf } from './records.js';
import { sampleError } from './sample-error.js';

export interface LabelOptions {
  /** Of the classes, by index: with them, records may have names in place of indices. */
  names?: readonly string[] | undefined;
}

/**
 * Reads the right answers that stand beside the samples in a file: an array [samples] of an `.npz`
 * file, or a field of each line of `.jsonl` or row of `.csv` or `.tsv`.
 *
 * @param field - the name of the array, the field or the column.
 * @throws TensorRTError `ERR_SAMPLES` where there are none, or something else than whole numbers;
 * `ERR_FILE`.
 */
export async function readLabels(
  path: string,
  field: string,
  options: LabelOptions = {},
): Promise<number[]> {
  const entries = await readEntries(path, field, options);
  const labels = entries.flatMap(({ value, place }) =>
    [value].flat().map((label) => indexOf(label, place, field, options)),
  );
  if (labels.length > 0 && labels.every(Number.isInteger)) return labels;
  throw sampleError(path, `has no whole numbers in '${field}'`, {
    remedy: 'Labels are the indices of the right answers, one for each sample.',
  });
}

/**
 * As {@link readLabels}, with a list for each row, such as one label for each token: an array
 * [rows, tokens], or a list in each JSON line.
 */
export async function readLabelLists(
  path: string,
  field: string,
  options: LabelOptions = {},
): Promise<number[][]> {
  const entries = await readEntries(path, field, options);
  return entries.map(({ value, place }) => {
    const labels = Array.isArray(value)
      ? value.map((label) => indexOf(label, place, field, options))
      : [Number.NaN];
    if (labels.every(Number.isInteger)) return labels;
    throw sampleError(place, `has no list of whole numbers in '${field}'`, {
      remedy: 'Labels are lists of indices, one for each token.',
    });
  });
}

/** Reads a number for each sample, such as how alike two texts are; otherwise as {@link readLabels}. */
export async function readScores(path: string, field: string): Promise<number[]> {
  const entries = await readEntries(path, field, {});
  return entries.map(({ value, place }) => indexOf(value, place, field, {}));
}

/** What a name stands for; a number stands for itself, and is a text in a table. */
function indexOf(
  value: unknown,
  place: string,
  field: string,
  { names = [] }: LabelOptions,
): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string') {
    const index = names.indexOf(value);
    if (index !== -1) return index;
    if (value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  }
  const wanted = names.length > 0 ? `none of ${names.join(', ')} and no number` : 'no number';
  throw sampleError(place, `has ${wanted} in '${field}'`);
}

/** What a file holds for a sample, and what to call that in messages. */
interface Entry {
  readonly value: unknown;
  readonly place: string;
}

async function readEntries(path: string, field: string, options: LabelOptions): Promise<Entry[]> {
  checkText('path', path);
  checkText('field', field);
  checkOptions('options', options, ['names']);
  if (options.names !== undefined) checkTexts('options.names', options.names);
  if (/\.npz$/i.test(path)) return await entriesOfNpz(path, field);
  const entries: Entry[] = [];
  for await (const record of recordsOf(path)) {
    entries.push({ value: fieldOf(record, field), place: record.label });
  }
  return entries;
}

/** Numbers of an array [samples]; of one with more axes, lists. */
async function entriesOfNpz(path: string, field: string): Promise<Entry[]> {
  const archive = await Archive.open(path);
  try {
    if (!archive.names.includes(`${field}.npy`)) {
      throw sampleError(path, `has no array '${field}', but ${archive.names.join(', ')}`);
    }
    const array = await NpyArray.open(`${path}: ${field}`, await archive.read(`${field}.npy`));
    const [rows = 1, ...rest] = array.header.dims;
    const { type, data } = await array.rows(rows);
    const values = Array.from(toNumbers(type, data));
    const length = values.length / rows;
    return Array.from({ length: rows }, (_, row) => ({
      value: rest.length === 0 ? values[row] : values.slice(row * length, (row + 1) * length),
      place: path,
    }));
  } finally {
    archive.close();
  }
}
