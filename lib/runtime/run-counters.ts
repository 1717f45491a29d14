import { Durations } from '../latency.js';
import type { RuntimeStats } from './runtime.js';

/** Counts the runs of a runtime, each from the moment its turn comes. */
export class RunCounters {
  #inferences = 0;
  #failures = 0;
  #inFlight = 0;
  readonly #latency = new Durations();
  readonly #queue = new Durations();

  /** @param asked - when the run was asked for, by `performance.now()`. */
  async count<T>(asked: number, run: (queueMs: number) => Promise<T>): Promise<T> {
    const queueMs = performance.now() - asked;
    this.#queue.record(queueMs);
    this.#inFlight += 1;
    try {
      const result = await run(queueMs);
      this.#inferences += 1;
      this.#latency.record(performance.now() - asked);
      return result;
    } catch (error) {
      this.#failures += 1;
      throw error;
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** @param waiting - runs whose turn has not come. */
  read(waiting: number): RuntimeStats {
    return {
      inferences: this.#inferences,
      failures: this.#failures,
      inFlight: this.#inFlight,
      waiting,
      latency: this.#latency.summary(),
      queue: this.#queue.summary(),
    };
  }
}
