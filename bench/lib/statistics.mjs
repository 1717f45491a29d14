/** What a benchmark says about its samples: the middle, and how far they lie apart. */

/**
 * @typedef {object} Summary
 * @property {number} median
 * @property {number} lower First quartile.
 * @property {number} upper Third quartile.
 */

/**
 * The value below which a share of the sorted samples lies, between two of them by their distance.
 * @param {ArrayLike<number>} sorted
 * @param {number} share From 0 to 1.
 */
export function quantile(sorted, share) {
  const position = (sorted.length - 1) * share;
  const before = Math.floor(position);
  const low = sorted[before] ?? Number.NaN;
  const high = sorted[before + 1] ?? low;
  return low + (high - low) * (position - before);
}

/** @param {Iterable<number>} samples @returns {Float64Array} */
export function sorted(samples) {
  return Float64Array.from(samples).sort();
}

/** @param {Iterable<number>} samples */
export function median(samples) {
  return quantile(sorted(samples), 0.5);
}

/** @param {Iterable<number>} samples @returns {Summary} */
export function summarize(samples) {
  const all = sorted(samples);
  return { median: quantile(all, 0.5), lower: quantile(all, 0.25), upper: quantile(all, 0.75) };
}

/**
 * In another order, so that what disturbs the machine meets every contender.
 * @template T
 * @param {readonly T[]} items
 * @returns {T[]}
 */
export function shuffled(items) {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [/** @type {T} */ (result[j]), /** @type {T} */ (result[i])];
  }
  return result;
}
