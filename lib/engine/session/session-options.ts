import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import { type ContextMemory, contextMemories } from '../device/memory-report.js';
import type { Product } from '../library/libraries.js';

export interface SessionOptions {
  /**
   * Execution contexts for each optimisation profile, and so inferences that are computed at the
   * same time. Each takes scratch memory on the device. Default: 1.
   */
  contexts?: number;
  /**
   * Inferences that each context holds at once. With 2 one is copied while another is computed, and
   * both keep a thread of libuv's pool waiting. Default: 2.
   */
  depth?: 1 | 2;
  /** Optimisation profiles of the engine to run. Default: all. */
  profiles?: readonly number[];
  /**
   * Whether to capture the work for shapes that come again in CUDA graphs, which spares the CPU the
   * launch of every kernel. A number is how many graphs each context keeps, `true` stands for 16.
   * The first graph of every kind is checked against a plain run; `stats().graphs` counts what could
   * not be captured, and why. With TensorRT for RTX, which captures by itself, it chooses
   * `cudaGraphStrategy: 'wholeGraphCapture'` instead. Default: false.
   */
  cudaGraphs?: boolean | number;
  /**
   * How threads wait for the GPU: asleep (`'block'`), or by asking again and again (`'spin'`), which
   * saves the time to wake them and takes a core for every inference in flight. After 100 ms
   * spinning threads sleep too. Default: 'block'.
   */
  wait?: 'block' | 'spin';
  /** Of the streams, against other work on the GPU. Default: 'normal'. */
  priority?: 'low' | 'normal' | 'high';
  /**
   * Scratch memory of the contexts: `'static'` for the largest shapes of all profiles,
   * `'onProfileChange'` for the largest of its profile, `'userManaged'` grows with the shapes that
   * come. Default: TensorRT's, 'static'.
   */
  memory?: ContextMemory;
  /**
   * When TensorRT for RTX compiles kernels for the very shapes that come: in the background
   * (`'lazy'`, its default), before the inference (`'eager'`), or never (`'none'`).
   */
  kernelSpecialization?: 'lazy' | 'eager' | 'none';
  /** Who captures CUDA graphs with TensorRT for RTX. Default: as `cudaGraphs` says. */
  cudaGraphStrategy?: 'disabled' | 'wholeGraphCapture';
  /**
   * A file for the kernels that TensorRT for RTX compiles on this machine, shared with other
   * processes: read now, written after `warmup()` and by `close()`.
   */
  runtimeCache?: string;
  /** Whether to time the parts of every inference, for `stats()`. Default: false. */
  timings?: boolean;
}

const optionNames: readonly (keyof SessionOptions)[] = [
  'contexts',
  'depth',
  'profiles',
  'cudaGraphs',
  'wait',
  'priority',
  'memory',
  'kernelSpecialization',
  'cudaGraphStrategy',
  'runtimeCache',
  'timings',
];

const defaultGraphs = 16;

/** The options with every default filled in. */
export interface CheckedSessionOptions {
  contexts: number;
  depth: number;
  profiles: readonly number[];
  priority: 'low' | 'normal' | 'high';
  /** Graphs that a context keeps; 0 where TensorRT for RTX captures, or nobody. */
  graphs: number;
  wait: 'block' | 'spin';
  cudaGraphStrategy: SessionOptions['cudaGraphStrategy'];
  memory: SessionOptions['memory'];
  kernelSpecialization: SessionOptions['kernelSpecialization'];
  runtimeCache: string | undefined;
  timings: boolean;
}

/** @throws TypeError */
export function checkSessionOptions(
  options: SessionOptions,
  product: Product,
  profileCount: number,
): CheckedSessionOptions {
  checkOptions('options', options, optionNames);
  const { contexts = 1, depth = 2, wait = 'block', priority = 'normal', timings = false } = options;
  checkInteger('contexts', contexts, 1, 64);
  checkInteger('depth', depth, 1, 2);
  checkOneOf('wait', wait, ['block', 'spin']);
  checkOneOf('priority', priority, ['low', 'normal', 'high']);
  const { memory, kernelSpecialization, cudaGraphStrategy, runtimeCache } = options;
  if (memory !== undefined) checkOneOf('memory', memory, contextMemories);
  if (kernelSpecialization !== undefined) {
    checkOneOf('kernelSpecialization', kernelSpecialization, ['lazy', 'eager', 'none']);
  }
  if (cudaGraphStrategy !== undefined) {
    checkOneOf('cudaGraphStrategy', cudaGraphStrategy, ['disabled', 'wholeGraphCapture']);
  }
  if (runtimeCache !== undefined && typeof runtimeCache !== 'string') {
    throw invalidArgument('runtimeCache', 'a path', runtimeCache);
  }
  if (typeof timings !== 'boolean') throw invalidArgument('timings', 'a boolean', timings);
  const graphs = checkGraphs(options.cudaGraphs);
  const byTensorRT = product === 'tensorrt-rtx' && cudaGraphStrategy !== 'disabled';
  return {
    contexts,
    depth,
    profiles: checkProfiles(options.profiles, profileCount),
    priority,
    // Capturing what captures itself does not work.
    graphs: byTensorRT ? 0 : graphs,
    wait,
    cudaGraphStrategy: byTensorRT && graphs > 0 ? 'wholeGraphCapture' : cudaGraphStrategy,
    memory,
    kernelSpecialization,
    runtimeCache,
    timings,
  };
}

function checkGraphs(value: unknown): number {
  if (value === undefined || value === false) return 0;
  if (value === true) return defaultGraphs;
  checkInteger('cudaGraphs', value, 0, 1024);
  return value;
}

function checkProfiles(value: unknown, count: number): readonly number[] {
  if (value === undefined) return Array.from({ length: count }, (_, index) => index);
  if (!Array.isArray(value) || value.length === 0) {
    throw invalidArgument('profiles', 'an array of profile numbers', value);
  }
  value.forEach((index, i) => {
    checkInteger(`profiles[${i}]`, index, 0, count - 1);
  });
  return [...new Set<number>(value)];
}
