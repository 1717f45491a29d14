import type { Model } from '../../onnx/model.js';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { Dim } from '../../onnx/shapes/inferred-shapes.js';
import { elementBytes, elementCount, type TensorMap } from '../../tensor.js';
import type { ObservedTensor } from './observed-tensors.js';

/** Tensors that are observed in the same run of the model. */
export type Group = readonly string[];

/**
 * Divides the observed tensors into groups that fit a memory limit when the largest sample runs.
 * Their sizes follow from the model and the shapes of the samples.
 */
export class GroupPlanner {
  readonly #model: Model;
  readonly #observed: readonly ObservedTensor[];
  readonly #limit: number;
  readonly #signal: AbortSignal | undefined;
  /** By input, the largest size of each axis. */
  #largest = new Map<string, readonly number[]>();
  #bytes = 0;
  #groups: readonly Group[] = [];

  /** @param limit - of the observed tensors of one run, in bytes. */
  constructor(
    model: Model,
    observed: readonly ObservedTensor[],
    limit: number,
    signal: AbortSignal | undefined,
  ) {
    this.#model = model;
    this.#observed = observed;
    this.#limit = limit;
    this.#signal = signal;
  }

  /** In the order of the graph. A tensor that does not fit the limit has a group of its own. */
  get groups(): readonly Group[] {
    return this.#groups;
  }

  /** Makes room for further samples. @returns whether the groups are others now. */
  async fit(samples: readonly TensorMap[]): Promise<boolean> {
    const grown = samples.reduce(enlarge, this.#largest);
    // No tensor grows faster than the square of the inputs: scores of attention do.
    const growth = growthOf(this.#largest, grown);
    if (growth === 1 || this.#bytes * growth ** 2 <= this.#limit) return false;
    this.#largest = grown;
    const sizes = await this.#sizes();
    this.#bytes = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    const groups = pack(sizes, this.#limit);
    const isOther = JSON.stringify(groups) !== JSON.stringify(this.#groups);
    this.#groups = groups;
    return isOther;
  }

  async #sizes(): Promise<{ name: string; bytes: number }[]> {
    const inputs = Object.fromEntries(this.#largest);
    const shapes = await inferShapes(this.#model, { inputs, signal: this.#signal });
    const known = this.#observed.map(({ name, type }) => {
      const { dims } = shapes.tensor(name);
      return isKnown(dims) ? elementCount(dims) * elementBytes(type) : undefined;
    });
    const largest = Math.max(0, ...known.map((bytes) => bytes ?? 0));
    return this.#observed.map(({ name }, i) => ({ name, bytes: known[i] ?? largest }));
  }
}

function enlarge(
  largest: Map<string, readonly number[]>,
  sample: TensorMap,
): Map<string, readonly number[]> {
  return new Map(
    Object.entries(sample).map(([name, { dims }]) => {
      const before = largest.get(name);
      return [name, dims.map((dim, axis) => Math.max(dim, before?.[axis] ?? 0))];
    }),
  );
}

/** By how much the input that grew most has grown; infinity for the first sample. */
function growthOf(
  before: ReadonlyMap<string, readonly number[]>,
  after: ReadonlyMap<string, readonly number[]>,
): number {
  const ratios = Array.from(after, ([name, dims]) => {
    const known = before.get(name);
    return known ? elementCount(dims) / Math.max(1, elementCount(known)) : Infinity;
  });
  return Math.max(1, ...ratios);
}

function isKnown(dims: readonly Dim[] | undefined): dims is readonly number[] {
  return dims?.every((dim) => typeof dim === 'number') ?? false;
}

function pack(sizes: readonly { name: string; bytes: number }[], limit: number): Group[] {
  const groups: string[][] = [];
  let room = 0;
  for (const { name, bytes } of sizes) {
    if (bytes > room || groups.length === 0) {
      groups.push([]);
      room = limit;
    }
    groups.at(-1)?.push(name);
    room -= bytes;
  }
  return groups;
}
