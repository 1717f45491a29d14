import { ModelProtoSchema } from 'onnx-buf';
import { checkBoolean, checkInteger, checkOneOf, checkOptions } from '../arguments.js';
import { Pool } from '../engine/session/pool.js';
import { Lifetime } from '../lifetime.js';
import { maxProtobufBytes } from '../onnx/file/encode.js';
import { isExternal } from '../onnx/file/external.js';
import { forEachTensor } from '../onnx/messages.js';
import type { Model } from '../onnx/model.js';
import type { ValueInfo } from '../onnx/value-info.js';
import type { TensorMap } from '../tensor.js';
import { IsolatedSession } from './child/isolated-session.js';
import { checkFeeds } from './feeds.js';
import { writeModelFile } from './model-file.js';
import { type OrtProvider, ortProviders } from './ort-provider.js';
import { OrtSession, type OrtSessionOptions } from './ort-session.js';
import { RunCounters } from './run-counters.js';
import { checkRunOptions } from './run-options.js';
import type { RunOptions, Runtime, RuntimeStats } from './runtime.js';

export interface OnnxRuntimeOptions {
  /** What computes. Default: `'cpu'`. */
  provider?: OrtProvider | undefined;
  /** Number of the GPU, for the providers `cuda` and `tensorrt`. Default: 0. */
  device?: number | undefined;
  /**
   * Whether the CPU computes the nodes that the provider does not take; else such a model is refused.
   * Default: false.
   */
  cpuFallback?: boolean | undefined;
  /** Threads of one run on the CPU. Default: one per core. */
  threads?: number | undefined;
  /**
   * Runs the model in a process of its own: the event loop stays free, and a crash or the end of
   * memory is an error of the call. Feeds and outputs are copied between the processes.
   * Default: false.
   */
  isolate?: boolean | undefined;
  /**
   * How products between QuantizeLinear and DequantizeLinear are computed. `'kernels'`: by ONNX
   * Runtime's INT8 kernels. On a CPU without INT8 dot products (VNNI) they are slower than float ones
   * and saturate: sums of two products are held in 16 bits. `'float'`: in float, on the same rounded
   * values, which is what INT8 tensor cores give but for the last digits. Default: `'kernels'`.
   */
  int8?: 'kernels' | 'float' | undefined;
  /**
   * When it aborts, opening and every later run reject with its reason. What runs then is ended at
   * once with `isolate`, and finished without. The runtime still has to be closed.
   */
  signal?: AbortSignal | undefined;
}

const optionNames: readonly (keyof OnnxRuntimeOptions)[] = [
  'provider',
  'device',
  'cpuFallback',
  'threads',
  'isolate',
  'int8',
  'signal',
];

/**
 * Opens a model for execution by ONNX Runtime, by the optional package `onnxruntime-node`. One run is
 * computed at a time; others wait in line.
 *
 * That package computes on the JavaScript thread: `infer` returns a promise, but the event loop
 * stands still while the model runs. With `isolate` it computes in a child process instead. A worker
 * thread is no way out: to terminate one while the package computes ends the process.
 *
 * @throws TensorRTError `ERR_RUNTIME` when `onnxruntime-node` or the provider is missing, refuses the
 * model, or does not take all of it.
 */
export async function openOnnxRuntime(
  model: Model,
  options: OnnxRuntimeOptions = {},
): Promise<Runtime> {
  checkOptions('options', options, optionNames);
  const { isolate = false, signal, ...sessionOptions } = options;
  const { provider = 'cpu', device, cpuFallback = false, threads, int8 = 'kernels' } = options;
  checkOneOf('options.provider', provider, ortProviders);
  if (device !== undefined) checkInteger('options.device', device, 0);
  checkBoolean('options.cpuFallback', cpuFallback);
  if (threads !== undefined) checkInteger('options.threads', threads, 1);
  checkBoolean('options.isolate', isolate);
  checkOneOf('options.int8', int8, ['kernels', 'float']);
  signal?.throwIfAborted();
  // Before a large model is written for a process that cannot open it.
  if (provider !== 'cpu') await OrtSession.check(provider);
  const session = isolate
    ? await IsolatedSession.open(model, { ...sessionOptions, signal })
    : await openSession(model, sessionOptions);
  return new OnnxRuntime(session, model, signal);
}

async function openSession(model: Model, options: OrtSessionOptions): Promise<OrtSession> {
  if (fitsInMemory(model)) return OrtSession.open(model.toBytes(), options);
  const file = await writeModelFile(model);
  try {
    return await OrtSession.open(file.path, options);
  } finally {
    await file.remove();
  }
}

/** ONNX Runtime finds external data by the path of the model, and bytes have none. */
function fitsInMemory(model: Model): boolean {
  let external = false;
  forEachTensor(ModelProtoSchema, model.proto, (tensor) => {
    external ||= isExternal(tensor);
  });
  return !external && model.byteLength() <= maxProtobufBytes;
}

class OnnxRuntime implements Runtime {
  readonly runtime = 'onnxruntime';
  readonly provider: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly #session: AnySession;
  /** It computes one run at a time. */
  readonly #line: Pool<AnySession>;
  readonly #signal: AbortSignal | undefined;
  readonly #counters = new RunCounters();
  readonly #lifetime = new Lifetime('The runtime of this model');

  constructor(session: AnySession, { inputs, outputs }: Model, signal: AbortSignal | undefined) {
    this.provider = session.provider;
    this.inputs = inputs;
    this.outputs = outputs;
    this.#session = session;
    this.#line = new Pool([session]);
    this.#signal = signal;
  }

  infer(feeds: TensorMap, options: RunOptions = {}): Promise<TensorMap> {
    return this.#lifetime.run(async () => {
      this.#signal?.throwIfAborted();
      checkRunOptions(options, this.outputs);
      checkFeeds(this.inputs, feeds);
      const asked = performance.now();
      const taken = this.#line.take(options.signal);
      const session = taken instanceof Promise ? await taken : taken;
      try {
        return await this.#counters.count(asked, async (queueMs) => {
          const { outputs, computeMs } = await session.run(feeds, options.outputs);
          options.onTimes?.({ queueMs, computeMs });
          return outputs;
        });
      } finally {
        this.#line.give(session);
      }
    });
  }

  stats(): RuntimeStats {
    return this.#counters.read(this.#line.waiting);
  }

  close(): Promise<void> {
    return this.#lifetime.close(() => this.#session.release());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

type AnySession = Pick<OrtSession, 'provider' | 'run' | 'release'>;
