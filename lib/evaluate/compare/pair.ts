import type { PlanInput } from '../../engine/plan/plan-file.js';
import type { Model } from '../../onnx/model.js';
import { Runtime, type RuntimeLoadOptions } from '../../runtime/load.js';
import type { TensorMap } from '../../tensor.js';
import type { TensorComparator } from './tensor.js';

/** A model that {@link compareRuns} loads itself, by {@link Runtime.load}, and closes. */
export interface RunSource extends RuntimeLoadOptions {
  model: Model | PlanInput;
}

export type Samples = Iterable<TensorMap> | AsyncIterable<TensorMap>;

/** Two runtimes that are fed the same. */
export class RunPair implements AsyncDisposable {
  readonly #opened: readonly Opened[];

  private constructor(
    readonly a: Runtime,
    readonly b: Runtime,
    opened: readonly Opened[],
  ) {
    this.#opened = opened;
  }

  static async open(
    a: Runtime | RunSource,
    b: Runtime | RunSource,
    signal: AbortSignal | undefined,
  ): Promise<RunPair> {
    const left = await open(a, signal);
    try {
      const right = await open(b, signal);
      return new RunPair(left.runtime, right.runtime, [left, right]);
    } catch (error) {
      await left.close();
      throw error;
    }
  }

  /**
   * Runs all samples, by one after the other: together each would take the other's time.
   *
   * @param onSample - is told how many have been run by both.
   */
  async compare(
    samples: Samples,
    comparators: readonly TensorComparator[],
    onSample: (feeds: TensorMap, count: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const outputs = comparators.map(({ name }) => name);
    let count = 0;
    for await (const feeds of samples) {
      signal?.throwIfAborted();
      const left = await this.a.infer(feeds, { outputs, signal });
      const right = await this.b.infer(feeds, { outputs, signal });
      for (const comparator of comparators) {
        const [x, y] = [left[comparator.name], right[comparator.name]];
        if (x && y) comparator.add(count, x, y);
      }
      onSample(feeds, ++count);
    }
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map(({ close }) => close()));
  }
}

interface Opened {
  readonly runtime: Runtime;
  close(): Promise<void>;
}

/** A runtime that was given is not ours to close. */
async function open(source: Runtime | RunSource, signal: AbortSignal | undefined): Promise<Opened> {
  if (isRuntime(source)) return { runtime: source, close: async () => {} };
  const { model, ...options } = source;
  const runtime = await Runtime.load(model, { signal, ...options });
  return { runtime, close: () => runtime.close() };
}

export function isRuntime(source: Runtime | RunSource): source is Runtime {
  return typeof (source as Partial<Runtime>).infer === 'function';
}
