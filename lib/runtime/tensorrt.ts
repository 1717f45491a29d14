import { checkOptions } from '../arguments.js';
import { buildEngine } from '../engine/build/build.js';
import type { Profile } from '../engine/build/profiles.js';
import { Engine } from '../engine/engine.js';
import { toValueInfo } from '../engine/engine-tensor.js';
import { servedBy } from '../engine/library/doctor.js';
import type { Product } from '../engine/library/libraries.js';
import type { LibraryOptions } from '../engine/library/library.js';
import type { Plan } from '../engine/plan/plan.js';
import type { PlanInput } from '../engine/plan/plan-file.js';
import type { Session } from '../engine/session/session.js';
import { TensorRTError } from '../errors.js';
import { Lifetime } from '../lifetime.js';
import { Model } from '../onnx/model.js';
import type { ValueInfo } from '../onnx/value-info.js';
import type { TensorMap } from '../tensor.js';
import { findGpu } from './probe.js';
import { checkRunOptions } from './run-options.js';
import type { RunOptions, Runtime, RuntimeStats } from './runtime.js';

export interface TensorRTRuntimeOptions extends LibraryOptions {
  /** The shapes that a model with dynamic inputs will be fed; a plan has them already. */
  profiles?: readonly Profile[] | undefined;
  /** A folder that keeps what was built, as in {@link buildEngine}. Default: none. */
  cacheDir?: string | undefined;
  /** Number of the GPU. Default: 0. */
  device?: number | undefined;
  /** Execution contexts, and so runs that are computed at the same time. Default: 1. */
  contexts?: number | undefined;
  /** As in {@link SessionOptions}. Default: false. */
  cudaGraphs?: boolean | number | undefined;
  /** How threads wait for the GPU, as in {@link SessionOptions}. Default: `'block'`. */
  wait?: 'block' | 'spin' | undefined;
  /** Gives up. A step of TensorRT that has begun is not stopped. */
  signal?: AbortSignal | undefined;
}

const optionNames: readonly (keyof TensorRTRuntimeOptions)[] = [
  'profiles',
  'cacheDir',
  'device',
  'contexts',
  'cudaGraphs',
  'wait',
  'product',
  'libraryDir',
  'signal',
];

/**
 * Opens a model for execution by TensorRT on a GPU. A model is built first, in the precision that it
 * states, which takes from seconds to minutes; a plan is loaded as it is.
 *
 * @throws TypeError for wrong options, among them profiles that do not fit the model.
 * @throws TensorRTError as {@link buildEngine}, {@link Engine.load} and {@link Engine.createSession}:
 * `ERR_NO_GPU` where there is none, `ERR_TRT_LIBRARY_NOT_FOUND`, `ERR_TRT_BUILD`, `ERR_GPU_MEMORY`
 * and others. Runs fail with `ERR_TRT_INFER` besides `ERR_FEED`.
 */
export async function openTensorRT(
  model: Model | PlanInput,
  options: TensorRTRuntimeOptions = {},
): Promise<Runtime> {
  checkOptions('options', options, optionNames);
  const { device = 0, contexts, cudaGraphs, wait, libraryDir, signal } = options;
  const plan = model instanceof Model ? await build(model, options) : model;
  const engine = await Engine.load(plan, { libraryDir, device, signal });
  try {
    const session = await engine.createSession({
      ...(contexts !== undefined && { contexts }),
      ...(cudaGraphs !== undefined && { cudaGraphs }),
      ...(wait !== undefined && { wait }),
    });
    return new TensorRTRuntime(engine, session);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Builds for the GPU that runs it, and not at all where there is none. */
async function build(model: Model, options: TensorRTRuntimeOptions): Promise<Plan> {
  const { profiles = [], cacheDir, device, libraryDir, signal } = options;
  const { computeCapability } = await findGpu(device);
  const { product = productFor(computeCapability) } = options;
  const cache = cacheDir !== undefined && { cacheDir };
  return buildEngine(model, { profiles, product, libraryDir, signal, ...cache });
}

/**
 * The only product that runs on a GPU; undefined where both do.
 *
 * @throws TensorRTError `ERR_UNSUPPORTED` where none does.
 */
export function productFor(computeCapability: string): Product | undefined {
  const products = servedBy(computeCapability);
  if (products.length > 0) return products.length === 1 ? products[0] : undefined;
  throw new TensorRTError(
    'ERR_UNSUPPORTED',
    `No supported TensorRT runs on a GPU of compute capability ${computeCapability}.`,
    { remedy: 'Use a GPU from 7.5 on.' },
  );
}

/** The shapes of some feeds; the largest is the one that TensorRT is fastest for. */
export function profileOfFeeds(samples: readonly TensorMap[]): Profile {
  const shapes = (input: string, pick: (...sizes: number[]) => number) =>
    samples
      .map((sample) => sample[input]?.dims ?? [])
      .reduce((a, b) => a.map((size, axis) => pick(size, b[axis] ?? size)));
  return Object.fromEntries(
    Object.keys(samples[0] ?? {}).map((input) => {
      const max = shapes(input, Math.max);
      return [input, { min: shapes(input, Math.min), opt: max, max }];
    }),
  );
}

/** As {@link profileOfFeeds}, of as many samples as there are: one of each shape is kept. */
export async function profileOfSamples(
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
): Promise<Profile> {
  const byShape = new Map<string, TensorMap>();
  for await (const feeds of samples) {
    const shape = Object.entries(feeds).map(([name, { dims }]) => `${name}:${dims.join('x')}`);
    byShape.set(shape.sort().join(), feeds);
  }
  return profileOfFeeds([...byShape.values()]);
}

class TensorRTRuntime implements Runtime {
  readonly runtime = 'tensorrt';
  readonly provider: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly #engine: Engine;
  readonly #session: Session;
  readonly #lifetime = new Lifetime('The runtime of this model');

  constructor(engine: Engine, session: Session) {
    const ofMode = (mode: 'input' | 'output') =>
      engine.tensors.filter((tensor) => tensor.mode === mode).map(toValueInfo);
    this.provider = engine.info.product;
    this.inputs = ofMode('input');
    this.outputs = ofMode('output');
    this.#engine = engine;
    this.#session = session;
  }

  infer(feeds: TensorMap, options: RunOptions = {}): Promise<TensorMap> {
    return this.#lifetime.run(async () => {
      checkRunOptions(options, this.outputs);
      const { outputs, signal, onTimes } = options;
      if (!outputs) return this.#session.infer(feeds, { signal, onTimes });
      const targets = Object.fromEntries(outputs.map((name) => [name, 'host'] as const));
      return this.#session.infer(feeds, { signal, onTimes, outputs: targets });
    });
  }

  stats(): RuntimeStats {
    return this.#session.stats();
  }

  close(): Promise<void> {
    return this.#lifetime.close(async () => {
      await this.#session.close();
      await this.#engine.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
