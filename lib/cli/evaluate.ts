import { TensorRTError } from '../errors.js';
import type { Model } from '../onnx/model.js';
import { toNumbers } from '../onnx/tensor/numbers.js';
import { largestAt } from '../quantize/tuning/output-distance.js';
import { openOnnxRuntime } from '../runtime/onnxruntime.js';
import type { Runtime } from '../runtime/runtime.js';
import type { SampleFile } from '../samples/read-samples.js';
import type { Tensor, TensorMap } from '../tensor.js';

/** A metric of a model, from 0 to 1. */
export type Metric = (runtime: Runtime) => Promise<number>;

/** The share of rows whose largest number stands where the label says. */
export function accuracyOf(samples: SampleFile, labels: readonly number[]): Metric {
  return async (runtime) => {
    const answers = await answersOf(runtime, samples);
    checkCount(samples, answers, labels.length);
    return share(answers, labels);
  };
}

/** The share of rows that give the same answer as the float model. */
export async function agreementWith(model: Model, samples: SampleFile): Promise<Metric> {
  await using float = await openOnnxRuntime(model, { isolate: true });
  const expected = await answersOf(float, samples);
  return async (runtime) => share(await answersOf(runtime, samples), expected);
}

async function answersOf(runtime: Runtime, samples: SampleFile): Promise<number[]> {
  const answers: number[] = [];
  for await (const sample of samples) answers.push(...largestOfRows(await runtime.infer(sample)));
  return answers;
}

/** Where the largest number of each row of the first output stands; a row is its last axis. */
function largestOfRows(outputs: TensorMap): number[] {
  const [{ type, dims, data }] = Object.values(outputs) as [Tensor];
  const length = dims.at(-1) ?? 1;
  const values = toNumbers(type, data);
  return Array.from({ length: values.length / length }, (_, row) =>
    largestAt(values, row * length, length),
  );
}

function checkCount({ path }: SampleFile, answers: readonly number[], labels: number): void {
  if (answers.length === labels) return;
  throw new TensorRTError(
    'ERR_SAMPLES',
    `'${path}' has ${labels} labels, and the model gives ${answers.length} answers.`,
    { file: path, remedy: 'Give one label for each row of the first output.' },
  );
}

function share(answers: readonly number[], expected: readonly number[]): number {
  return answers.filter((answer, index) => answer === expected[index]).length / answers.length;
}
