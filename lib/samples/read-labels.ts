import { checkText } from '../arguments.js';
import { toNumbers } from '../onnx/tensor/numbers.js';
import { Archive } from './byte-sequence.js';
import { jsonLinesOf } from './lines.js';
import { NpyArray } from './npy.js';
import { sampleError } from './sample-error.js';

/**
 * Reads the right answers that stand beside the samples in a file: an array [samples] of an `.npz`
 * file, or a field of each JSON line.
 *
 * @param field - the name of the array or the field.
 * @throws TensorRTError `ERR_SAMPLES` where there are none, or something else than whole numbers;
 * `ERR_FILE`.
 */
export async function readLabels(path: string, field: string): Promise<number[]> {
  checkText('path', path);
  checkText('field', field);
  const labels = /\.npz$/i.test(path)
    ? await labelsOfNpz(path, field)
    : await labelsOfLines(path, field);
  if (labels.length > 0 && labels.every(Number.isInteger)) return labels;
  throw sampleError(path, `has no whole numbers in '${field}'`, {
    remedy: 'Labels are the indices of the right answers, one for each sample.',
  });
}

async function labelsOfNpz(path: string, field: string): Promise<number[]> {
  const archive = await Archive.open(path);
  try {
    if (!archive.names.includes(`${field}.npy`)) {
      throw sampleError(path, `has no array '${field}', but ${archive.names.join(', ')}`);
    }
    const array = await NpyArray.open(`${path}: ${field}`, await archive.read(`${field}.npy`));
    const { type, data } = await array.rows(array.header.dims[0] ?? 1);
    return Array.from(toNumbers(type, data));
  } finally {
    archive.close();
  }
}

async function labelsOfLines(path: string, field: string): Promise<number[]> {
  const labels: number[] = [];
  for await (const { value, label } of jsonLinesOf(path)) {
    const answer = (value as Record<string, unknown> | null)?.[field];
    if (typeof answer !== 'number') throw sampleError(label, `has no number in '${field}'`);
    labels.push(answer);
  }
  return labels;
}
