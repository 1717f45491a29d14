import type { Model } from '../../onnx/model.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import type { Cut } from './sensitivity-cut.js';

/**
 * What the float model computes on its way, at the boundaries of cuts, for all samples: computed once
 * for as many cuts as memory allows, then anew for the next.
 */
export class BoundaryCache {
  readonly #runtime: Runtime;
  readonly #samples: readonly TensorMap[];
  readonly #limit: number;
  #values: TensorMap[] = [];

  /** @param runtime - of the model that {@link withBoundaries} made. @param limit - in bytes. */
  constructor(runtime: Runtime, samples: readonly TensorMap[], limit: number) {
    this.#runtime = runtime;
    this.#samples = samples;
    this.#limit = limit;
  }

  /**
   * Forgets what it has and computes the boundaries of the first of these cuts.
   *
   * @param also - outputs that are computed on the way and given to `onSample`.
   * @returns of how many cuts: 0 when the boundary of the first alone does not fit.
   */
  async fill(
    cuts: readonly Cut[],
    also: readonly string[],
    onSample: (values: TensorMap, index: number) => void,
  ): Promise<number> {
    this.#values = [];
    let kept = cuts.length;
    let names = namesOf(cuts);
    let bytes = 0;
    for (const [index, sample] of this.#samples.entries()) {
      const outputs = [...new Set([...names, ...also])];
      const values = outputs.length > 0 ? await this.#runtime.infer(sample, { outputs }) : {};
      onSample(only(values, also), index);
      this.#values.push(only(values, names));
      bytes += bytesOf(this.#values.at(-1) as TensorMap);
      while (bytes > this.#limit && kept > 0) {
        kept--;
        names = namesOf(cuts.slice(0, kept));
        this.#values = this.#values.map((values) => only(values, names));
        bytes = this.#values.reduce((sum, values) => sum + bytesOf(values), 0);
      }
    }
    return kept;
  }

  /** What a part of the model is to be fed for one of the samples. */
  feeds(sample: number, inputs: readonly ValueInfo[]): TensorMap {
    const known = { ...this.#samples[sample], ...this.#values[sample] };
    return Object.fromEntries(inputs.map(({ name }) => [name, known[name] as Tensor]));
  }
}

/** A copy of a model that returns the boundaries of all these cuts as well. */
export function withBoundaries(model: Model, cuts: readonly Cut[]): Model {
  const copy = model.clone();
  for (const { boundary } of cuts) {
    for (const value of boundary) {
      if (!copy.graph.isOutput(value.name)) copy.graph.addOutput(value);
    }
  }
  return copy;
}

function namesOf(cuts: readonly Cut[]): string[] {
  return [...new Set(cuts.flatMap(({ boundary }) => boundary.map(({ name }) => name)))];
}

function only(values: TensorMap, names: readonly string[]): TensorMap {
  return Object.fromEntries(names.map((name) => [name, values[name] as Tensor]));
}

function bytesOf(values: TensorMap): number {
  return Object.values(values).reduce((sum, { data }) => sum + data.byteLength, 0);
}
