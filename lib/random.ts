/**
 * Numbers from 0 to below 1, the same for a seed in every run: Numerical Recipes' linear congruential
 * generator. Good enough for inputs and arrivals, and for nothing secret.
 */
export function randomNumbers(seed = 1): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
