import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkText,
  invalidArgument,
} from '../arguments.js';
import type { BuilderOptions } from '../engine/build/build-options.js';
import { checkProfileList, type Profile } from '../engine/build/profiles.js';
import type { LibraryOptions } from '../engine/library/library.js';
import type { CalibrationTable } from '../quantize/calibration/table.js';
import type { PlacementOptions } from '../quantize/placement/options.js';
import { type RuntimeName, runtimeNames } from '../runtime/runtime.js';
import type { TensorMap } from '../tensor.js';
import { type Precision, precisions } from '../variants/precision.js';
import type { BenchReport } from './bench-report.js';

/** Where a measurement is. */
export interface BenchProgress {
  /** The cell that is measured, from 1; 0 while models are made ready. */
  readonly cell: number;
  readonly cells: number;
  /** Its name. */
  readonly name: string;
  /**
   * `'prepare'`, `'convert'`, `'calibrate'` or `'quantize'`; then `'build'` or `'load'`, `'warm up'`
   * and `'measure'`.
   */
  readonly phase: string;
  /** Since `bench` was called. */
  readonly elapsedMs: number;
  /** Of all that is left, from what the cells before took; undefined for the first one. */
  readonly remainingMs?: number | undefined;
}

export interface BenchOptions extends LibraryOptions {
  /**
   * What runs the model. Default: for a plan `['tensorrt']`, for a model TensorRT and ONNX Runtime on
   * the CPU.
   */
  runtimes?: readonly RuntimeName[] | undefined;
  /** What the model is made to compute in, by {@link inPrecision}. Default: as it is. */
  precisions?: readonly Precision[] | undefined;
  /** Sizes of the batch, the first axis of inputs where that is dynamic. Default: 1. */
  batches?: readonly number[] | undefined;
  /** Sizes of the dynamic second axis of inputs of integers, such as ids of tokens. Default: 128. */
  lengths?: readonly number[] | undefined;
  /** Shapes of inputs, by name. Then those inputs have no other. */
  shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /**
   * Arrivals a second, each for an open loop: a latency counts from the intended arrival, and so has
   * the time in line. Default: a closed loop, where the next inference begins when one ends.
   */
  rates?: readonly number[] | undefined;
  /** Gaps between arrivals: exponentially distributed, or equal. Default: `'poisson'`. */
  arrivals?: 'poisson' | 'even' | undefined;
  /**
   * What the model is fed, in turns, in the shapes that they have; INT8 ranges are measured on them
   * too, unless there is a `table`. Default: random inputs, see {@link randomFeeds}.
   */
  samples?: readonly TensorMap[] | undefined;
  /** Ranges for INT8 and FP8. Default: of `samples`, else of random inputs, with a warning. */
  table?: CalibrationTable | undefined;
  /** Which nodes are quantized. */
  placement?: PlacementOptions | undefined;
  /** What TensorRT builds for. Default: for each cell its very shapes, which is the fastest case. */
  profiles?: readonly Profile[] | undefined;
  /** What TensorRT's builder is told. */
  build?: BuilderOptions | undefined;
  /** A folder that keeps engines, so that the next measurement need not build them. */
  cacheDir?: string | undefined;
  /** Inferences before the measurement, at least two in every place. Default: 200. */
  warmupMs?: number | undefined;
  /** Of the measurement of each cell. Default: 3000. */
  durationMs?: number | undefined;
  /** Fewest inferences, if they take longer than that. Default: 10. */
  iterations?: number | undefined;
  /** Execution contexts of TensorRT, each with streams of its own. Default: 1. */
  contexts?: number | undefined;
  /** Inferences in flight in a closed loop. Default: one for each context. */
  concurrency?: number | undefined;
  /** Whether TensorRT launches captured graphs. Default: false. */
  cudaGraphs?: boolean | undefined;
  /**
   * How threads wait for the GPU: asleep, or by asking again and again, which answers sooner and takes
   * a core. Default: `'block'`.
   */
  wait?: 'block' | 'spin' | undefined;
  /**
   * Whether each inference copies its inputs to the device and its outputs back. False leaves both on
   * the device; TensorRT only. Default: true.
   */
  transfers?: boolean | undefined;
  /** Threads of ONNX Runtime. Default: one per core. */
  threads?: number | undefined;
  /** How ONNX Runtime computes INT8 on the CPU, as in {@link Runtime.load}. Default: `'kernels'`. */
  int8?: 'kernels' | 'float' | undefined;
  /** Number of the GPU. Default: 0. */
  device?: number | undefined;
  /** What an hour of this machine costs, in any currency. */
  pricePerHour?: number | undefined;
  /** Of random inputs and of arrivals. Default: 1. */
  seed?: number | undefined;
  /** Called when a phase begins, and twice a second. */
  onProgress?: ((progress: BenchProgress) => void) | undefined;
  /** Called after each cell with the report so far: what is left of a measurement that is aborted. */
  onReport?: ((report: BenchReport) => void) | undefined;
  /** Ends the processes that measure; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

type Defaulted =
  | 'arrivals'
  | 'warmupMs'
  | 'durationMs'
  | 'iterations'
  | 'contexts'
  | 'concurrency'
  | 'cudaGraphs'
  | 'wait'
  | 'transfers'
  | 'device'
  | 'seed';

/** The options with every default filled in that does not depend on the model. */
export type CheckedBenchOptions = BenchOptions & {
  [K in Defaulted]: NonNullable<BenchOptions[K]>;
};

const optionNames: readonly (keyof BenchOptions)[] = [
  'product',
  'libraryDir',
  'runtimes',
  'precisions',
  'batches',
  'lengths',
  'shapes',
  'rates',
  'arrivals',
  'samples',
  'table',
  'placement',
  'profiles',
  'build',
  'cacheDir',
  'warmupMs',
  'durationMs',
  'iterations',
  'contexts',
  'concurrency',
  'cudaGraphs',
  'wait',
  'transfers',
  'threads',
  'int8',
  'device',
  'pricePerHour',
  'seed',
  'onProgress',
  'onReport',
  'signal',
];

/** @throws TypeError */
export function checkBenchOptions(options: BenchOptions): CheckedBenchOptions {
  checkOptions('options', options, optionNames);
  checkAxes(options);
  const { arrivals = 'poisson', warmupMs = 200, durationMs = 3000, iterations = 10 } = options;
  const { contexts = 1, cudaGraphs = false, wait = 'block', transfers = true } = options;
  const { concurrency = contexts, threads, int8, device = 0, seed = 1 } = options;
  const { pricePerHour, profiles, cacheDir } = options;
  checkOneOf('options.arrivals', arrivals, ['poisson', 'even']);
  checkNumber('options.warmupMs', warmupMs, 0);
  checkNumber('options.durationMs', durationMs, 0);
  checkInteger('options.iterations', iterations, 1);
  checkInteger('options.contexts', contexts, 1, 64);
  checkInteger('options.concurrency', concurrency, 1);
  checkBoolean('options.cudaGraphs', cudaGraphs);
  checkOneOf('options.wait', wait, ['block', 'spin']);
  checkBoolean('options.transfers', transfers);
  checkInteger('options.device', device, 0);
  checkInteger('options.seed', seed, 0);
  if (threads !== undefined) checkInteger('options.threads', threads, 1);
  if (int8 !== undefined) checkOneOf('options.int8', int8, ['kernels', 'float']);
  if (pricePerHour !== undefined) checkNumber('options.pricePerHour', pricePerHour, 0);
  if (profiles !== undefined) checkProfileList('options.profiles', profiles);
  if (cacheDir !== undefined) checkText('options.cacheDir', cacheDir);
  return {
    ...options,
    arrivals,
    warmupMs,
    durationMs,
    iterations,
    contexts,
    concurrency,
    cudaGraphs,
    wait,
    transfers,
    device,
    seed,
  };
}

function checkAxes(options: BenchOptions): void {
  const { runtimes, precisions: wanted, batches, lengths, rates, samples } = options;
  checkEach('runtimes', runtimes, (name, value) => checkOneOf(name, value, runtimeNames));
  checkEach('precisions', wanted, (name, value) => checkOneOf(name, value, precisions));
  checkEach('batches', batches, (name, value) => checkInteger(name, value, 1));
  checkEach('lengths', lengths, (name, value) => checkInteger(name, value, 1));
  checkEach('rates', rates, (name, value) => checkNumber(name, value, Number.MIN_VALUE));
  checkEach('samples', samples, () => {});
  const other = ['batches', 'lengths', 'shapes'].find(
    (name) => options[name as keyof BenchOptions] !== undefined,
  );
  if (samples && other) {
    throw new TypeError(
      `Expected no options.${other} with options.samples, which have their shapes`,
    );
  }
}

function checkEach(
  name: string,
  values: unknown,
  check: (name: string, value: unknown) => void,
): void {
  if (values === undefined) return;
  if (!Array.isArray(values) || values.length === 0) {
    throw invalidArgument(`options.${name}`, 'an array with at least one entry', values);
  }
  for (const [index, value] of values.entries()) check(`options.${name}[${index}]`, value);
}

function checkNumber(name: string, value: unknown, min: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min) {
    throw invalidArgument(name, min > 0 ? 'a number above 0' : 'a number from 0', value);
  }
}
