import type { RunTimes } from '../../runtime/runtime.js';
import type { Clock } from './clock.js';

/** Runs one inference and tells what its parts took, where that is known. */
export type Run = (index: number) => Promise<RunTimes | undefined>;

/** What the inferences of a measurement took, in milliseconds, in the order in which they ended. */
export interface Recorded {
  readonly latency: Float64Array;
  /** The parts, as far as they are known. */
  readonly parts: Readonly<Record<Part, Float64Array>>;
  readonly failures: number;
  /** What the last of the failures said. */
  readonly failure: Error | undefined;
  /** From the first start to the last end. */
  readonly wallMs: number;
  /** In an open loop. */
  readonly load: OpenLoad | undefined;
}

export type Part = 'queue' | 'enqueue' | 'copyIn' | 'compute' | 'copyOut';

export interface OpenLoad {
  readonly arrivals: number;
  /** Arrivals that were not served yet when the last one came. */
  readonly backlog: number;
  /** Those that were never served: the measurement was over. */
  readonly unserved: number;
}

export class Recorder {
  readonly #clock: Clock;
  readonly #begin: number;
  readonly #latency: number[] = [];
  readonly #parts: Record<Part, number[]> = {
    queue: [],
    enqueue: [],
    copyIn: [],
    compute: [],
    copyOut: [],
  };
  #failures = 0;
  #failure: Error | undefined;
  #end: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begin = clock.now();
    this.#end = this.#begin;
  }

  get begin(): number {
    return this.#begin;
  }

  /** Inferences that came to an end, well or not. */
  get ended(): number {
    return this.#latency.length + this.#failures;
  }

  /**
   * Runs and records one inference. Never rejects.
   *
   * @param due - since when somebody has waited for it, where that is not now.
   */
  async record(run: Promise<RunTimes | undefined>, called: number, due?: number): Promise<void> {
    try {
      const times = await run;
      this.#end = this.#clock.now();
      this.#latency.push(this.#end - (due ?? called));
      if (times || due !== undefined) {
        this.#parts.queue.push(called - (due ?? called) + (times?.queueMs ?? 0));
      }
      if (times) this.#keep(times);
    } catch (error) {
      this.#failures += 1;
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#end = this.#clock.now();
    }
  }

  #keep({ enqueueMs, copyInMs, computeMs, copyOutMs }: RunTimes): void {
    this.#parts.compute.push(computeMs);
    if (enqueueMs !== undefined) this.#parts.enqueue.push(enqueueMs);
    if (copyInMs !== undefined) this.#parts.copyIn.push(copyInMs);
    if (copyOutMs !== undefined) this.#parts.copyOut.push(copyOutMs);
  }

  recorded(load?: OpenLoad): Recorded {
    const { queue, enqueue, copyIn, compute, copyOut } = this.#parts;
    return {
      latency: Float64Array.from(this.#latency),
      parts: {
        queue: Float64Array.from(queue),
        enqueue: Float64Array.from(enqueue),
        copyIn: Float64Array.from(copyIn),
        compute: Float64Array.from(compute),
        copyOut: Float64Array.from(copyOut),
      },
      failures: this.#failures,
      failure: this.#failure,
      wallMs: this.#end - this.#begin,
      load,
    };
  }
}
