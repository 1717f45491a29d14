import { TensorRTError } from '../../errors.js';
import type { TensorMap } from '../../tensor.js';
import type { HistogramSnapshot } from './native-calibration.js';
import type { ObservedTensor } from './observed-tensors.js';
import { Observer } from './observer.js';

/** A model that returns some of the observed tensors. */
export interface CountedModel {
  /** The observed tensors to be counted with it, computed ones and inputs. */
  readonly tensors: readonly string[];
  /** @returns those of the tensors that the model computes. */
  run(feeds: TensorMap): Promise<TensorMap>;
  close(): Promise<void>;
}

export interface CountingOptions {
  readonly observed: readonly ObservedTensor[];
  /** The input whose zeros mark padding. */
  readonly mask: string | undefined;
  /** Threads that run and count; by default one for each processor. */
  readonly threads: number | undefined;
}

/** What has been counted, in a form that passes from one process to another. */
export interface Counted {
  readonly histograms: [tensor: string, histogram: HistogramSnapshot][];
  readonly notes: [tensor: string, note: string][];
}

/** Runs samples in one model or several and counts what they return. */
export class Counter {
  readonly #observer: Observer;
  #models: CountedModel[] = [];

  constructor({ observed, mask, threads }: CountingOptions) {
    this.#observer = new Observer(observed, mask, threads);
  }

  /**
   * Takes models in place of those that were open; what was counted stays.
   *
   * @param openAll - adds each model to the list as soon as it is open, so that none is forgotten
   * when a later one fails.
   */
  async open(openAll: (models: CountedModel[]) => Promise<void>): Promise<void> {
    await this.close();
    await openAll(this.#models);
  }

  /** @param index - of the sample, for the error. */
  async collect(feeds: TensorMap, index: number): Promise<void> {
    try {
      for (const { tensors, run } of this.#models) {
        this.#observer.collect(tensors, { ...feeds, ...(await run(feeds)) });
      }
    } catch (error) {
      throw ofSample(index, error);
    }
  }

  counted(): Counted {
    return this.#observer.counted();
  }

  async close(): Promise<void> {
    const models = this.#models;
    this.#models = [];
    for (const model of models) await model.close();
  }
}

function ofSample(index: number, error: unknown): unknown {
  if (!(error instanceof TensorRTError)) return error;
  const { code, message, node, tensor, file, cause } = error;
  return new TensorRTError(code, `Sample ${index}: ${message}`, { node, tensor, file, cause });
}
