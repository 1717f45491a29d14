import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { Lifetime } from '../../lifetime.js';
import { callNative, type NativeJobOptions, type NativeJobResult } from '../../native.js';
import { type TensorMap, tensorOver } from '../../tensor.js';
import type { Profile } from '../build/profiles.js';
import { type EngineTensor, isDataType } from '../engine-tensor.js';
import type { Product } from '../library/libraries.js';
import {
  Bindings,
  EngineIo,
  type Feeds,
  type OutputTargets,
  type TargetedOutputs,
  type WarmupShapes,
} from './bindings.js';
import { type ContextLane, ContextPool } from './context-pool.js';
import { type InferenceTimes, inferenceTimes } from './inference-times.js';
import { ProfileChoice } from './profile-choice.js';
import { type CachedEngine, SessionCache } from './session-cache.js';
import {
  type CheckedSessionOptions,
  checkSessionOptions,
  type SessionOptions,
} from './session-options.js';
import { SessionCounters, type SessionStats } from './session-stats.js';

export type { SessionOptions } from './session-options.js';

export interface InferOptions {
  /** Gives up waiting for a free context. An inference that has begun is not stopped. */
  signal?: AbortSignal | undefined;
  /**
   * Called before the promise resolves, with what the parts of this inference took. Asking for it
   * times the inference, whatever the session's option `timings` says.
   */
  onTimes?: ((times: InferenceTimes) => void) | undefined;
}

/** What a session is made of. @internal */
export interface SessionParts extends CachedEngine {
  readonly product: Product;
  readonly tensors: readonly EngineTensor[];
  readonly profiles: readonly Profile[];
  readonly debugTensors: readonly string[];
}

/** Time that a layer of the engine took, in milliseconds. */
export interface LayerTime {
  readonly name: string;
  readonly ms: number;
}

/**
 * Runs an engine. Each execution context computes one inference at a time and copies for another
 * meanwhile; more wait in line.
 */
export class Session {
  /** Resolves when the session is closed. */
  readonly closed: Promise<void>;
  readonly #parts: SessionParts;
  readonly #options: CheckedSessionOptions;
  readonly #io: EngineIo;
  readonly #choice: ProfileChoice;
  readonly #pool: ContextPool;
  readonly #cache: SessionCache | undefined;
  readonly #counters = new SessionCounters();
  readonly #lifetime = new Lifetime('The session');
  #markClosed!: () => void;

  private constructor(
    parts: SessionParts,
    options: CheckedSessionOptions,
    pool: ContextPool,
    cache: SessionCache | undefined,
  ) {
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    this.#parts = parts;
    this.#options = options;
    this.#io = new EngineIo(parts.tensors);
    this.#choice = new ProfileChoice(parts.profiles, options.profiles);
    this.#pool = pool;
    this.#cache = cache;
  }

  /** @internal */
  static async create(parts: SessionParts, options: SessionOptions): Promise<Session> {
    const checked = checkSessionOptions(options, parts.product, parts.profiles.length);
    const { runtimeCache: path } = checked;
    const cache = path === undefined ? undefined : await SessionCache.open(parts, path);
    try {
      const pool = await ContextPool.create(parts.native, checked, cache?.native);
      return new Session(parts, checked, pool, cache);
    } catch (error) {
      await cache?.release();
      throw error;
    }
  }

