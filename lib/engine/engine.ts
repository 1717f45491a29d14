import { TensorRTError } from '../errors.js';
import { Lifetime } from '../lifetime.js';
import { callNative, type NativeEngine, type NativeEngineDescription } from '../native.js';
import type { Profile } from './build/profiles.js';
import {
  checkReportOptions,
  checkScratchFits,
  contextBytes,
  type MemoryReport,
  type MemoryReportOptions,
  reportMemory,
} from './device/memory-report.js';
import { type EngineTensor, toEngineTensor, toProfile } from './engine-tensor.js';
import { loadPlan, type NativeLoaded } from './load.js';
import { checkBudget, type LoadOptions, toNativeBudget } from './load-options.js';
import { type Plan, type PlanInfo, planFromBytes } from './plan/plan.js';
import type { PlanInput } from './plan/plan-file.js';
import {
  checkPrecisionReport,
  type EnginePrecisionReport,
  type PrecisionReportOptions,
  reportPrecision,
} from './precision-report.js';
import { type NewWeights, type RefitOptions, toRefitInput } from './refit.js';
import { Sequence } from './sequence.js';
import { type SerializeOptions, toSerializationFlags } from './serialize-options.js';
import { Session } from './session/session.js';
import { checkSessionOptions, type SessionOptions } from './session/session-options.js';
import type { WeightStreaming } from './weight-streaming.js';

/**
 * An engine on a GPU. Close it (or declare it with `await using`): what it holds on the device is
 * not felt by the garbage collector.
 */
export class Engine {
  readonly info: PlanInfo;
  /** Number of the GPU. */
  readonly device: number;
  /** The name of the network; may be empty. */
  readonly name: string;
  /** Inputs and outputs. */
  readonly tensors: readonly EngineTensor[];
  /** What the engine accepts: shapes and, for inputs that shapes depend on, values. */
  readonly profiles: readonly Profile[];
  /** Layers after fusion. */
  readonly layers: number;
  /** Streams that an inference uses besides its own. */
  readonly auxStreams: number;
  /** TensorRT's `EngineCapability` by name, such as `'standard'`. */
  readonly capability: string;
  /** TensorRT's `HardwareCompatibilityLevel` by name, such as `'none'` or `'amperePlus'`. */
  readonly hardwareCompatibility: string;
  /** TensorRT's `ProfilingVerbosity` by name: how much {@link Engine.inspect} tells. */
  readonly profilingVerbosity: string;
  /** Whether {@link Engine.refit} works. */
  readonly refittable: boolean;
  /** Bytes of all weights, wherever they are. */
  readonly weightsBytes: number;
  /** Bytes of the weights that were left out of a stripped plan. */
  readonly strippedWeightsBytes: number;
  /**
   * Tensors whose values an inference can show. TensorRT names them only for an engine that was
   * built with profiling verbosity `'detailed'`.
   */
  readonly debugTensors: readonly string[];
  readonly #native: NativeEngine;
  #description: NativeEngineDescription;
  readonly #lifetime = new Lifetime('The engine');
  readonly #sessions = new Set<Session>();
  /** TensorRT changes an engine as a whole, and makes its contexts, one at a time. */
  readonly #sequence = new Sequence();

  private constructor({ native, info }: NativeLoaded, device: number) {
    const description = native.describe();
    this.#native = native;
    this.#description = description;
    this.info = info;
    this.device = device;
    this.name = description.name;
    this.tensors = description.tensors.map(toEngineTensor);
    this.profiles = description.profiles.map(toProfile);
    this.layers = description.layers;
    this.auxStreams = description.auxStreams;
    this.capability = description.capability;
    this.hardwareCompatibility = description.hardwareCompatibility;
    this.profilingVerbosity = description.profilingVerbosity;
    this.refittable = description.refittable;
    this.weightsBytes = description.weightsBytes;
    this.strippedWeightsBytes = description.strippedWeightsBytes;
    this.debugTensors = description.debugTensors;
  }

  /**
   * Loads a plan onto a GPU with the product and version that built it.
   *
   * @param plan - the result of {@link buildEngine}, its bytes, the path of a file, or its bytes in
   * pieces, such as a `ReadableStream`. A file is never in memory as a whole.
   * @throws TensorRTError ERR_NO_GPU on a machine without one, ERR_TRT_ENGINE_VERSION when another
   * product or version built the plan, ERR_TRT_ENGINE_INVALID when it is damaged or no plan,
   * ERR_GPU_MEMORY when it cannot fit, ERR_UNSUPPORTED for options that this TensorRT does not have,
   * ERR_FILE, ERR_CUDA, ERR_TRT_LIBRARY_NOT_FOUND; the signal's `reason`
   */
  static async load(plan: PlanInput, options: LoadOptions = {}): Promise<Engine> {
    return new Engine(await loadPlan(plan, options), options.device ?? 0);
  }

