/**
 * The standard error of the mean of values that were drawn at random: their standard deviation by
 * the square root of their number. Of shares, which are means of 0 and 1, it is sqrt(p (1 - p) / n).
 */
export function errorOfMean(values: ArrayLike<number>): number {
  const count = values.length;
  let [mean, squares] = [0, 0];
  // Welford, Technometrics 4 (1962): no difference of large sums.
  for (let index = 0; index < count; index++) {
    const value = values[index] as number;
    const step = value - mean;
    mean += step / (index + 1);
    squares += step * (value - mean);
  }
  return Math.sqrt(squares) / count;
}

/** Of the difference of two means over the same items: far smaller than that of each where both agree. */
export function errorOfDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return errorOfMean(Array.from(a, (value, index) => value - (b[index] as number)));
}

/**
 * The standard error of a ratio of sums over groups, such as of right words by words, where the words of a
 * sentence are drawn together.
 *
 * Source: the linearised variance of a ratio estimate; W. G. Cochran, Sampling Techniques, 3rd
 * edition (1977), 6.4, with all of the population in view left out.
 */
export function errorOfRatio(over: readonly number[], under: readonly number[]): number {
  const [total, whole] = [sum(over), sum(under)];
  const count = under.length;
  const ratio = total / whole;
  const squares = over.map((value, group) => (value - ratio * (under[group] as number)) ** 2);
  return Math.sqrt((sum(squares) * count) / (count - 1)) / whole;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
