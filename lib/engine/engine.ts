import { checkInteger, checkOptions, invalidArgument } from '../arguments.js';
import { TensorRTError } from '../errors.js';
import { Lifetime } from '../lifetime.js';
import { callNative, type NativeEngine } from '../native.js';
import type { EngineTensor } from './engine-tensor.js';
import { type LibraryOptions, type OpenedLibrary, openLibrary, productName } from './library.js';
import { Plan, type PlanInfo, readPlanInfo } from './plan.js';
import type { ShapeRange } from './profiles.js';
import { Session, type SessionOptions } from './session.js';

export interface LoadOptions extends Pick<LibraryOptions, 'libraryDir'> {
  /** Number of the GPU. Default: 0. */
  device?: number;
}

/**
 * An engine on a GPU. Close it (or declare it with `await using`): what it holds on the device is
 * not felt by the garbage collector.
 */
export class Engine {
  readonly info: PlanInfo;
  readonly tensors: readonly EngineTensor[];
  /** Shapes that the engine accepts, one entry per optimisation profile. */
  readonly profiles: readonly Readonly<Record<string, ShapeRange>>[];
  /** Scratch memory on the device that each execution context takes, in bytes. */
  readonly deviceMemoryBytes: number;
  readonly #native: NativeEngine;
  readonly #lifetime = new Lifetime('The engine');
  readonly #sessions = new Set<Session>();

  private constructor(native: NativeEngine, info: PlanInfo) {
    this.#native = native;
    this.info = info;
    this.tensors = native.tensors;
    this.profiles = native.profiles.map((ranges) =>
      Object.fromEntries(ranges.map(({ input, ...range }) => [input, range])),
    );
    this.deviceMemoryBytes = native.deviceMemoryBytes;
  }

  /**
   * Loads a plan onto a GPU with the product and version that built it.
   *
   * @param plan - the result of {@link buildEngine}, its bytes, or the path of a file.
   * @throws TensorRTError ERR_NO_GPU on a machine without one, ERR_TRT_ENGINE_VERSION when another
   * product or version built the plan, ERR_TRT_ENGINE_INVALID when it is damaged or no plan,
   * ERR_FILE, ERR_CUDA, ERR_TRT_LIBRARY_NOT_FOUND
   */
  static async load(plan: Plan | Uint8Array | string, options: LoadOptions = {}): Promise<Engine> {
    checkOptions('options', options, ['device', 'libraryDir']);
    const { device = 0, libraryDir } = options;
    checkInteger('device', device, 0);
    const source = plan instanceof Plan ? plan.source : plan;
    if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
      throw invalidArgument('plan', 'a Plan, a Uint8Array or a path', plan);
    }
    const info = await readPlanInfo(source);
    const { native } = await openLibraryOf(info, libraryDir);
    checkVersion(info, native.version);
    return new Engine(await callNative(() => native.load(source, device)), info);
  }

  /**
   * Makes execution contexts to run the engine with. Fails here, and not at the first inference,
   * when the device has no memory for them.
   *
   * @throws TensorRTError ERR_CUDA, ERR_TRT_INFER, ERR_CLOSED
   */
  async createSession(options: SessionOptions = {}): Promise<Session> {
    return this.#lifetime.run(async () => {
      const session = await Session.create(
        {
          native: this.#native,
          product: this.info.product,
          tensors: this.tensors,
          profiles: this.profiles,
          debugTensors: [],
        },
        options,
      );
      this.#sessions.add(session);
      session.closed.then(() => this.#sessions.delete(session));
      return session;
    });
  }

  /** Closes its sessions, waits for work in flight, and frees the engine. Idempotent. */
  close(): Promise<void> {
    // Now and not after the wait, so that the sessions refuse new work at once.
    for (const session of this.#sessions) session.close();
    return this.#lifetime.close(async () => {
      await Promise.all([...this.#sessions].map((session) => session.close()));
      await callNative(() => this.#native.release());
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function openLibraryOf(info: PlanInfo, libraryDir?: string): Promise<OpenedLibrary> {
  try {
    return await openLibrary({ product: info.product, libraryDir });
  } catch (error) {
    if (!(error instanceof TensorRTError) || error.code !== 'ERR_TRT_LIBRARY_NOT_FOUND')
      throw error;
    const builder = `${productName(info.product)} ${info.version}`;
    throw new TensorRTError(error.code, `The plan was built by ${builder}. ${error.message}`, {
      cause: error,
    });
  }
}

/** TensorRT's own message for this does not say which versions are meant. */
function checkVersion(info: PlanInfo, installed: string): void {
  if (info.version === installed) return;
  const name = productName(info.product);
  throw new TensorRTError(
    'ERR_TRT_ENGINE_VERSION',
    `The plan was built by ${name} ${info.version}, but ${installed} is installed.`,
    { remedy: 'Build it again, or point TENSORRT_LIB_DIR to the version that built it.' },
  );
}
