/**
 * Finds few groups that have to stay in float: the shortest beginning of a ranking that suffices, by
 * binary search, and of that without one after the other, the least sensitive first.
 *
 * The ranking only tells what to try: every set is judged as a whole, since what groups do to the
 * outputs does not add up. No single group of the result can be quantized as well, though another
 * set of as many or fewer might do.
 *
 * @param ranking - the most sensitive first. To keep none of them is known not to suffice.
 * @param suffices - whether it is enough to keep these in float.
 * @returns undefined when not even all but the last are enough.
 */
export async function fewestInFloat<T>(
  ranking: readonly T[],
  suffices: (float: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  let [tooFew, enough] = [0, ranking.length];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (await suffices(ranking.slice(0, middle))) enough = middle;
    else tooFew = middle;
  }
  if (enough === ranking.length) return undefined;
  let float = ranking.slice(0, enough);
  for (const group of [...float].reverse()) {
    const fewer = float.filter((other) => other !== group);
    if (fewer.length > 0 && (await suffices(fewer))) float = fewer;
  }
  return float;
}
