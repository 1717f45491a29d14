import { Durations, type LatencySummary } from '../../latency.js';
import type { NativeJobResult } from '../../native.js';

export interface GraphStats {
  /** Inferences that launched a captured graph. */
  readonly launched: number;
  /** Graphs that were captured and found right. */
  readonly captured: number;
  /** Graphs that were dropped to make room. */
  readonly evicted: number;
  /** Inferences that could not use a graph, by reason. */
  readonly fallbacks: Readonly<Record<string, number>>;
}

export interface SessionStats {
  /** Inferences that came to an end well, since the session began. */
  readonly inferences: number;
  readonly failures: number;
  /** Inferences that run now. */
  readonly inFlight: number;
  /** Inferences that wait for a free context now. */
  readonly waiting: number;
  /** Inferences by optimisation profile. */
  readonly profiles: Readonly<Record<number, number>>;
  readonly graphs: GraphStats;
  /** From the call of `infer` to its result. */
  readonly latency: LatencySummary;
  /** The part of it that was spent in line. */
  readonly queue: LatencySummary;
  /** The CPU's part of launching the work; like the next three, of inferences that were timed. */
  readonly enqueue: LatencySummary;
  /** On the device. */
  readonly copyIn: LatencySummary;
  readonly compute: LatencySummary;
  readonly copyOut: LatencySummary;
}

/** Ways to launch work that are no fallback. */
const usualLaunches = ['enqueue', 'graph', 'capture'];

/** Counts what a session does. */
export class SessionCounters {
  #inferences = 0;
  #failures = 0;
  #inFlight = 0;
  readonly #profiles: Record<number, number> = {};
  readonly #launches: Record<string, number> = {};
  readonly #evictions = new Map<unknown, number>();
  readonly #latency = new Durations();
  readonly #queue = new Durations();
  readonly #enqueue = new Durations();
  readonly #copyIn = new Durations();
  readonly #compute = new Durations();
  readonly #copyOut = new Durations();

  began(queuedMs: number): void {
    this.#inFlight += 1;
    this.#queue.record(queuedMs);
  }

  failed(): void {
    this.#inFlight -= 1;
    this.#failures += 1;
  }

  ended(profile: number, slot: unknown, latencyMs: number, result: NativeJobResult): void {
    this.#inFlight -= 1;
    this.#inferences += 1;
    this.#profiles[profile] = (this.#profiles[profile] ?? 0) + 1;
    this.#launches[result.launch] = (this.#launches[result.launch] ?? 0) + 1;
    this.#evictions.set(slot, result.graphEvictions);
    this.#latency.record(latencyMs);
    if (!result.times) return;
    this.#enqueue.record(result.times.enqueueMs);
    this.#copyIn.record(result.times.copyInMs);
    this.#compute.record(result.times.computeMs);
    this.#copyOut.record(result.times.copyOutMs);
  }

  read(waiting: number): SessionStats {
    return {
      inferences: this.#inferences,
      failures: this.#failures,
      inFlight: this.#inFlight,
      waiting,
      profiles: { ...this.#profiles },
      graphs: {
        launched: this.#launches['graph'] ?? 0,
        captured: this.#launches['capture'] ?? 0,
        evicted: [...this.#evictions.values()].reduce((sum, count) => sum + count, 0),
        fallbacks: Object.fromEntries(
          Object.entries(this.#launches).filter(([launch]) => !usualLaunches.includes(launch)),
        ),
      },
      latency: this.#latency.summary(),
      queue: this.#queue.summary(),
      enqueue: this.#enqueue.summary(),
      copyIn: this.#copyIn.summary(),
      compute: this.#compute.summary(),
      copyOut: this.#copyOut.summary(),
    };
  }
}
