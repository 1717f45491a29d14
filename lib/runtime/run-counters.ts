import { Durations } from '../latency.js';
import type { RuntimeStats } from './runtime.js';

/** Counts the runs of a runtime that does one after the other. */
export class RunCounters {
  #inferences = 0;
  #failures = 0;
  #unfinished = 0;
  readonly #latency = new Durations();
  readonly #queue = new Durations();

  async count<T>(run: () => Promise<T>): Promise<T> {
    const asked = performance.now();
    this.#unfinished += 1;
    try {
      const result = await run();
      this.#inferences += 1;
      this.#latency.record(performance.now() - asked);
      return result;
    } catch (error) {
      this.#failures += 1;
      throw error;
    } finally {
      this.#unfinished -= 1;
    }
  }

  read(): RuntimeStats {
    return {
      inferences: this.#inferences,
      failures: this.#failures,
      inFlight: Math.min(1, this.#unfinished),
      waiting: Math.max(0, this.#unfinished - 1),
      latency: this.#latency.summary(),
      queue: this.#queue.summary(),
    };
  }
}
