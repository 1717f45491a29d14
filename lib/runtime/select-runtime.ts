import { checkOneOf, invalidArgument } from '../arguments.js';
import { toNativeProfiles } from '../engine/build/profiles.js';
import { openLibrary } from '../engine/library/library.js';
import type { PlanInput } from '../engine/plan/plan-file.js';
import { TensorRTError } from '../errors.js';
import { Model } from '../onnx/model.js';
import {
  checkLoadOptionNames,
  concerns,
  fullName,
  modelOrPlan,
  Runtime,
  type RuntimeLoadOptions,
} from './load.js';
import type { OrtProvider } from './ort-provider.js';
import { checkOrtProvider, findGpu } from './probe.js';
import { type RuntimeName, runtimeNames } from './runtime.js';
import { productFor } from './tensorrt.js';

/** As for {@link Runtime.load}; each runtime is given those options that mean something to it. */
export interface SelectRuntimeOptions extends Omit<RuntimeLoadOptions, 'runtime'> {
  /** What to try first, in this order, before the others. */
  prefer?: RuntimeName | readonly RuntimeName[] | undefined;
  /** What is acceptable: these runtimes, or `'gpu'` for all that compute on a GPU. Default: all. */
  require?: 'gpu' | RuntimeName | readonly RuntimeName[] | undefined;
}

export interface SelectedRuntime {
  readonly runtime: Runtime;
  readonly name: RuntimeName;
  /** Those that were tried before, in order. */
  readonly passedOver: readonly PassedOverRuntime[];
}

export interface PassedOverRuntime {
  readonly name: RuntimeName;
  /** Why it cannot run the model here, and what to do about that. */
  readonly reason: string;
}

type FullName = ReturnType<typeof fullName>;

/** What a GPU runs fastest comes first, what runs everywhere last. */
const usualOrder: readonly FullName[] = [
  'tensorrt',
  'onnxruntime:tensorrt',
  'onnxruntime:cuda',
  'onnxruntime:webgpu',
  'onnxruntime:cpu',
];

/**
 * Loads a model by the first runtime that can run it on this machine, and says why not by those before
 * it: TensorRT, then ONNX Runtime by its providers TensorRT, CUDA, WebGPU and CPU.
 *
 * What is cheap to know is looked at first: GPU, driver, libraries, whether a provider can be opened;
 * then the model is loaded, by TensorRT after building it.
 *
 * @param model - as for {@link Runtime.load}.
 * @throws TypeError for wrong options, among them one that means nothing to any acceptable runtime.
 * @throws TensorRTError `ERR_RUNTIME` with every reason where none is left; those of
 * {@link Model.load}.
 */
export async function selectRuntime(
  model: Model | PlanInput,
  options: SelectRuntimeOptions = {},
): Promise<SelectedRuntime> {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument('options', 'an object', options);
  }
  const { prefer, require, ...loadOptions } = options;
  const candidates = candidatesOf(prefer, require);
  checkLoadOptionNames(loadOptions, candidates, ['prefer', 'require']);
  const { signal } = options;
  signal?.throwIfAborted();
  const source = await modelOrPlan(model, signal);
  const passedOver: PassedOverRuntime[] = [];
  for (const name of candidates) {
    try {
      const own = Object.entries(loadOptions).filter(
        ([option]) => option === 'signal' || concerns(option, name),
      );
      await checkMachine(name, source, options);
      const runtime = await Runtime.load(source, { ...Object.fromEntries(own), runtime: name });
      return { runtime, name, passedOver };
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TensorRTError)) throw error;
      passedOver.push({ name, reason: error.message });
    }
  }
  const reasons = passedOver.map(({ name, reason }) => `  ${name}: ${reason}`);
  throw new TensorRTError('ERR_RUNTIME', `No runtime can run the model:\n${reasons.join('\n')}`);
}

/** @throws TypeError */
function candidatesOf(
  prefer: SelectRuntimeOptions['prefer'] = [],
  require: SelectRuntimeOptions['require'],
): FullName[] {
  const order = [...new Set([...namesOf('options.prefer', prefer), ...usualOrder])];
  if (require === undefined) return order;
  const acceptable =
    require === 'gpu'
      ? usualOrder.filter((name) => name !== 'onnxruntime:cpu')
      : namesOf('options.require', require);
  if (acceptable.length === 0) {
    throw invalidArgument('options.require', "'gpu' or names of runtimes", require);
  }
  return order.filter((name) => acceptable.includes(name));
}

/** @throws TypeError */
function namesOf(option: string, names: RuntimeName | readonly RuntimeName[]): FullName[] {
  const list: readonly unknown[] = Array.isArray(names) ? names : [names];
  return list.map((name) => {
    checkOneOf(option, name, runtimeNames);
    return fullName(name);
  });
}

/** @throws TensorRTError where the machine, or what kind of thing the model is, forbids a runtime. */
async function checkMachine(
  name: FullName,
  source: Model | PlanInput,
  { profiles = [], device, product, libraryDir, signal }: SelectRuntimeOptions,
): Promise<void> {
  if (name !== 'tensorrt') {
    if (!(source instanceof Model)) {
      throw new TensorRTError('ERR_RUNTIME', 'It runs ONNX models, and this is a plan.');
    }
    return checkOrtProvider(name.slice('onnxruntime:'.length) as OrtProvider, signal, device);
  }
  const { computeCapability } = await findGpu(device);
  if (!(source instanceof Model)) return;
  await openLibrary({ product: product ?? productFor(computeCapability), libraryDir });
  if (profiles.length === 0) checkFixedShapes(source);
}

/** Nobody can say what a model with dynamic inputs will be fed: it does not build without. */
function checkFixedShapes({ inputs }: Model): void {
  try {
    toNativeProfiles(inputs, []);
  } catch (cause) {
    throw new TensorRTError('ERR_RUNTIME', `${(cause as TypeError).message}.`, { cause });
  }
}
