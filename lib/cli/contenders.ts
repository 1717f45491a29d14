import { InvalidArgumentError } from 'commander';
import type { PlanInput } from '../engine/plan/plan-file.js';
import type { Contender } from '../evaluate/evaluate.js';
import { Model } from '../onnx/model.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { calibrate } from '../quantize/calibrate.js';
import { CalibrationTable } from '../quantize/calibration/table.js';
import { concerns, isModelPath, modelOrPlan, Runtime } from '../runtime/load.js';
import type { RuntimeName } from '../runtime/runtime.js';
import { profileOfSamples } from '../runtime/tensorrt.js';
import type { TensorMap } from '../tensor.js';
import { inPrecision } from '../variants/in-precision.js';
import { type Precision, precisions } from '../variants/precision.js';
import { seconds, withProgress } from './progress.js';
import { type SampleFlags, samplesOf } from './sample-options.js';
import { note } from './terminal.js';
import { counted } from './text.js';

/** What runs, and in which precisions, as it was given on the command line. */
export interface ContenderFlags extends SampleFlags {
  runtime?: RuntimeName;
  int8?: 'kernels' | 'float';
  threads?: number;
  libraryDir?: string;
  precision?: Precision[];
  calibration?: string;
  table?: string;
  mask?: string;
}

/** The models of a command, of which the first is open. */
export interface Contenders {
  /** Of the first model. */
  readonly inputs: readonly ValueInfo[];
  /** @param samples - begins the samples; TensorRT builds models with dynamic inputs for their shapes. */
  list(samples: () => AsyncIterable<TensorMap>): Contender[];
  close(): Promise<void>;
}

/**
 * The models of some files; with `--precision`, one model in each of its precisions.
 *
 * @throws TypeError where the options do not fit each other.
 */
export async function openContenders(
  paths: readonly string[],
  flags: ContenderFlags,
): Promise<Contenders> {
  checkFlags(paths, flags);
  const [path] = paths as [string];
  if (!isModelPath(path)) return await withPlanFirst(paths, flags);
  const model = await Model.load(path);
  const { precision } = flags;
  const list = precision
    ? inPrecisions(model, precision, flags)
    : paths.map((each, index) => ({
        name: each,
        model: async () => (index === 0 ? model : await modelOrPlan(each)),
      }));
  return {
    inputs: model.inputs,
    list: (samples) =>
      list.map(({ name, model: make }) => ({
        name,
        runtime: async () => open(await make(), flags, samples),
      })),
    close: async () => {},
  };
}

/** Only the plan itself tells its inputs. */
async function withPlanFirst(paths: readonly string[], flags: ContenderFlags): Promise<Contenders> {
  const [path, ...others] = paths as [string, ...string[]];
  const first = await open(path, flags);
  return {
    inputs: first.inputs,
    list: (samples) => [
      { name: path, runtime: first },
      ...others.map((each) => ({
        name: each,
        runtime: async () => open(await modelOrPlan(each), flags, samples),
      })),
    ],
    close: () => first.close(),
  };
}

function checkFlags(paths: readonly string[], flags: ContenderFlags): void {
  const { precision, calibration, table, runtime = 'onnxruntime' } = flags;
  if (precision && (paths.length > 1 || !isModelPath(paths[0] as string))) {
    throw new TypeError('Expected one ONNX model beside --precision, which makes the others of it');
  }
  const ranges = precision?.some(isQuantized) ?? false;
  if (ranges && (calibration === undefined) === (table === undefined)) {
    throw new TypeError(
      'Expected either --calibration or --table beside --precision int8: ranges of random inputs would give answers that mean nothing',
    );
  }
  const idle = (['calibration', 'table'] as const).find((name) => flags[name] !== undefined);
  if (idle && !ranges) throw new TypeError(`Expected --precision int8 or fp8 beside --${idle}`);
  for (const name of ['int8', 'threads'] as const) {
    if (flags[name] === undefined || concerns(name, runtime)) continue;
    throw new TypeError(`Expected no --${name} beside --runtime ${runtime}`);
  }
}

/** A model runs where `--runtime` says, a plan by TensorRT alone. */
async function open(
  model: Model | PlanInput,
  { runtime = 'onnxruntime', int8, threads, libraryDir }: ContenderFlags,
  samples?: () => AsyncIterable<TensorMap>,
): Promise<Runtime> {
  if (!(model instanceof Model)) {
    return await Runtime.load(model, { runtime: 'tensorrt', libraryDir });
  }
  const isDynamic = model.inputs.some(({ dims }) => dims?.some((dim) => typeof dim !== 'number'));
  const profiles =
    runtime === 'tensorrt' && isDynamic && samples
      ? [await profileOfSamples(samples())]
      : undefined;
  return await Runtime.load(model, { runtime, int8, threads, profiles });
}

function inPrecisions(model: Model, names: readonly Precision[], flags: ContenderFlags) {
  const tables = new Map<'int8' | 'fp8', CalibrationTable>();
  const tableFor = async (type: 'int8' | 'fp8') => {
    const table = tables.get(type) ?? (await tableOf(model, type, flags));
    tables.set(type, table);
    return table;
  };
  return names.map((name) => ({
    name,
    model: async () => {
      const type = name.split('+')[0] as 'int8' | 'fp8';
      const table = isQuantized(name) ? await tableFor(type) : undefined;
      const variant = await inPrecision(model, name, { table });
      for (const text of variant.notes) note(`${name}: ${text}`);
      return variant.model;
    },
  }));
}

async function tableOf(
  model: Model,
  type: 'int8' | 'fp8',
  { table, calibration, limit: _ofEvaluation, mask, ...others }: ContenderFlags,
): Promise<CalibrationTable> {
  if (table !== undefined) return await CalibrationTable.load(table);
  const samples = samplesOf({ ...others, samples: calibration as string }, model);
  return await withProgress((line) =>
    calibrate(model, samples, {
      placement: { type },
      padding: mask === undefined ? undefined : { mask },
      onProgress: ({ samples: count, elapsedMs }) =>
        line.show(`Calibrating: ${counted(count, 'sample')}, ${seconds(elapsedMs)}`),
    }),
  );
}

/** Reads `fp32,fp16,int8`. */
export function precisionList(text: string): Precision[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !precisions.includes(name as Precision));
  if (unknown === undefined) return names as Precision[];
  throw new InvalidArgumentError(`Expected some of ${precisions.join(', ')}.`);
}

function isQuantized(precision: Precision): boolean {
  return /^(int8|fp8)/.test(precision);
}
