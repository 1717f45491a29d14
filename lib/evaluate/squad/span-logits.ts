import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import { chosenOutput } from '../classification/answers.js';

/** The outputs that hold where answers begin and end; one name where a single output holds both. */
export interface SpanOutputs {
  readonly start: string;
  readonly end: string;
}

/** Logits of a batch: those of row r and token t stand at `(r * length + t) * step`. */
interface Side {
  readonly values: ArrayLike<number>;
  readonly step: number;
  readonly first: number;
}

/** For each row and token of a batch, how much speaks for an answer that begins or ends there. */
export class SpanLogits {
  readonly length: number;
  readonly rows: number;
  readonly #start: Side;
  readonly #end: Side;

  /** @throws TensorRTError `ERR_SAMPLES` where the outputs have not the shape of span logits. */
  constructor(outputs: TensorMap, { start, end }: SpanOutputs) {
    const [first, last] = [outputs[start] as Tensor, outputs[end] as Tensor];
    const dims = withoutOnes(first.dims, start === end ? 3 : 2);
    [this.rows, this.length] = [dims[0] ?? 0, dims[1] ?? 0];
    if (start === end) {
      if (dims.length !== 3 || dims[2] !== 2) throw wrongShape(start, first, '[batch, length, 2]');
      const values = toNumbers(first.type, first.data);
      this.#start = { values, step: 2, first: 0 };
      this.#end = { values, step: 2, first: 1 };
      return;
    }
    for (const [name, tensor] of [
      [start, first],
      [end, last],
    ] as const) {
      const own = withoutOnes(tensor.dims, 2);
      if (own.length !== 2 || own[0] !== this.rows || own[1] !== this.length) {
        throw wrongShape(name, tensor, '[batch, length]');
      }
    }
    this.#start = { values: toNumbers(first.type, first.data), step: 1, first: 0 };
    this.#end = { values: toNumbers(last.type, last.data), step: 1, first: 0 };
  }

  /** The logits of `count` tokens of a row, from token `from` on. */
  row(row: number, from: number, count: number): { start: Float64Array; end: Float64Array } {
    const part = ({ values, step, first }: Side) =>
      Float64Array.from(
        { length: count },
        (_, token) => values[(row * this.length + from + token) * step + first] as number,
      );
    return { start: part(this.#start), end: part(this.#end) };
  }
}

/**
 * Outputs with `start` and `end` in their names, such as `start_logits`, or else the only one or
 * `logits`, [batch, length, 2].
 *
 * @param names - of all outputs of a model.
 * @param wanted - those to take instead.
 * @throws TensorRTError `ERR_SAMPLES` where there are none.
 */
export function spanOutputsOf(names: readonly string[], wanted?: SpanOutputs): SpanOutputs {
  if (wanted) {
    const { start, end } = wanted;
    return { start: chosenOutput(names, start), end: chosenOutput(names, end) };
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return { start: only, end: only };
  const withWord = (word: RegExp) => names.filter((name) => word.test(name));
  const [starts, ends] = [withWord(/start/i), withWord(/end/i)];
  if (starts.length === 1 && ends.length === 1) {
    return { start: starts[0] as string, end: ends[0] as string };
  }
  if (names.includes('logits')) return { start: 'logits', end: 'logits' };
  const known = names.map((name) => `'${name}'`);
  throw new TensorRTError(
    'ERR_SAMPLES',
    `The model has no pair of outputs with start and end in their names, but ${known.join(', ')}.`,
    { remedy },
  );
}

/** Without axes of size 1 at the end, which some exporters leave, down to `rank`. */
function withoutOnes(dims: readonly number[], rank: number): readonly number[] {
  let end = dims.length;
  while (end > rank && dims[end - 1] === 1) end--;
  return dims.slice(0, end);
}

const remedy = 'Name the outputs that hold where answers begin and end.';

function wrongShape(name: string, { dims }: Tensor, expected: string): TensorRTError {
  const message = `Output '${name}' is [${dims.join(', ')}], where ${expected} is expected.`;
  return new TensorRTError('ERR_SAMPLES', message, { tensor: name, remedy });
}
