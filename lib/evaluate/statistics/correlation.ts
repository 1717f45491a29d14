/**
 * Pearson's coefficient of correlation.
 *
 * @returns NaN where one of the lists does not vary, or holds a NaN.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  let [product, squaresX, squaresY] = [0, 0, 0];
  for (let index = 0; index < x.length; index++) {
    const dx = (x[index] as number) - meanX;
    const dy = (y[index] as number) - meanY;
    product += dx * dy;
    squaresX += dx * dx;
    squaresY += dy * dy;
  }
  const size = Math.sqrt(squaresX) * Math.sqrt(squaresY);
  return Math.max(-1, Math.min(1, product / size));
}

/** Spearman's coefficient: Pearson's of the ranks. NaN as there. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(ranks(x), ranks(y));
}

/** Ranks from 1. Equal values share the mean of theirs; where one is NaN, all ranks are. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  const at = (place: number) => values[order[place] as number] as number;
  const order = Uint32Array.from({ length: values.length }, (_, index) => index);
  if (Array.prototype.some.call(values, Number.isNaN)) return result.fill(Number.NaN);
  order.sort((a, b) => (values[a] as number) - (values[b] as number));
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && at(end) === at(start)) end++;
    const rank = (start + 1 + end) / 2;
    for (let place = start; place < end; place++) result[order[place] as number] = rank;
  }
  return result;
}

/**
 * The standard errors of both coefficients over independent pairs, from that of Fisher's z by dz/dr.
 *
 * Source: D. G. Bonett and T. A. Wright, "Sample size requirements for estimating Pearson, Kendall and
 * Spearman correlations", Psychometrika 65 (2000): z has the variance 1 / (n - 3), of Spearman's
 * coefficient (1 + r^2 / 2) / (n - 3).
 */
export function errorOfPearson(r: number, pairs: number): number {
  return (1 - r * r) / Math.sqrt(pairs - 3);
}

export function errorOfSpearman(r: number, pairs: number): number {
  return errorOfPearson(r, pairs) * Math.sqrt(1 + (r * r) / 2);
}

function mean(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index] as number;
  return total / values.length;
}
