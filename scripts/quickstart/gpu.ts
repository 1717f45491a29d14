/** What can be done on the GPU of this machine, if it has one. */
import { type DoctorReport, Engine, type Target, TensorRTError } from 'tensorrt-node';
import { type ComparisonTexts, compareOn } from './compare-runtimes.js';
import type { BuildTarget } from './engines.js';
import type { Pair, Runner } from './evaluate.js';
import { productNames } from './format.js';
import type { EngineFacts, Report } from './report.js';
import type { Steps } from './steps.js';

export interface Gpu {
  /** Null where there is none. */
  readonly name: string | null;
  /** How to build for it; undefined where nothing installed runs on it. */
  readonly target: BuildTarget | undefined;
  /** Why nothing can run on it, and the remedy. */
  readonly problem: string;
}

/** The first GPU, and how to build for it with the TensorRT that is installed. */
export function findGpu({ gpus, libraries, problems }: DoctorReport): Gpu {
  const [gpu] = gpus;
  const problem = problems[0] ? `${problems[0].problem} ${problems[0].remedy}`.trim() : '';
  if (!gpu) return { name: null, target: undefined, problem };
  const product = gpu.servedBy.find((served) =>
    libraries.some((library) => library.product === served && library.version !== undefined),
  );
  if (!product) return { name: gpu.name, target: undefined, problem };
  const name = `sm${gpu.computeCapability.replace('.', '')}`;
  // TensorRT builds for the GPU it finds; TensorRT for RTX is told which.
  const options = product === 'tensorrt' ? { product } : { targets: [name as Target] };
  return { name: gpu.name, target: { name, options }, problem };
}

/** Runs the engines that were built for the GPU, where there is one. */
export async function compareOnGpu(
  gpu: Gpu,
  engines: readonly EngineFacts[],
  texts: ComparisonTexts,
  steps: Steps,
): Promise<Pick<Report, 'tensorrt' | 'notMeasured'>> {
  const notRun = (problem: string) => ({
    what: 'Accuracy and latency of the TensorRT engines',
    why: `${problem} What ONNX Runtime does on the CPU does not tell how fast they are.`,
  });
  if (!gpu.target) return { tensorrt: null, notMeasured: [notRun(gpu.problem)] };
  const target = gpu.target.name;
  const fp32 = engineFor(engines, target, 'fp32');
  const int8 = engineFor(engines, target, 'int8');
  const name = productNames[fp32.library] ?? fp32.library;
  const runtime = { name, details: `${fp32.version}, ${gpu.name}` };
  const others = [...new Set(engines.map((engine) => engine.target))].filter((t) => t !== target);
  const elsewhere = {
    what: `Accuracy and latency of the engines for ${others.join(', ')}`,
    why: `the GPU of this machine is ${target}.`,
  };
  try {
    const tensorrt = await withSessions({ fp32: fp32.file, int8: int8.file }, (sessions) =>
      compareOn(runtime, sessions, texts, steps),
    );
    return { tensorrt, notMeasured: [elsewhere] };
  } catch (error) {
    if (!(error instanceof TensorRTError)) throw error;
    return { tensorrt: null, notMeasured: [notRun(error.message)] };
  }
}

function engineFor(
  engines: readonly EngineFacts[],
  target: string,
  precision: keyof Pair<unknown>,
): EngineFacts {
  const found = engines.find((one) => one.target === target && one.precision === precision);
  if (!found) throw new TypeError(`Expected a ${precision} engine for ${target}`);
  return found;
}

/** Loads both plans and gives their sessions to `use`; closes them whatever happens. */
async function withSessions<T>(
  plans: Pair<string>,
  use: (sessions: Pair<Runner>) => Promise<T>,
): Promise<T> {
  await using fp32 = await Engine.load(plans.fp32);
  await using int8 = await Engine.load(plans.int8);
  return await use({ fp32: await fp32.createSession(), int8: await int8.createSession() });
}
