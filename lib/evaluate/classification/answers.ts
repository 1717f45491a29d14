import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor, TensorMap } from '../../tensor.js';

/** Values of a model in rows: [rows, columns]. */
export interface Rows {
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The output that a task reads.
 *
 * @param outputs - the names of the model's outputs, in its order.
 * @param wanted - by default the first.
 * @throws TensorRTError `ERR_SAMPLES` where the model has no such output.
 */
export function chosenOutput(outputs: readonly string[], wanted = outputs[0]): string {
  if (wanted !== undefined && outputs.includes(wanted)) return wanted;
  const known = outputs.map((name) => `'${name}'`).join(', ');
  throw new TensorRTError(
    'ERR_SAMPLES',
    `The model has no output '${wanted}', but ${known || 'none'}.`,
    { tensor: wanted, remedy: 'Name the output that holds the answers.' },
  );
}

/** A row of values for each item: the last axis of an output, or a single value where it has but one axis. */
export function rowsOf({ type, dims, data }: Tensor): Rows {
  const values = toNumbers(type, data);
  const columns = dims.length < 2 ? 1 : (dims.at(-1) as number);
  return { values, rows: columns === 0 ? 0 : values.length / columns, columns };
}

/**
 * The class that a row answers with: where its largest value stands, or, where it is a single value,
 * 1 above the threshold and else 0.
 *
 * @returns NaN where a value is NaN: that is no answer.
 */
export function answerOf({ values, columns }: Rows, row: number, threshold: number): number {
  const start = row * columns;
  if (columns === 1) {
    const value = values[start] as number;
    return Number.isNaN(value) ? value : Number(value > threshold);
  }
  let best = 0;
  for (let column = 0; column < columns; column++) {
    const value = values[start + column] as number;
    if (Number.isNaN(value)) return value;
    if (value > (values[start + best] as number)) best = column;
  }
  return best;
}

/** What a model answers to each row of its first output, where no labels are at hand. */
export async function answersOf(
  runtime: Runtime,
  samples: AsyncIterable<TensorMap>,
): Promise<number[]> {
  const answers: number[] = [];
  const output = chosenOutput(runtime.outputs.map(({ name }) => name));
  for await (const feeds of samples) {
    const found = await runtime.infer(feeds, { outputs: [output] });
    const rows = rowsOf(found[output] as Tensor);
    for (let row = 0; row < rows.rows; row++) answers.push(answerOf(rows, row, 0));
  }
  return answers;
}
