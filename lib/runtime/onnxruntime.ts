import { ModelProtoSchema } from 'onnx-buf';
import { checkBoolean, checkInteger, checkOneOf, checkOptions } from '../arguments.js';
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
import { OrtSession } from './ort-session.js';
import { RunCounters } from './run-counters.js';
import type { RunOptions, Runtime, RuntimeStats } from './runtime.js';

export interface OnnxRuntimeOptions {
  /** Threads of one run. Default: one per core. */
  threads?: number | undefined;
  /**
   * Runs the model in a process of its own: the event loop stays free, and a crash or the end of
   * memory is an error of the call. Runs wait for each other there; feeds and outputs are copied
   * between the processes. Default: false.
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

/**
 * Opens a model for execution by ONNX Runtime on the CPU, by the optional package
 * `onnxruntime-node`.
 *
 * That package computes on the JavaScript thread: `infer` returns a promise, but the event loop
 * stands still while the model runs. With `isolate` it computes in a child process instead. A worker
 * thread is no way out: to terminate one while the package computes ends the process.
 *
 * @throws TensorRTError `ERR_RUNTIME` when `onnxruntime-node` is missing or refuses the model.
 */
export async function openOnnxRuntime(
  model: Model,
  options: OnnxRuntimeOptions = {},
): Promise<Runtime> {
  checkOptions('options', options, ['threads', 'isolate', 'int8', 'signal']);
  const { threads, isolate = false, int8 = 'kernels', signal } = options;
  if (threads !== undefined) checkInteger('options.threads', threads, 1);
  checkBoolean('options.isolate', isolate);
  checkOneOf('options.int8', int8, ['kernels', 'float']);
  signal?.throwIfAborted();
  const session = isolate
    ? await IsolatedSession.open(model, { threads, int8, signal })
    : await openSession(model, threads, int8);
  return new OnnxRuntime(session, model, signal);
}

async function openSession(
  model: Model,
  threads: number | undefined,
  int8: 'kernels' | 'float',
): Promise<OrtSession> {
  if (fitsInMemory(model)) return OrtSession.open(model.toBytes(), threads, int8);
  const file = await writeModelFile(model);
  try {
    return await OrtSession.open(file.path, threads, int8);
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
  readonly provider = 'cpu';
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly #session: Pick<OrtSession, 'run' | 'release'>;
  readonly #signal: AbortSignal | undefined;
  readonly #counters = new RunCounters();
  readonly #lifetime = new Lifetime('The runtime of this model');

  constructor(
    session: Pick<OrtSession, 'run' | 'release'>,
    { inputs, outputs }: Model,
    signal: AbortSignal | undefined,
  ) {
    this.#session = session;
    this.inputs = inputs;
    this.outputs = outputs;
    this.#signal = signal;
  }

  async infer(feeds: TensorMap, { outputs }: RunOptions = {}): Promise<TensorMap> {
    return this.#lifetime.run(async () => {
      this.#signal?.throwIfAborted();
      checkFeeds(this.inputs, feeds);
      return this.#counters.count(() => this.#session.run(feeds, outputs));
    });
  }

  stats(): RuntimeStats {
    return this.#counters.read();
  }

  close(): Promise<void> {
    return this.#lifetime.close(() => this.#session.release());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
