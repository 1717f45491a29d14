import type { BenchOptions } from '../bench/bench-options.js';
import { cellShapes } from '../bench/cell-shapes.js';
import { isPlan } from '../bench/subject.js';
import { buildEngine } from '../engine/build/build.js';
import type { Profile } from '../engine/build/profiles.js';
import { productName } from '../engine/library/library.js';
import type { Plan } from '../engine/plan/plan.js';
import { Model } from '../onnx/model.js';
import { inPrecision } from '../variants/in-precision.js';
import type { BenchFlags } from './bench-flags.js';
import { wantsLayers } from './bench-layers.js';
import { dataOf } from './bench-request.js';
import { kebab } from './command.js';
import { seconds, withProgress } from './progress.js';
import { note } from './terminal.js';
import { bytes } from './text.js';

/** What is measured, and how, once all that comes before is done. */
export interface PreparedBench {
  readonly subject: Model | Plan | string;
  readonly options: BenchOptions;
  /** Where one plan is measured in all cells. */
  readonly plan?: Plan | string;
}

/** Reads the model and its data, and builds the plan where one is asked for. */
export async function prepareBench(
  file: string,
  flags: BenchFlags,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<PreparedBench> {
  if (await isPlan(file)) {
    const idle = ['saveEngine', 'buildOnly', 'samples', 'table'] as const;
    const given = idle.find((name) => flags[name] !== undefined);
    if (given) throw new TypeError(`Expected no --${kebab(given)}, since '${file}' is a plan`);
    return { subject: file, options, plan: file };
  }
  const model = await Model.load(file, { signal });
  const complete = { ...options, ...(await dataOf(flags, options, model, signal)) };
  if (!wantsPlan(flags)) return { subject: model, options: complete };
  const plan = await buildPlan(model, flags, complete, signal);
  const { precisions: _, profiles: __, build: ___, table: ____, ...ofPlan } = complete;
  return { subject: plan, options: ofPlan, plan };
}

/** Whether something is asked for that one engine has for all cells. */
function wantsPlan(flags: BenchFlags): boolean {
  const { saveEngine, buildOnly, timingCache } = flags;
  return [saveEngine, buildOnly, timingCache].some(Boolean) || wantsLayers(flags);
}

/** Builds the plan of `--save-engine` and `--build-only`, in the one precision that is asked for. */
async function buildPlan(
  model: Model,
  { saveEngine: output, timingCache }: BenchFlags,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<Plan> {
  const {
    precisions = [],
    runtimes = ['tensorrt'],
    cacheDir,
    build,
    samples,
    table,
    product,
  } = options;
  const [precision] = precisions;
  if (precisions.length > 1 || runtimes.some((runtime) => runtime !== 'tensorrt')) {
    throw new TypeError('Expected one precision, and no runtime but tensorrt, for one plan');
  }
  const profiles = options.profiles ?? [profileOf(model, options)];
  return await withProgress(async (line) => {
    const variant =
      precision && (await inPrecision(model, precision, { samples, table, profiles, signal }));
    for (const text of variant?.notes ?? []) note(text);
    const plan = await buildEngine(variant?.model ?? model, {
      ...build,
      profiles,
      signal,
      ...(product !== undefined && { product }),
      ...(cacheDir !== undefined && { cacheDir }),
      ...(timingCache !== undefined && { timingCache }),
      ...(output !== undefined && { output }),
      onLog: ({ text }) => note(`TensorRT: ${text}`),
      onProgress: ({ phase, elapsedMs }) => line.show(`Building: ${phase}, ${seconds(elapsedMs)}`),
    });
    line.end();
    note(planText(plan, output));
    return plan;
  });
}

/** Of everything that will be measured: from the smallest shapes to the largest, fastest for those. */
function profileOf(model: Model, options: BenchOptions): Profile {
  const { batches = [undefined], lengths = [undefined], shapes, samples } = options;
  const all = samples
    ? samples.map((sample) => mapValues(sample, ({ dims }) => dims))
    : batches.flatMap((batch) =>
        lengths.map((length) => cellShapes(model.inputs, { batch, length, shapes }).shapes),
      );
  const dynamic = model.inputs.filter(({ dims }) => dims?.some((dim) => typeof dim !== 'number'));
  const ranges = dynamic.map(({ name }) => {
    const of = (pick: (...sizes: number[]) => number) =>
      all
        .map((each) => each[name] ?? [])
        .reduce((a, b) => a.map((size, axis) => pick(size, b[axis] ?? size)));
    return [name, { min: of(Math.min), opt: of(Math.max), max: of(Math.max) }] as const;
  });
  return Object.fromEntries(ranges);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function planText({ product, version, bytes: size, seconds: took, cache }: Plan, output?: string) {
  const where = output === undefined ? 'a plan' : output;
  const how = cache?.hit ? 'from the cache' : `in ${took.toFixed(1)} s`;
  return `Built ${where} (${bytes(size)}) with ${productName(product)} ${version} ${how}.`;
}
