import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { TensorRTError } from '../errors.js';
import { type DataType, dataTypes, type Tensor, type TensorMap } from '../tensor.js';

/** A session of ONNX Runtime that speaks our tensors. The only user of `onnxruntime-node`. */
export class OrtSession {
  readonly #ort: Ort;
  readonly #session: InferenceSession;

  private constructor(ort: Ort, session: InferenceSession) {
    this.#ort = ort;
    this.#session = session;
  }

  /**
   * @param source - the path of a model file, or its bytes.
   * @param threads - of one run; by default ONNX Runtime takes one per core.
   * @param int8 - how products between Q and DQ are computed.
   * @throws TensorRTError `ERR_RUNTIME`
   */
  static async open(
    source: string | Uint8Array,
    threads?: number,
    int8: 'kernels' | 'float' = 'kernels',
  ): Promise<OrtSession> {
    const ort = await importOrt();
    const inFloat = int8 === 'float' && { disable_quant_qdq: '1' };
    const options = {
      executionProviders: ['cpu'],
      // Fatal ones only: an error is thrown, and need not be printed as well.
      logSeverityLevel: 4 as const,
      ...(threads !== undefined && { intraOpNumThreads: threads }),
      // Between runs its threads would go on asking for work, and take the time of others.
      extra: { session: { force_spinning_stop: '1', ...inFloat } },
    };
    try {
      // The overloads differ in the first argument only.
      const session = await ort.InferenceSession.create(source as string, options);
      return new OrtSession(ort, session);
    } catch (cause) {
      throw new TensorRTError(
        'ERR_RUNTIME',
        `ONNX Runtime cannot load the model: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /**
   * @param outputs - the names of those to return; by default all.
   * @throws TensorRTError `ERR_RUNTIME`
   */
  async run(feeds: TensorMap, outputs?: readonly string[]): Promise<TensorMap> {
    const ortFeeds = Object.entries(feeds).map(([name, feed]) => [name, this.#toOrt(name, feed)]);
    const results = await this.#run(Object.fromEntries(ortFeeds), outputs);
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => [name, fromOrt(name, result)]),
    );
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  async #run(feeds: Record<string, OrtTensor>, outputs?: readonly string[]) {
    try {
      return await this.#session.run(feeds, outputs ?? this.#session.outputNames);
    } catch (cause) {
      throw new TensorRTError(
        'ERR_RUNTIME',
        `ONNX Runtime failed to run the model: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  #toOrt(name: string, { type, dims, data }: Tensor): OrtTensor {
    if (type === 'bfloat16') {
      throw new TensorRTError(
        'ERR_RUNTIME',
        `onnxruntime-node cannot be fed bfloat16, which input '${name}' has.`,
        { tensor: name },
      );
    }
    if (type === 'float16') {
      // Where Node has Float16Array (from 24 on), a float16 tensor holds one, which the binding of
      // onnxruntime-node cannot read; it takes the words for what the tensor says they are.
      return Object.assign(new this.#ort.Tensor('uint16', data, dims), { type });
    }
    return new this.#ort.Tensor(type, data, dims);
  }
}

function fromOrt(name: string, { type, dims, data }: OrtTensor): Tensor {
  if (!dataTypes.includes(type as DataType)) {
    throw new TensorRTError(
      'ERR_RUNTIME',
      `Output '${name}' has the element type ${type}, which has no typed array.`,
      { tensor: name, remedy: 'Leave this output out.' },
    );
  }
  const values = type === 'float16' ? words(data as Uint16Array) : data;
  return { type, dims: [...dims], data: values } as Tensor;
}

function words(data: ArrayBufferView): Uint16Array {
  return new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 2);
}

type Ort = typeof import('onnxruntime-node');

async function importOrt(): Promise<Ort> {
  // From 1.29 on, ONNX Runtime reports models and machine to its maker unless this is set before it
  // is loaded. Who wants that sets it to 0.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  try {
    const module: Ort & { default?: Ort } = await import('onnxruntime-node');
    return module.default ?? module;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    throw new TensorRTError(
      'ERR_RUNTIME',
      missing
        ? 'Running a model without TensorRT needs the package onnxruntime-node, which is not installed.'
        : `The package onnxruntime-node cannot be loaded: ${messageOf(cause)}`,
      {
        cause,
        remedy:
          'Install it with `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`; without ONNXRUNTIME_NODE_INSTALL=skip its install script also downloads CUDA binaries, which are not needed here.',
      },
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
