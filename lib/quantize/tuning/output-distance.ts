import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import { ValueDistanceSum } from '../../onnx/tensor/value-distance.js';
import type { Tensor, TensorMap } from '../../tensor.js';

/** How far the float outputs of a model are from those of the model it was made from. */
export interface OutputDistance {
  /** The root of the mean squared difference of all values. */
  readonly rmse: number;
  /** Of all values as one vector: 1 where both point the same way. */
  readonly cosine: number;
  /**
   * The share of rows (the last axis, where that has two entries or more) whose largest value is at
   * the same place; 1 where there are no such rows.
   */
  readonly agreement: number;
  readonly maxError: number;
}

/**
 * Compares what two models return for the same samples. All float outputs count, value by value, so
 * that the numbers do not depend on how samples were batched.
 *
 * A value that is finite in one and not in the other, or infinite with another sign, makes `rmse`
 * and `maxError` infinite and is left out of `cosine`: such a model is worse than any that computes.
 *
 * @param reference - one entry per sample.
 * @param actual - of the same samples, in the same order.
 * @throws TensorRTError `ERR_CALIBRATION` when the outputs differ in number, name or shape, or when
 * there is no float output.
 */
export function outputDistance(
  reference: readonly TensorMap[],
  actual: readonly TensorMap[],
): OutputDistance {
  if (reference.length !== actual.length) {
    throw mismatch(`${reference.length} samples and ${actual.length} samples`);
  }
  const distance = new DistanceSum();
  reference.forEach((outputs, index) => {
    distance.add(outputs, actual[index] as TensorMap);
  });
  return distance.result();
}

/** {@link outputDistance}, sample by sample: nobody has to keep the outputs of them all. */
export class DistanceSum {
  readonly #values = new ValueDistanceSum();
  readonly #rows = new RowAgreement();

  /** @throws TensorRTError `ERR_CALIBRATION` when the outputs differ in name or shape. */
  add(reference: TensorMap, actual: TensorMap): void {
    for (const [name, expected] of Object.entries(reference)) {
      if (!floatTypes.has(expected.type)) continue;
      const received = actual[name];
      if (received?.dims.join() !== expected.dims.join()) {
        throw mismatch(`${shape(expected)} and ${shape(received)} for '${name}'`, name);
      }
      const a = toNumbers(expected.type, expected.data);
      const b = toNumbers(received.type, received.data);
      this.#values.add(a, b);
      this.#rows.add(a, b, expected.dims);
    }
  }

  /** @throws TensorRTError `ERR_CALIBRATION` when no float value came. */
  result(): OutputDistance {
    const { elements, rmse, cosine, maxAbsolute } = this.#values;
    if (elements === 0) throw mismatch('no values of a float type');
    return { rmse, cosine, agreement: this.#rows.share ?? 1, maxError: maxAbsolute };
  }
}

/** In how many rows (the last axis, where that has two entries or more) the largest is at the same place. */
export class RowAgreement {
  #rows = 0;
  #agreeing = 0;

  add(a: ArrayLike<number>, b: ArrayLike<number>, dims: readonly number[]): void {
    const columns = dims.at(-1) ?? 1;
    if (columns < 2) return;
    for (let start = 0; start < a.length; start += columns) {
      this.#rows++;
      if (largestAt(a, start, columns) === largestAt(b, start, columns)) this.#agreeing++;
    }
  }

  /** Of all rows; undefined where there are none. */
  get share(): number | undefined {
    return this.#rows === 0 ? undefined : this.#agreeing / this.#rows;
  }
}

const floatTypes: ReadonlySet<string> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** The place of the largest of some values, the first of several; -1 when all are NaN. */
export function largestAt(values: ArrayLike<number>, start: number, columns: number): number {
  let best = -1;
  let largest = Number.NaN;
  for (let column = 0; column < columns; column++) {
    const value = values[start + column] as number;
    if (value > largest || (Number.isNaN(largest) && !Number.isNaN(value))) {
      largest = value;
      best = column;
    }
  }
  return best;
}

function shape(tensor: Tensor | undefined): string {
  return tensor ? `${tensor.type} [${tensor.dims.join(', ')}]` : 'nothing';
}

function mismatch(received: string, tensor?: string): TensorRTError {
  return new TensorRTError(
    'ERR_CALIBRATION',
    `Expected the outputs of two models for the same samples but received ${received}.`,
    { tensor },
  );
}
