import { checkInteger, checkOptions } from '../arguments.js';
import { TensorRTError } from '../errors.js';
import { Lifetime } from '../lifetime.js';
import { callNative, type NativeEngine, type NativeSlot } from '../native.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { checkFeeds } from '../runtime/feeds.js';
import { type Tensor, type TensorMap, typedArrayOf } from '../tensor.js';
import { type EngineTensor, isDataType, toValueInfo } from './engine-tensor.js';
import { Pool } from './pool.js';
import type { ShapeRange } from './profiles.js';

export interface SessionOptions {
  /** Execution contexts, and so inferences that run at the same time. Default: 1. */
  contexts?: number;
  /** Which optimisation profile of the engine to run. Default: 0. */
  profile?: number;
}

export interface InferOptions {
  /** Gives up waiting for a free context. An inference that has begun is not stopped. */
  signal?: AbortSignal;
}

/** Runs an engine. Each execution context has one inference in flight; more wait in line. */
export class Session {
  /** Resolves when the session is closed. */
  readonly closed: Promise<void>;
  readonly #declared: readonly ValueInfo[];
  readonly #outputs: readonly EngineTensor[];
  readonly #shapes: Readonly<Record<string, ShapeRange>>;
  readonly #slots: readonly NativeSlot[];
  readonly #pool: Pool<NativeSlot>;
  readonly #lifetime = new Lifetime('The session');
  #markClosed!: () => void;

  private constructor(
    slots: NativeSlot[],
    tensors: readonly EngineTensor[],
    shapes: Readonly<Record<string, ShapeRange>>,
  ) {
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    this.#declared = tensors.filter(({ mode }) => mode === 'input').map(toValueInfo);
    this.#outputs = tensors.filter(({ mode }) => mode === 'output');
    this.#shapes = shapes;
    this.#slots = slots;
    this.#pool = new Pool(slots);
  }

  /** @internal */
  static async create(
    engine: NativeEngine,
    tensors: readonly EngineTensor[],
    profiles: readonly Readonly<Record<string, ShapeRange>>[],
    options: SessionOptions,
  ): Promise<Session> {
    checkOptions('options', options, ['contexts', 'profile']);
    const { contexts = 1, profile = 0 } = options;
    checkInteger('contexts', contexts, 1, 64);
    checkInteger('profile', profile, 0, profiles.length - 1);
    const slots: NativeSlot[] = [];
    try {
      for (let i = 0; i < contexts; i++) {
        slots.push(await callNative(() => engine.createSlot(profile)));
      }
    } catch (error) {
      await Promise.all(slots.map((slot) => slot.release()));
      throw error;
    }
    return new Session(slots, tensors, profiles[profile] ?? {});
  }

  /**
   * Runs the engine once.
   *
   * @param feeds - a tensor for each input, with a shape that the optimisation profile holds. The
   * data is copied before this method returns its promise.
   * @returns a tensor for each output, in memory of its own.
   * @throws TensorRTError ERR_FEED (with the input, and the range that the profile holds),
   * ERR_TRT_INFER, ERR_CUDA, ERR_CLOSED; the signal's `reason` when it is aborted in line.
   */
  async infer(feeds: TensorMap, options: InferOptions = {}): Promise<TensorMap> {
    checkOptions('options', options, ['signal']);
    this.#lifetime.assertOpen();
    this.#checkFeeds(feeds);
    const inputs = this.#declared.map(({ name }) => feeds[name] as Tensor);
    return this.#lifetime.run(async () => {
      const taken = this.#pool.take(options.signal);
      // A free slot copies at once. Whoever waits must not see what the caller does meanwhile.
      const held = taken instanceof Promise ? inputs.map(copyOf) : inputs;
      const slot = taken instanceof Promise ? await taken : taken;
      try {
        return this.#toTensors(await callNative(() => slot.infer(held)));
      } finally {
        this.#pool.give(slot);
      }
    });
  }

  #checkFeeds(feeds: TensorMap): void {
    checkFeeds(this.#declared, feeds);
    for (const [name, range] of Object.entries(this.#shapes)) {
      const dims = (feeds[name] as Tensor).dims;
      const inside = dims.every(
        (dim, axis) => dim >= (range.min[axis] ?? 0) && dim <= (range.max[axis] ?? 0),
      );
      if (!inside) {
        throw new TensorRTError(
          'ERR_FEED',
          `Input '${name}' has shape [${dims.join(', ')}], but the profile holds ` +
            `[${range.min.join(', ')}] to [${range.max.join(', ')}].`,
          { tensor: name, remedy: 'Feed less, or build the engine with a wider profile.' },
        );
      }
    }
  }

  #toTensors(outputs: { dims: number[]; data: ArrayBuffer }[]): TensorMap {
    const tensors: TensorMap = {};
    outputs.forEach(({ dims, data }, index) => {
      const { name, type } = this.#outputs[index] as EngineTensor;
      if (!isDataType(type)) {
        throw new TensorRTError('ERR_TRT_INFER', `Output '${name}' is of type ${type}.`, {
          tensor: name,
        });
      }
      const tensor = { type, dims, data: typedArrayOf(type, new Uint8Array(data)) };
      tensors[name] = tensor as Tensor;
    });
    return tensors;
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
    return this.#lifetime.run(async () => {
      const taken: NativeSlot[] = [];
      try {
        while (taken.length < this.#slots.length) taken.push(await this.#pool.take(signal));
        return await work();
      } finally {
        for (const slot of taken) this.#pool.give(slot);
      }
    });
  }

  /**
   * Called after the engine's weights changed, while no inference is in flight.
   *
   * @internal
   */
  async invalidateGraphs(): Promise<void> {}

  /** Refuses new inferences, waits for those in flight or in line, and frees. Idempotent. */
  close(): Promise<void> {
    return this.#lifetime.close(async () => {
      await Promise.all(this.#slots.map((slot) => callNative(() => slot.release())));
      this.#markClosed();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function copyOf({ dims, data }: Tensor): { dims: readonly number[]; data: ArrayBufferView } {
  return { dims: [...dims], data: data.slice() };
}
