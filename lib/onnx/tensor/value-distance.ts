type Numbers = ArrayLike<number>;

/**
 * How far values are from those of a reference, piece by piece.
 *
 * A value that is finite in one and not in the other, or infinite with another sign, makes the errors
 * infinite and is left out of the cosine: what does not compute is further off than whatever does.
 */
export class ValueDistanceSum {
  /** Values that were compared. */
  elements = 0;
  /** Values that are not the same number; 0 and -0 are not. */
  different = 0;
  /** The largest |a - b|. */
  maxAbsolute = 0;
  /** The largest |a - b| / |a|, over values that are not 0 in the reference. */
  maxRelative = 0;
  #absolute = 0;
  #relative = 0;
  #nonZero = 0;
  #squares = 0;
  #dot = 0;
  #squareA = 0;
  #squareB = 0;

  /** @param actual - as many as there are in `reference`. */
  add(reference: Numbers, actual: Numbers): void {
    // Sums in locals: millions of values pass here.
    let { different, maxAbsolute, maxRelative } = this;
    let [absolute, relative, nonZero, squares, dot, squareA, squareB] = [0, 0, 0, 0, 0, 0, 0];
    for (let index = 0; index < reference.length; index++) {
      const a = reference[index] as number;
      const b = actual[index] as number;
      const areFinite = Number.isFinite(a) && Number.isFinite(b);
      if (areFinite) {
        dot += a * b;
        squareA += a * a;
        squareB += b * b;
        if (a !== 0) nonZero++;
      }
      if (Object.is(a, b)) continue;
      different++;
      const error = areFinite ? Math.abs(a - b) : Number.POSITIVE_INFINITY;
      absolute += error;
      squares += error * error;
      if (error > maxAbsolute) maxAbsolute = error;
      if (a === 0) continue;
      const ratio = areFinite ? error / Math.abs(a) : error;
      relative += ratio;
      if (ratio > maxRelative) maxRelative = ratio;
    }
    Object.assign(this, { different, maxAbsolute, maxRelative });
    this.elements += reference.length;
    this.#absolute += absolute;
    this.#relative += relative;
    this.#nonZero += nonZero;
    this.#squares += squares;
    this.#dot += dot;
    this.#squareA += squareA;
    this.#squareB += squareB;
  }

  get meanAbsolute(): number {
    return this.elements === 0 ? 0 : this.#absolute / this.elements;
  }

  /** The mean of |a - b| / |a|, over values that are not 0 in the reference. */
  get meanRelative(): number {
    return this.#relative / Math.max(1, this.#nonZero);
  }

  /** The root of the mean squared error. */
  get rmse(): number {
    return this.elements === 0 ? 0 : Math.sqrt(this.#squares / this.elements);
  }

  /** Of both as vectors: 1 where they point the same way, or both are 0; 0 where one is 0. */
  get cosine(): number {
    const size = Math.sqrt(this.#squareA) * Math.sqrt(this.#squareB);
    if (size === 0) return Number(this.#squareA === this.#squareB);
    return Math.max(-1, Math.min(1, this.#dot / size));
  }
}
