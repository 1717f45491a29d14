import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { TensorRTError } from '../errors.js';
import { type DataType, dataTypes, type Tensor, type TensorMap } from '../tensor.js';
import { checkProvider, type OrtProvider, providerRemedy } from './ort-provider.js';

/** How ONNX Runtime opens a model. */
export interface OrtSessionOptions {
  /** Default: `'cpu'`. */
  readonly provider?: OrtProvider | undefined;
  /** Number of the GPU, for `cuda` and `tensorrt`. Default: 0. */
  readonly device?: number | undefined;
  /** Whether the CPU computes what the provider does not take. Default: false. */
  readonly cpuFallback?: boolean | undefined;
  /** Of one run; by default ONNX Runtime takes one per core. */
  readonly threads?: number | undefined;
  /** How products between Q and DQ are computed. Default: `'kernels'`. */
  readonly int8?: 'kernels' | 'float' | undefined;
}

export interface OrtRun {
  readonly outputs: TensorMap;
  /** What ONNX Runtime took, without making and reading its tensors. */
  readonly computeMs: number;
}

/** A session of ONNX Runtime that speaks our tensors. The only user of `onnxruntime-node`. */
export class OrtSession {
  /** What computes: the provider, with `'+cpu'` where the CPU takes a part of the model. */
  readonly provider: string;
  readonly #ort: Ort;
  readonly #session: InferenceSession;

  private constructor(ort: Ort, session: InferenceSession, provider: string) {
    this.#ort = ort;
    this.#session = session;
    this.provider = provider;
  }

  /**
   * @param source - the path of a model file, or its bytes.
   * @throws TensorRTError `ERR_RUNTIME`, also where the provider is missing or, without
   * `cpuFallback`, does not take the whole model.
   */
  static async open(
    source: string | Uint8Array,
    options: OrtSessionOptions = {},
  ): Promise<OrtSession> {
    const { provider = 'cpu', cpuFallback = false } = options;
    const ort = await importOrt();
    checkProvider(provider, ort.listSupportedBackends());
    const create = async (mayFallBack: boolean) => {
      // The overloads differ in the first argument only.
      const settings = toSettings(options, mayFallBack);
      const session = await ort.InferenceSession.create(source as string, settings);
      return new OrtSession(ort, session, mayFallBack ? `${provider}+cpu` : provider);
    };
    try {
      return await create(false);
    } catch (cause) {
      if (!cpuFallback || !isFallbackRefused(cause)) throw cannotLoad(provider, cause);
    }
    // Only now: otherwise nobody would know whether the CPU has a part in it.
    return create(true).catch((cause) => {
      throw cannotLoad(provider, cause);
    });
  }

  /**
   * Whether the package and its provider are installed.
   *
   * @throws TensorRTError `ERR_RUNTIME`
   */
  static async check(provider: OrtProvider): Promise<void> {
    checkProvider(provider, (await importOrt()).listSupportedBackends());
  }

  /**
   * @param outputs - the names of those to return; by default all.
   * @throws TensorRTError `ERR_RUNTIME`
   */
  async run(feeds: TensorMap, outputs?: readonly string[]): Promise<OrtRun> {
    const ortFeeds = Object.entries(feeds).map(([name, feed]) => [name, this.#toOrt(name, feed)]);
    const begin = performance.now();
    const results = await this.#run(Object.fromEntries(ortFeeds), outputs);
    const computeMs = performance.now() - begin;
    const tensors = Object.entries(results).map(([name, result]) => [name, fromOrt(name, result)]);
    return { outputs: Object.fromEntries(tensors), computeMs };
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

function toSettings(
  { provider = 'cpu', device, threads, int8 }: OrtSessionOptions,
  mayFallBack: boolean,
): InferenceSession.SessionOptions {
  const inFloat = int8 === 'float' && { disable_quant_qdq: '1' };
  // Nodes that a provider does not take would go to the CPU without a word.
  const whole = provider !== 'cpu' && !mayFallBack && { disable_cpu_ep_fallback: '1' };
  return {
    executionProviders: [device === undefined ? provider : { name: provider, deviceId: device }],
    // Fatal ones only: an error is thrown, and need not be printed as well.
    logSeverityLevel: 4,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    // Between runs its threads would go on asking for work, and take the time of others.
    extra: { session: { force_spinning_stop: '1', ...inFloat, ...whole } },
  };
}

function isFallbackRefused(cause: unknown): boolean {
  return messageOf(cause).includes('fallback to CPU EP has been explicitly disabled');
}

function cannotLoad(provider: OrtProvider, cause: unknown): TensorRTError {
  if (isFallbackRefused(cause)) {
    return new TensorRTError(
      'ERR_RUNTIME',
      `The provider '${provider}' of ONNX Runtime does not take every node of the model.`,
      { cause, remedy: 'With the option cpuFallback the CPU computes those that it leaves.' },
    );
  }
  const by = provider === 'cpu' ? '' : ` by its provider '${provider}'`;
  return new TensorRTError(
    'ERR_RUNTIME',
    `ONNX Runtime cannot load the model${by}: ${sentence(messageOf(cause))}`,
    { cause, remedy: providerRemedy(provider) },
  );
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
          'Install it with `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`; without ONNXRUNTIME_NODE_INSTALL=skip its install script also downloads the CUDA binaries, which only the providers cuda and tensorrt need.',
      },
    );
  }
}

/** Without the place in the sources of ONNX Runtime and the condition that was not met there. */
function sentence(message: string): string {
  const told = message.replace(/^\S+:\d+ .* was false\. /s, '');
  return told.endsWith('.') ? told : `${told}.`;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
