import type { Profile } from '../engine/build/profiles.js';
import type { Plan } from '../engine/plan/plan.js';
import { TensorRTError } from '../errors.js';
import type { Model } from '../onnx/model.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { profileOfFeeds } from '../runtime/tensorrt.js';
import { type BenchOptions, type CheckedBenchOptions, checkBenchOptions } from './bench-options.js';
import type { BenchCell, BenchMethod, BenchParameters, BenchReport } from './bench-report.js';
import { BenchWatch } from './bench-watch.js';
import { resultOf } from './cell-result.js';
import { cellShapes, type ShapeRequest } from './cell-shapes.js';
import type { OpenRequest } from './child/protocol.js';
import { checkRuntime, describeMachine, ownVersions } from './machine.js';
import { cellName, combinations } from './matrix.js';
import { measureCell } from './measure-cell.js';
import { Subject, type Variant } from './subject.js';

/**
 * Measures how fast a model or a plan runs: every combination of what the options list is a cell,
 * measured by itself in a process of its own. What a cell cannot do is its `problem`, and the others
 * go on.
 *
 * @param model - a model, a plan, or the path of either.
 * @throws TypeError for wrong options. TensorRTError where the model or plan cannot be read; the
 * signal's reason.
 */
export async function bench(
  model: Model | Plan | Uint8Array | string,
  options: BenchOptions = {},
): Promise<BenchReport> {
  const checked = checkBenchOptions(options);
  const { signal, device } = checked;
  const subject = await Subject.open(model, signal);
  const cells = cellsOf(subject, checked);
  const watch = new BenchWatch(cells.length, checked.onProgress);
  const versions = ownVersions();
  const machine = await describeMachine(device);
  let report: BenchReport = {
    format: 'tensorrt-node-bench',
    version: 1,
    date: new Date().toISOString(),
    machine,
    versions,
    model: { name: subject.name, ...subject.digest },
    method: methodOf(checked),
    cells: [],
  };
  try {
    for (const parameters of cells) {
      const cell = await measure(subject, parameters, checked, versions, watch);
      report = { ...report, versions: { ...versions }, cells: [...report.cells, cell] };
      checked.onReport?.(report);
    }
    return report;
  } finally {
    watch.end();
    await subject.close();
  }
}

function cellsOf(subject: Subject, options: CheckedBenchOptions): BenchParameters[] {
  if (!subject.model) {
    const other = options.runtimes?.find((runtime) => runtime !== 'tensorrt');
    if (other) throw new TypeError(`Expected 'tensorrt' for the runtime of a plan, not '${other}'`);
    if (options.precisions) throw new TypeError('Expected no precisions for a plan');
  }
  const everywhere = subject.model
    ? (['tensorrt', 'onnxruntime:cpu'] as const)
    : ['tensorrt' as const];
  return combinations(options, options.runtimes ?? everywhere, options.precisions ?? [undefined]);
}

/** One cell, with its problem where it has one. Rejects only when the whole is aborted. */
async function measure(
  subject: Subject,
  asked: BenchParameters,
  options: CheckedBenchOptions,
  versions: Record<string, string>,
  watch: BenchWatch,
): Promise<BenchCell> {
  watch.next(cellName(asked));
  let cell: Omit<BenchCell, 'result' | 'problem'> = {
    name: cellName(asked),
    parameters: asked,
    shapes: {},
  };
  try {
    const request = shapeRequest(asked, options);
    const settled = subject.model && cellShapes(subject.model.inputs, request);
    if (settled) cell = cellOf(asked, settled);
    watch.phase('prepare');
    await checkRuntime(asked.runtime, options);
    const profiles = profilesOf(subject.model, settled?.shapes, options);
    const variant = await subject.variant(asked.precision, {
      ...options,
      profiles,
      onPhase: (phase) => watch.phase(phase),
    });
    const { opened, measured } = await measureCell(
      openRequest(asked, variant, settled ?? request, profiles, options),
      asked.rate,
      options,
      (phase) => watch.phase(phase),
    );
    Object.assign(versions, opened.versions);
    const { randomRanges, notes } = variant;
    const result = resultOf({ opened, measured, rate: asked.rate, randomRanges }, options);
    return { ...cellOf(asked, opened), notes, result };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ...cell, problem: problemOf(error) };
  }
}

function shapeRequest(
  { batch, length }: BenchParameters,
  { shapes, samples }: CheckedBenchOptions,
): ShapeRequest {
  const [first] = samples ?? [];
  if (!first) return { batch, length, shapes };
  const dims = Object.entries(first).map(([name, { dims }]) => [name, dims] as const);
  return { shapes: Object.fromEntries(dims) };
}

function cellOf(
  asked: BenchParameters,
  { shapes, batch, length }: ReturnType<typeof cellShapes>,
): Pick<BenchCell, 'name' | 'parameters' | 'shapes'> {
  const parameters = { ...asked, batch: batch ?? asked.batch, length: length ?? asked.length };
  return { name: cellName(parameters), parameters, shapes };
}

/** What TensorRT builds for: what the options say, else the very shapes of the cell. */
function profilesOf(
  model: Model | undefined,
  shapes: Readonly<Record<string, readonly number[]>> | undefined,
  { profiles, samples }: CheckedBenchOptions,
): readonly Profile[] | undefined {
  if (profiles || !model || !shapes) return profiles;
  const dynamic = model.inputs.filter(isDynamic).map(({ name }) => name);
  const exact = samples
    ? profileOfFeeds(samples)
    : Object.fromEntries(
        Object.entries(shapes).map(([name, dims]) => [name, { min: dims, opt: dims, max: dims }]),
      );
  return [Object.fromEntries(Object.entries(exact).filter(([name]) => dynamic.includes(name)))];
}

function isDynamic({ dims }: ValueInfo): boolean {
  return dims?.some((dim) => typeof dim !== 'number') ?? true;
}

function openRequest(
  { runtime }: BenchParameters,
  { kind, path }: Variant,
  { shapes, batch, length }: ShapeRequest,
  profiles: readonly Profile[] | undefined,
  options: CheckedBenchOptions,
): OpenRequest {
  const { samples, build, cacheDir, product, libraryDir, threads, device, seed } = options;
  const { contexts, cudaGraphs, wait, transfers, int8 } = options;
  return {
    runtime,
    subject: { kind, path },
    shapes: { shapes, batch, length },
    samples,
    profiles,
    build,
    cacheDir,
    product,
    libraryDir,
    contexts,
    cudaGraphs,
    wait,
    transfers,
    threads,
    int8,
    device,
    seed,
  };
}

/** The message has the remedy in it already. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof TensorRTError ? `${error.message} (${error.code})` : error.message;
}

function methodOf(options: CheckedBenchOptions): BenchMethod {
  const { warmupMs, durationMs, iterations, contexts, concurrency } = options;
  const { cudaGraphs, transfers, samples, pricePerHour } = options;
  return {
    warmupMs,
    durationMs,
    iterations,
    contexts,
    concurrency,
    cudaGraphs,
    transfers,
    inputs: samples ? 'samples' : 'random',
    pricePerHour,
  };
}