  /**
   * Bytes of scratch memory that an execution context takes on the GPU, for each profile. They
   * change with the budget for weight streaming.
   */
  get scratchBytes(): readonly number[] {
    return this.#description.scratchBytes;
  }

  /**
   * Makes execution contexts to run the engine with. Fails here, and not at the first inference,
   * when the device has no memory for them.
   *
   * @throws TensorRTError ERR_GPU_MEMORY, ERR_CUDA, ERR_TRT_INFER, ERR_CLOSED
   */
  async createSession(options: SessionOptions = {}): Promise<Session> {
    return this.#whole(async () => {
      await this.#checkScratch(options);
      const session = await Session.create(
        {
          native: this.#native,
          product: this.info.product,
          version: this.info.version,
          device: this.device,
          tensors: this.tensors,
          profiles: this.profiles,
          debugTensors: this.debugTensors,
        },
        options,
      );
      this.#sessions.add(session);
      session.closed.then(() => this.#sessions.delete(session));
      return session;
    });
  }

  async #checkScratch(options: SessionOptions): Promise<void> {
    const checked = checkSessionOptions(options, this.info.product, this.profiles.length);
    const { contexts, profiles, memory } = checked;
    checkScratchFits(
      profiles.map((profile) => ({
        contexts,
        bytes: contextBytes(this.scratchBytes, profile, memory),
      })),
      await callNative(() => this.#native.memory()),
      this.device,
    );
  }

  /**
   * What TensorRT's inspector tells of the engine and its layers, parsed. Its shape depends on
   * {@link Engine.profilingVerbosity} and on TensorRT's version.
   *
   * @throws TensorRTError ERR_TRT_INFER, ERR_CLOSED
   */
  async inspect(): Promise<unknown> {
    const text = await this.#whole(() => this.#native.inspect());
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new TensorRTError('ERR_TRT_INFER', "TensorRT's inspector gave no valid JSON.", {
        cause,
      });
    }
  }

  /**
   * What each layer computes with, from TensorRT's inspector; with the report of the quantized
   * model, which of its nodes do not run as they were to.
   *
   * @throws TensorRTError ERR_UNSUPPORTED for an engine that was not built with profiling verbosity
   * `'detailed'`; ERR_TRT_INFER, ERR_CLOSED
   */
  async precisionReport(options: PrecisionReportOptions = {}): Promise<EnginePrecisionReport> {
    checkPrecisionReport(this.profilingVerbosity, options);
    return reportPrecision(await this.inspect(), options);
  }

  /**
   * The engine as a plan, with the weights that it has now.
   *
   * @throws TensorRTError ERR_TRT_INFER; ERR_UNSUPPORTED for an engine with deferred weights;
   * ERR_CLOSED
   */
  async serialize(options: SerializeOptions = {}): Promise<Plan> {
    const flags = toSerializationFlags(options);
    const data = await this.#whole(() => this.#native.serialize(flags));
    return planFromBytes(data, { seconds: 0 });
  }

  /**
   * How the weights are spread over GPU and host.
   *
   * @throws TensorRTError ERR_CLOSED
   */
  async weightStreaming(): Promise<WeightStreaming> {
    return this.#whole(() => this.#native.weightStreaming());
  }

  /**
   * Sets how many bytes of the streamable weights stay on the GPU. The fewer, the slower.
   *
   * @param budget - bytes, or `'auto'` for what TensorRT finds fit for the memory that is free now.
   * @throws TensorRTError ERR_BUSY while a session is open; ERR_UNSUPPORTED for an engine that was
   * not built with the flag `weightStreaming`; ERR_GPU_MEMORY, ERR_TRT_INFER, ERR_CLOSED
   */
  async setWeightStreamingBudget(budget: number | 'auto'): Promise<void> {
    checkBudget(budget);
    await this.#whole(async () => {
      if (this.#sessions.size > 0) {
        throw new TensorRTError(
          'ERR_BUSY',
          `The budget for weight streaming cannot change while sessions are open; there are ${this.#sessions.size}.`,
          { remedy: 'Close them first.' },
        );
      }
      await this.#native.setWeightStreamingBudget(toNativeBudget(budget));
      this.#description = this.#native.describe();
    });
  }

  /**
   * Names of the weights that can be exchanged; none for an engine that is not refittable.
   *
   * @throws TensorRTError ERR_CLOSED
   */
  async refittableWeights(): Promise<string[]> {
    return this.#whole(() => this.#native.refittableWeights());
  }

  /**
   * Exchanges weights. Waits for the inferences in flight; those that follow wait for it and run
   * with the new weights.
   *
   * @param weights - tensors by name, which are copied at once, or a model of the same structure as
   * the engine's own, or its path. Large weights come best from a file.
   * @throws TensorRTError ERR_TRT_REFIT, naming the weights that are missing or do not fit, after
   * which some may have been exchanged; ERR_FILE, ERR_CLOSED; the signal's `reason`
   */
  async refit(weights: NewWeights, options: RefitOptions = {}): Promise<void> {
    await this.#lifetime.run(async () => {
      const { request, remove } = await toRefitInput(weights, options);
      try {
        await this.#undisturbed(() => this.#native.refit(request), options.signal);
      } finally {
        await remove();
      }
    });
  }

  /**
   * Whether the weights are on the GPU: false only with the option `deferredWeights`.
   *
   * @throws TensorRTError ERR_CLOSED
   */
  async weightsLoaded(): Promise<boolean> {
    return this.#whole(() => this.#native.areWeightsLoaded());
  }

  /**
   * Brings deferred weights to the GPU. An inference without them fails.
   *
   * @throws TensorRTError ERR_UNSUPPORTED without the option `deferredWeights`; ERR_GPU_MEMORY,
   * ERR_FILE, ERR_CUDA, ERR_TRT_INFER, ERR_CLOSED
   */
  async loadWeights(): Promise<void> {
    await this.#lifetime.run(() => this.#undisturbed(() => this.#native.loadWeights()));
  }

  /**
   * Frees deferred weights, until {@link Engine.loadWeights} brings them back. Waits for the
   * inferences in flight.
   *
   * @throws TensorRTError ERR_UNSUPPORTED without the option `deferredWeights`, or before TensorRT
   * for RTX 1.7; ERR_TRT_INFER, ERR_CLOSED
   */
  async unloadWeights(): Promise<void> {
    await this.#lifetime.run(() => this.#undisturbed(() => this.#native.unloadWeights()));
  }

  /**
   * What the engine and a number of execution contexts take of the GPU's memory.
   *
   * @throws TensorRTError ERR_CUDA, ERR_CLOSED
   */
  async memoryReport(options: MemoryReportOptions = {}): Promise<MemoryReport> {
    checkReportOptions(options, this.profiles.length);
    return this.#whole(async () => {
      const engine = {
        weightsBytes: this.weightsBytes,
        weightsLoaded: await this.#native.areWeightsLoaded(),
        streaming: await this.#native.weightStreaming(),
        scratchBytes: this.scratchBytes,
      };
      return reportMemory(engine, await this.#native.memory(), options);
    });
  }

  /** Closes its sessions, waits for work in flight, and frees the engine. Idempotent. */
  close(): Promise<void> {
    // Now and not after the wait, so that the sessions refuse new work at once.
    const closing = this.#closeSessions();
    return this.#lifetime.close(async () => {
      const outcomes = [...(await closing), ...(await this.#closeSessions())];
      await callNative(() => this.#native.release());
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    });
  }

  #closeSessions(): Promise<PromiseSettledResult<void>[]> {
    return Promise.allSettled([...this.#sessions].map((session) => session.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Does something that concerns the engine as a whole. */
  #whole<T>(work: () => Promise<T>): Promise<T> {
    return this.#lifetime.run(() => this.#sequence.run(() => callNative(work)));
  }

  /** The same while no inference is in flight, after which captured graphs hold no longer. */
  #undisturbed(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#sequence.run(async () => {
      const sessions = [...this.#sessions];
      const exchange = async () => {
        signal?.throwIfAborted();
        try {
          await callNative(work);
        } finally {
          await Promise.all(sessions.map((session) => session.invalidateGraphs()));
        }
      };
      await sessions.reduce<() => Promise<void>>(
        (inner, session) => () => session.undisturbed(inner, signal),
        exchange,
      )();
    });
  }
}