  /**
   * Runs the engine once, with the tightest optimisation profile that holds the shapes.
   *
   * @param feeds - a tensor for each input. Data on the host is copied before this method returns
   * its promise, unless it is page-locked ({@link allocatePinned}); a {@link DeviceTensor} is read
   * where it lies.
   * @returns a tensor for each output, in memory of its own. With `outputs` only those that it
   * names, and where it says.
   * @throws TensorRTError ERR_FEED (with the input, and what the profiles hold), ERR_TRT_INFER,
   * ERR_GPU_MEMORY, ERR_CUDA, ERR_CLOSED; the signal's `reason` when it is aborted in line.
   */
  infer(feeds: Feeds, options?: InferOptions): Promise<TensorMap>;
  infer<const T extends OutputTargets>(
    feeds: Feeds,
    options: InferOptions & { outputs: T },
  ): Promise<TargetedOutputs<T>>;
  async infer(
    feeds: Feeds,
    options: InferOptions & { outputs?: OutputTargets } = {},
  ): Promise<Record<string, unknown>> {
    checkOptions('options', options, ['signal', 'outputs', 'onTimes']);
    const { signal, onTimes } = options;
    if (onTimes !== undefined && typeof onTimes !== 'function') {
      throw invalidArgument('onTimes', 'a function', onTimes);
    }
    const job = this.#prepare(feeds, options.outputs);
    const timed = this.#options.timings || onTimes !== undefined;
    const { result, queueMs } = await this.#run(job, signal, timed ? { timed } : undefined);
    if (result.times) onTimes?.(inferenceTimes(queueMs, result.launch, result.times));
    return job.bindings.results(result.outputs);
  }

  /**
   * Times every layer of the engine. TensorRT runs the layers one after another for that, so the sum
   * is more than an inference takes.
   *
   * @param options - `iterations`: how often to run. Default: 10.
   * @returns the mean of each layer, in the order of the engine. Errors as {@link Session.infer}.
   */
  async profile(feeds: Feeds, options: { iterations?: number } = {}): Promise<LayerTime[]> {
    checkOptions('options', options, ['iterations']);
    const { iterations = 10 } = options;
    checkInteger('iterations', iterations, 1);
    const totals = new Map<string, number>();
    for (let i = 0; i < iterations; i++) {
      const job = this.#prepare(feeds, {});
      const { result } = await this.#run(job, undefined, { profiled: true });
      for (const { name, ms } of result.layers ?? [])
        totals.set(name, (totals.get(name) ?? 0) + ms);
    }
    return [...totals].map(([name, ms]) => ({ name, ms: ms / iterations }));
  }

