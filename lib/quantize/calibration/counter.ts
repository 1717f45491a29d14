import { TensorRTError } from '../../errors.js';
import type { TensorMap } from '../../tensor.js';
import type { Counted, CountingOptions } from './counted.js';
import { Observer } from './observer.js';

/** A model that returns some of the observed tensors. */
export interface CountedModel {
  /** The observed tensors to be counted with it, computed ones and inputs. */
  readonly tensors: readonly string[];
  /** @returns those of the tensors that the model computes. */
  run(feeds: TensorMap): Promise<TensorMap>;
  close(): Promise<void>;
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
