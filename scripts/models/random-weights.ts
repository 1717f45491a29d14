import type { Weight, Weights } from './weights.js';

/** The standard deviation with which BERT's matrices begin. */
const deviation = 0.02;

/**
 * Weights drawn from a seed when they are asked for: the same in every run and in any order, so that a
 * model never has to be in memory twice. Their size is that of a model at the beginning of its
 * training; what they say means nothing.
 */
export class RandomWeights implements Weights {
  readonly #dims: ReadonlyMap<string, readonly number[]>;
  readonly #seed: number;

  /** @param dims - of every weight, by name. */
  constructor(dims: ReadonlyMap<string, readonly number[]>, seed: number) {
    this.#dims = dims;
    this.#seed = seed;
  }

  get(name: string): Weight | undefined {
    const dims = this.#dims.get(name);
    if (!dims) return undefined;
    const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    // Scales of normalizations lie around 1, all else around 0.
    const isScale = dims.length === 1 && name.endsWith('.weight');
    fill(data, seedOf(name, this.#seed), isScale ? 1 : 0);
    return { dims, data };
  }
}

/** Uniform around the middle, by a linear congruential generator modulo 2^32. */
function fill(data: Float32Array, seed: number, middle: number): void {
  const step = (2 * Math.sqrt(3) * deviation) / 2 ** 32;
  const lowest = middle - Math.sqrt(3) * deviation;
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = lowest + state * step;
  }
}

/** FNV-1a of the name, so that no two weights are alike. */
function seedOf(name: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
