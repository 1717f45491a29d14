import type { Plan } from '../engine/plan/plan.js';
import { TensorRTError } from '../errors.js';
import { counted } from '../figures.js';
import type { Model } from '../onnx/model.js';
import { type BenchOptions, type CheckedBenchOptions, checkBenchOptions } from './bench-options.js';
import type { BenchCell, BenchMethod, BenchReport } from './bench-report.js';
import { BenchWatch } from './bench-watch.js';
import { resultOf } from './cell-result.js';
import type { Measured, OpenRequest } from './child/protocol.js';
import { checkRuntime, describeMachine, ownVersions } from './machine.js';
import { frameOf, type PlannedCell, placementProfiles, planCells } from './matrix.js';
import { measureCell } from './measure-cell.js';
import { countWork } from './roofline/count-work.js';
import { Subject, type Variant } from './subject.js';

/**
 * Measures how fast a model or a plan runs. Every combination of the shapes, precisions, runtimes and
 * rates that the options list is a cell, measured in a process of its own: after a warm-up, for
 * `durationMs` and at least `iterations` inferences. {@link BenchResult} defines the figures. What a
 * cell cannot do, or what its process dies of, is its `problem`, and the others go on.
 *
 * Without `rates` it is a closed loop: `concurrency` users who each wait for their result before they
 * ask again, which shows what is possible. With a rate it is an open loop: users come at their times,
 * and a latency counts from there, which shows what they wait for.
 *
 * A model is brought into each precision once, for all shapes of the matrix. TensorRT builds an
 * engine for each cell, whose one profile has the very shapes of the cell, unless `profiles` says
 * otherwise.
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
  await using subject = await Subject.open(model, checked.signal);
  const cells = planCells(subject.model, checked);
  let report = await emptyReport(subject, checked);
  using watch = new BenchWatch(cells.length, checked.onProgress);
  const measurement = { subject, cells, options: checked, watch };
  for (const planned of cells) {
    const { cell, versions } = await measure(planned, measurement);
    report = {
      ...report,
      versions: { ...report.versions, ...versions },
      cells: [...report.cells, cell],
    };
    checked.onReport?.(report);
  }
  return report;
}

interface Measurement {
  readonly subject: Subject;
  readonly cells: readonly PlannedCell[];
  readonly options: CheckedBenchOptions;
  readonly watch: BenchWatch;
}

interface MeasuredCell {
  readonly cell: BenchCell;
  readonly versions?: Readonly<Record<string, string>>;
}

/** One cell, with its problem where it has one. Rejects only when the whole is aborted. */
async function measure(planned: PlannedCell, measurement: Measurement): Promise<MeasuredCell> {
  const { options, watch } = measurement;
  watch.next(planned.frame.name);
  try {
    if (planned.error) throw planned.error;
    return await measurePossible(planned, measurement);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { cell: { ...planned.frame, problem: problemOf(error) } };
  }
}

async function measurePossible(
  planned: PlannedCell,
  { subject, cells, options, watch }: Measurement,
): Promise<MeasuredCell> {
  const { runtime, precision, rate } = planned.frame.parameters;
  const onPhase = (phase: string) => watch.phase(phase);
  onPhase('prepare');
  await checkRuntime(runtime, options);
  const profiles = placementProfiles(cells);
  const variant = await subject.variant(precision, { ...options, profiles, onPhase });
  const request = openRequest(planned, variant, options);
  const { opened, measured } = await measureCell(request, rate, options, onPhase);
  const { model, notes, randomRanges } = variant;
  const { signal } = options;
  const cell = {
    ...frameOf(planned.frame.parameters, opened),
    notes: [...notes, ...failureNotes(measured)],
    work: model && (await countWork(model, opened.shapes, { signal })),
    result: resultOf({ opened, measured, rate, randomRanges }, options),
  };
  return { cell, versions: opened.versions };
}

function failureNotes({ recorded: { failures, failure } }: Measured): string[] {
  return failure
    ? [`${counted(failures, 'inference')} failed, the last with: ${failure.message}`]
    : [];
}

function openRequest(
  { frame, request, profiles }: PlannedCell,
  { kind, path }: Variant,
  options: CheckedBenchOptions,
): OpenRequest {
  const { samples, build, cacheDir, product, libraryDir, threads, int8, device, seed } = options;
  const { contexts, cudaGraphs, wait, transfers } = options;
  return {
    runtime: frame.parameters.runtime,
    subject: { kind, path },
    shapes: request,
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

async function emptyReport(subject: Subject, options: CheckedBenchOptions): Promise<BenchReport> {
  return {
    format: 'tensorrt-node-bench',
    version: 1,
    date: new Date().toISOString(),
    machine: await describeMachine(options.device),
    versions: ownVersions(),
    model: { name: subject.name, ...subject.digest },
    method: methodOf(options),
    cells: [],
  };
}

function methodOf(options: CheckedBenchOptions): BenchMethod {
  const { warmupMs, durationMs, iterations, contexts, concurrency } = options;
  const { cudaGraphs, transfers, samples, rates, arrivals } = options;
  const { wait, threads, int8, pricePerHour } = options;
  return {
    warmupMs,
    durationMs,
    iterations,
    contexts,
    concurrency,
    cudaGraphs,
    transfers,
    inputs: samples ? 'samples' : 'random',
    arrivals: rates && arrivals,
    wait,
    threads,
    int8,
    pricePerHour,
  };
}
