/** How two models do on the same items. */
export interface PairedComparison {
  /** Items that the reference alone has right. */
  readonly onlyReference: number;
  /** Items that the other model alone has right. */
  readonly onlyThis: number;
  /**
   * How likely counts at least as uneven are where both models are equally good: below .05, that
   * they are is doubtful. By McNemar's test in its exact form.
   */
  readonly pValue: number;
}

/**
 * Compares two models item by item, which tells far smaller differences from chance than their
 * shares of right answers do: what both have right, or both wrong, says nothing.
 *
 * Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions
 * or percentages", Psychometrika 12 (1947), in the exact, two-sided form: of the items that one
 * model alone has right, each is the reference's with probability 1/2.
 *
 * @param reference - 1 where the answer is right, 0 where not.
 * @param other - of the same items.
 */
export function compareRight(reference: Uint8Array, other: Uint8Array): PairedComparison {
  let [onlyReference, onlyThis] = [0, 0];
  reference.forEach((right, index) => {
    if (right > (other[index] as number)) onlyReference++;
    if (right < (other[index] as number)) onlyThis++;
  });
  return { onlyReference, onlyThis, pValue: exactMcNemar(onlyReference, onlyThis) };
}

/** The two-sided probability of a binomial with p = 1/2, summed in logarithms: 2^-n underflows. */
export function exactMcNemar(a: number, b: number): number {
  const count = a + b;
  let logTerm = -count * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((count - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
