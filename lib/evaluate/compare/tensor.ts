import { toNumbers } from '../../onnx/tensor/numbers.js';
import { ValueDistanceSum } from '../../onnx/tensor/value-distance.js';
import { RowAgreement } from '../../quantize/tuning/output-distance.js';
import type { Tensor } from '../../tensor.js';
import type { NonFinite, Place, TensorComparison, Tolerance } from './result.js';

/** Compares one tensor of two models, sample by sample. */
export class TensorComparator {
  readonly name: string;
  readonly #tolerance: Tolerance;
  readonly #distance = new ValueDistanceSum();
  readonly #rows = new RowAgreement();
  readonly #nonFinite = { a: new NonFiniteCount(), b: new NonFiniteCount() };
  #largest = 0;
  #beyond = 0;
  #firstBeyond: TensorComparison['firstBeyond'];
  #mismatch: TensorComparison['mismatch'];

  constructor(name: string, tolerance: Tolerance) {
    this.name = name;
    this.#tolerance = tolerance;
  }

  add(sample: number, a: Tensor, b: Tensor): void {
    if (a.dims.join() !== b.dims.join()) {
      this.#mismatch ??= { sample, a: describe(a), b: describe(b) };
      return;
    }
    const [left, right] = [toNumbers(a.type, a.data), toNumbers(b.type, b.data)];
    this.#distance.add(left, right);
    this.#rows.add(left, right, a.dims);
    const place = (index: number): Place => ({ sample, index: axesOf(index, a.dims) });
    this.#nonFinite.a.add(left, place);
    this.#nonFinite.b.add(right, place);
    this.#judge(left, right, place);
  }

  result(): TensorComparison {
    const { elements, maxAbsolute, meanAbsolute, maxRelative, meanRelative, rmse, cosine } =
      this.#distance;
    return {
      name: this.name,
      elements,
      within: this.#beyond === 0 && !this.#mismatch,
      beyond: this.#beyond,
      ...(this.#firstBeyond && { firstBeyond: this.#firstBeyond }),
      maxAbsolute,
      meanAbsolute,
      maxRelative,
      meanRelative,
      rmse,
      cosine,
      agreement: this.#rows.share,
      largest: this.#largest,
      nonFinite: { a: this.#nonFinite.a.result(), b: this.#nonFinite.b.result() },
      ...(this.#mismatch && { mismatch: this.#mismatch }),
    };
  }

  #judge(a: ArrayLike<number>, b: ArrayLike<number>, place: (index: number) => Place): void {
    const { absolute, relative } = this.#tolerance;
    for (let index = 0; index < a.length; index++) {
      const [x, y] = [a[index] as number, b[index] as number];
      const size = Math.abs(x);
      if (size > this.#largest && size !== Number.POSITIVE_INFINITY) this.#largest = size;
      // What is not finite is near to itself alone, so that an infinite |a| allows nothing.
      if (Object.is(x, y)) continue;
      if (Number.isFinite(x) && Math.abs(y - x) <= absolute + relative * size) continue;
      this.#beyond++;
      this.#firstBeyond ??= { ...place(index), a: x, b: y };
    }
  }
}

class NonFiniteCount {
  #nan = 0;
  #infinite = 0;
  #first: Place | undefined;

  add(values: ArrayLike<number>, place: (index: number) => Place): void {
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number;
      if (Number.isFinite(value)) continue;
      if (Number.isNaN(value)) this.#nan++;
      else this.#infinite++;
      this.#first ??= place(index);
    }
  }

  result(): NonFinite {
    const first = this.#first && { first: this.#first };
    return { nan: this.#nan, infinite: this.#infinite, ...first };
  }
}

/** The place of an element in a row-major tensor. */
function axesOf(element: number, dims: readonly number[]): number[] {
  let rest = element;
  return dims
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .reverse();
}

function describe({ type, dims }: Tensor): string {
  return `${type} [${dims.join(', ')}]`;
}