  /**
   * Runs the engine once and shows tensors from inside it: those that `buildEngine` was given as
   * `debugTensors`.
   *
   * @param options - `tensors`: which of them. Default: all.
   * @throws TypeError for a name that is no debug tensor of the engine, TensorRTError ERR_UNSUPPORTED
   * where it has none; else as {@link Session.infer}.
   */
  async debug(
    feeds: Feeds,
    options: { tensors?: readonly string[] } = {},
  ): Promise<{ outputs: TensorMap; tensors: TensorMap }> {
    checkOptions('options', options, ['tensors']);
    if (this.#parts.debugTensors.length === 0) {
      throw new TensorRTError('ERR_UNSUPPORTED', 'The engine tells of no debug tensors.', {
        remedy: "Build it with debugTensors and profilingVerbosity 'detailed'.",
      });
    }
    const debugTensors = options.tensors ?? this.#parts.debugTensors;
    debugTensors.forEach((name, i) => {
      checkOneOf(`tensors[${i}]`, name, this.#parts.debugTensors);
    });
    const job = this.#prepare(feeds, undefined);
    const { result } = await this.#run(job, undefined, { debugTensors });
    const outputs = job.bindings.results(result.outputs) as TensorMap;
    return { outputs, tensors: toTensors(result.debugTensors ?? []) };
  }

  /**
   * Runs every context with these shapes, so that no later inference has to load kernels or capture
   * graphs for them.
   *
   * @param shapes - for each, the shape of every input; of a shape tensor its value as a tensor.
   * Default: the `opt` shapes of each profile of the session. Errors as {@link Session.infer}.
   */
  async warmup(shapes: readonly WarmupShapes[] = this.#optimalShapes()): Promise<void> {
    if (!Array.isArray(shapes)) throw invalidArgument('shapes', 'an array', shapes);
    for (const of of shapes) {
      const feeds = this.#io.blankFeeds(of);
      this.#io.checkFeeds(feeds);
      await this.#onEveryLane(this.#choice.indexFor(feeds), feeds);
    }
    await this.#lifetime.run(async () => this.#cache?.save());
  }

  /** What the session has done so far. */
  stats(): SessionStats {
    return this.#counters.read(this.#pool.waiting);
  }

  /**
   * Runs work while no inference is in flight; those that come meanwhile wait in line.
   *
   * @internal
   */
  async undisturbed<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#lifetime.closing) {
      await this.close();
      return work();
    }
    return this.#lifetime.run(() => this.#pool.withAll(this.#options.profiles, work, signal));
  }

  /** Forgets captured graphs, which hold the weights they were captured with. @internal */
  async invalidateGraphs(): Promise<void> {
    if (!this.#lifetime.closing) await this.#pool.invalidateGraphs();
  }

  /**
   * Refuses new inferences, waits for those in flight or in line, saves the runtime cache if there is
   * one, and frees. Idempotent.
   *
   * @throws TensorRTError ERR_FILE where the runtime cache cannot be saved; all is freed even so
   */
  close(): Promise<void> {
    return this.#lifetime.close(async () => {
      try {
        await this.#cache?.save();
      } finally {
        await this.#pool.release();
        await this.#cache?.release();
        this.#markClosed();
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Checks everything that can be checked before there is a context. */
  #prepare(feeds: Feeds, targets: OutputTargets | undefined): Job {
    this.#lifetime.assertOpen();
    this.#io.checkFeeds(feeds);
    if (targets !== undefined) this.#io.checkTargets(targets);
    const profile = this.#choice.indexFor(feeds);
    return { profile, bindings: new Bindings(this.#io, feeds, targets) };
  }

  #run(
    { profile, bindings }: Job,
    signal: AbortSignal | undefined,
    options: NativeJobOptions | undefined,
  ): Promise<RunJob> {
    const asked = performance.now();
    return this.#lifetime.run(async () => {
      try {
        const taken = this.#pool.take(profile, signal);
        // A free lane copies at once. Whoever waits must not see what the caller does meanwhile.
        if (taken instanceof Promise) bindings.keepInputs();
        const lane = taken instanceof Promise ? await taken : taken;
        try {
          return await this.#runOn(lane, bindings, options, asked);
        } finally {
          this.#pool.give(lane);
        }
      } finally {
        bindings.giveBack();
      }
    });
  }

  async #runOn(
    { slot, index, profile }: ContextLane,
    { inputs, outputs }: Bindings,
    options: NativeJobOptions | undefined,
    asked: number,
  ): Promise<RunJob> {
    const queueMs = performance.now() - asked;
    this.#counters.began(queueMs);
    try {
      const result = await callNative(() => slot.infer(index, inputs, outputs, options));
      this.#counters.ended(profile, slot, performance.now() - asked, result);
      return { result, queueMs };
    } catch (error) {
      this.#counters.failed();
      throw error;
    }
  }

  /** Runs each lane of a profile, twice where the second time captures a graph. */
  #onEveryLane(profile: number, feeds: Feeds): Promise<void> {
    const repeats = this.#options.graphs > 0 ? 2 : 1;
    return this.#lifetime.run(() =>
      this.#pool.withAll([profile], async (lanes) => {
        for (const lane of lanes.flatMap((lane) => Array<ContextLane>(repeats).fill(lane))) {
          const bindings = new Bindings(this.#io, feeds, undefined);
          await this.#runOn(lane, bindings, undefined, performance.now());
        }
      }),
    );
  }

  #optimalShapes(): WarmupShapes[] {
    return this.#options.profiles.map((index) => {
      const ranges = Object.entries(this.#parts.profiles[index] ?? {});
      return Object.fromEntries(
        ranges.map(([name, range]) => [name, 'values' in range ? range.values.opt : range.opt]),
      );
    });
  }
}

interface Job {
  readonly profile: number;
  readonly bindings: Bindings;
}

interface RunJob {
  readonly result: NativeJobResult;
  /** What it spent in line. */
  readonly queueMs: number;
}

function toTensors(tensors: NonNullable<NativeJobResult['debugTensors']>): TensorMap {
  const map: TensorMap = {};
  for (const { name, type, dims, data } of tensors) {
    if (isDataType(type)) map[name] = tensorOver(type, dims, new Uint8Array(data));
  }
  return map;
}
