import {
  callNative,
  type NativeEngine,
  type NativeRuntimeCache,
  type NativeSlot,
} from '../../native.js';
import { Pool } from './pool.js';
import type { CheckedSessionOptions } from './session-options.js';

/** Room for one inference on an execution context. */
export interface ContextLane {
  readonly slot: NativeSlot;
  readonly index: number;
  readonly profile: number;
}

/** The execution contexts of a session, some for each optimisation profile. */
export class ContextPool {
  readonly #slots: readonly NativeSlot[];
  readonly #lanes: ReadonlyMap<number, readonly ContextLane[]>;
  readonly #pools: ReadonlyMap<number, Pool<ContextLane>>;
  readonly #busy = new Map<NativeSlot, number>();

  private constructor(slots: ReadonlyMap<number, readonly NativeSlot[]>, depth: number) {
    this.#slots = [...slots.values()].flat();
    const lanes = new Map<number, ContextLane[]>();
    for (const [profile, ofProfile] of slots) {
      const indices = Array.from({ length: depth }, (_, index) => index);
      lanes.set(
        profile,
        ofProfile.flatMap((slot) => indices.map((index) => ({ slot, index, profile }))),
      );
    }
    this.#lanes = lanes;
    // A context that computes nothing is worth more than the second lane of one that does.
    const busyness = ({ slot }: ContextLane) => this.#busy.get(slot) ?? 0;
    this.#pools = new Map([...lanes].map(([profile, of]) => [profile, new Pool(of, busyness)]));
  }

  /** Makes all contexts, or none. */
  static async create(
    engine: NativeEngine,
    options: CheckedSessionOptions,
    runtimeCache: NativeRuntimeCache | undefined,
  ): Promise<ContextPool> {
    const slots = new Map<number, NativeSlot[]>();
    const { depth, priority, graphs, wait, memory, kernelSpecialization, cudaGraphStrategy } =
      options;
    try {
      for (const profile of options.profiles) {
        const ofProfile: NativeSlot[] = [];
        slots.set(profile, ofProfile);
        for (let i = 0; i < options.contexts; i++) {
          const slot = await callNative(() =>
            engine.createSlot({
              profile,
              depth,
              priority,
              graphs,
              wait,
              memory,
              kernelSpecialization,
              cudaGraphStrategy,
              runtimeCache,
            }),
          );
          ofProfile.push(slot);
        }
      }
    } catch (error) {
      await Promise.all([...slots.values()].flat().map((slot) => slot.release()));
      throw error;
    }
    return new ContextPool(slots, depth);
  }

  /** Callers that wait for a lane now. */
  get waiting(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.waiting, 0);
  }

  /** A lane at once where one is free. @throws the signal's `reason` */
  take(profile: number, signal?: AbortSignal): ContextLane | Promise<ContextLane> {
    const taken = (this.#pools.get(profile) as Pool<ContextLane>).take(signal);
    if (!(taken instanceof Promise)) return this.#mark(taken);
    return taken.then((lane) => this.#mark(lane));
  }

  give(lane: ContextLane): void {
    this.#busy.set(lane.slot, (this.#busy.get(lane.slot) ?? 1) - 1);
    this.#pools.get(lane.profile)?.give(lane);
  }

  /**
   * Runs work that has every lane of some profiles, so that none of them does anything else.
   *
   * @throws the signal's `reason` when it is aborted before all lanes are free.
   */
  async withAll<T>(
    profiles: readonly number[],
    work: (lanes: readonly ContextLane[]) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    signal?.throwIfAborted();
    // All are asked for at once: two callers that each wait for the other's lanes cannot be.
    const asked = profiles.flatMap((profile) =>
      (this.#lanes.get(profile) ?? []).map(() => this.take(profile, signal)),
    );
    const outcomes = await Promise.allSettled(asked);
    const lanes = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    );
    try {
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      return await work(lanes);
    } finally {
      for (const lane of lanes) this.give(lane);
    }
  }

  async invalidateGraphs(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => callNative(() => slot.invalidateGraphs())));
  }

  async release(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => callNative(() => slot.release())));
  }

  #mark(lane: ContextLane): ContextLane {
    this.#busy.set(lane.slot, (this.#busy.get(lane.slot) ?? 0) + 1);
    return lane;
  }
}
