import { readFile } from 'node:fs/promises';
import type { BenchOptions } from '../bench/bench-options.js';
import { onFile } from '../files.js';
import type { Model } from '../onnx/model.js';
import { calibrate } from '../quantize/calibrate.js';
import { CalibrationTable } from '../quantize/calibration/table.js';
import type { TensorMap } from '../tensor.js';
import type { Precision } from '../variants/precision.js';
import type { BenchFlags } from './bench-flags.js';
import { samplesOf } from './sample-options.js';
import { profilesOf } from './shape-options.js';
import type { TrtexecLine } from './trtexec-effects.js';

/** What `bench` is asked for, but for samples and ranges, which need the model. */
export function optionsOf(flags: BenchFlags, line: TrtexecLine): BenchOptions {
  const { matrix = {}, contexts, concurrency, iterations, threads, device, seed } = flags;
  const { arrivals, pricePerHour, cacheDir, cudaGraph: cudaGraphs, wait, transfers } = flags;
  if (matrix.rate && flags.rate) throw new TypeError('Expected one of --rate and --matrix rate=');
  const precision = precisionOf(line);
  if (matrix.precision && precision) {
    throw new TypeError(`Expected one of --${[...line.precisions][0]} and --matrix precision=`);
  }
  const profiles = profilesOf(completed(flags));
  return {
    runtimes: matrix.runtime ?? (isTrtexec(line) ? ['tensorrt'] : undefined),
    precisions: matrix.precision ?? (precision && [precision]),
    batches: matrix.batch,
    lengths: matrix.length,
    rates: matrix.rate ?? flags.rate,
    shapes: shapesOf(flags, profiles),
    profiles,
    build: Object.keys(line.build).length > 0 ? line.build : undefined,
    warmupMs: flags.warmUp,
    durationMs: flags.duration === undefined ? undefined : flags.duration * 1000,
    ...{ contexts, concurrency, iterations, threads, device, seed, arrivals, pricePerHour },
    ...{ cacheDir, cudaGraphs, wait, transfers, product: flags.product },
  };
}

/** A plan has its precision and is built already; trtexec passes over such flags in silence. */
export function lineForPlan(line: TrtexecLine): TrtexecLine {
  const { precisions, build, notes } = line;
  if (precisions.size === 0 && Object.keys(build).length === 0) return line;
  const idle = [...[...precisions].map((name) => `--${name}`), ...Object.keys(build)].join(', ');
  const note = `A plan is built already: ${idle} has no meaning for it.`;
  return { ...line, precisions: new Set(), build: {}, notes: [...notes, note] };
}

/** Nobody runs ONNX Runtime with trtexec. */
function isTrtexec({ model, precisions, build }: TrtexecLine): boolean {
  return model !== undefined || precisions.size > 0 || Object.keys(build).length > 0;
}

/** trtexec lets its builder choose among precisions; here the model has one. */
function precisionOf({ precisions }: TrtexecLine): Precision | undefined {
  const allowed = [...precisions].sort().reverse().join(' ');
  if (allowed === '') return undefined;
  const precision = precisionsOfFlags[allowed];
  if (precision) return precision;
  const flags = allowed.replaceAll(/(\w+)/g, '--$1');
  throw new TypeError(`${flags} is not taken together: quantize for --int8 or --fp8, with --fp16`);
}

const precisionsOfFlags: Readonly<Record<string, Precision>> = {
  fp16: 'fp16',
  bf16: 'bf16',
  int8: 'int8',
  fp8: 'fp8',
  'int8 fp16': 'int8+fp16',
  'fp8 fp16': 'fp8+fp16',
};

/** As in trtexec, `--optShapes` alone stands for all three. */
function completed(flags: BenchFlags): BenchFlags {
  const { minShapes, optShapes, maxShapes } = flags;
  if (!optShapes || minShapes || maxShapes) return flags;
  return { ...flags, minShapes: optShapes, maxShapes: optShapes };
}

/** As in trtexec, what is measured is the shapes that the engine is fastest for, unless it is told. */
function shapesOf(
  { shapes, matrix = {}, samples }: BenchFlags,
  profiles: BenchOptions['profiles'],
): BenchOptions['shapes'] {
  if (shapes) return Object.fromEntries(shapes);
  const [profile] = profiles ?? [];
  if (!profile || matrix.batch || matrix.length || samples !== undefined) return undefined;
  const optimal = Object.entries(profile).flatMap(([input, range]) =>
    'opt' in range ? [[input, range.opt] as const] : [],
  );
  return Object.fromEntries(optimal);
}

/**
 * What is measured with, and what ranges are found with: samples are both, but where shapes are
 * asked for, which samples have already, they are for ranges alone.
 */
export async function dataOf(
  flags: BenchFlags,
  options: BenchOptions,
  model: Model,
  signal: AbortSignal,
): Promise<Pick<BenchOptions, 'samples' | 'table'>> {
  const table = flags.table === undefined ? undefined : await readTable(flags.table);
  if (flags.samples === undefined) return { table };
  const file = samplesOf(flags, model);
  if (options.shapes || options.batches || options.lengths) {
    const isQuantized = options.precisions?.some((precision) => /int8|fp8/.test(precision));
    if (table || !isQuantized) {
      throw new TypeError('Expected no --samples beside shapes: samples have their own');
    }
    return { table: await calibrate(model, file, { signal }) };
  }
  const samples: TensorMap[] = [];
  for await (const sample of file) samples.push(sample);
  return { samples, table };
}

/** A table of `tensorrt-node calibrate`, or the cache that a calibrator of TensorRT 5 to 10 wrote. */
async function readTable(path: string): Promise<CalibrationTable> {
  const text = await onFile('read', path, () => readFile(path, 'utf8'));
  return text.startsWith('TRT-')
    ? CalibrationTable.fromTensorRTCache(text)
    : CalibrationTable.load(path);
}
