import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Model } from '../onnx/model.js';
import { Calibration } from '../quantize/calibration/calibration.js';
import { collect } from '../quantize/calibration/collect.js';
import type { RangeMethod } from '../quantize/calibration/ranges.js';
import type { CalibrationTable } from '../quantize/calibration/table.js';
import type { PlacementOptions } from '../quantize/placement/options.js';
import { tuneRanges } from '../quantize/tuning/auto-ranges.js';
import type { TensorMap } from '../tensor.js';
import { numberThat, wholeNumber } from './command.js';
import { seconds, withProgress } from './progress.js';
import { type SampleFlags, samplesOf } from './sample-options.js';
import { counted } from './text.js';

/** How ranges are found, as it was given on the command line. */
export interface RangeFlags extends SampleFlags {
  method?: RangeMethod | 'auto';
  percentile?: number;
  checkSamples?: number;
  mask?: string;
  runtime?: 'onnxruntime' | 'tensorrt';
  threads?: number;
  memoryLimit?: number;
  resume?: string;
  saveState?: string;
}

export function addRangeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--method <name>', 'how ranges are found (percentile)').choices([
        'auto',
        'percentile',
        'mse',
        'entropy',
        'absmax',
      ]),
    )
    .option('--percentile <percent>', 'with --method percentile (99.99)', percentage)
    .option(
      '--check-samples <count>',
      'with --method auto: samples to try ranges with (32)',
      wholeNumber,
    )
    .option('--mask <input>', 'leave out positions where this input is 0: padding')
    .addOption(
      new Option(
        '--runtime <name>',
        'what runs the model (onnxruntime); tensorrt needs a GPU',
      ).choices(['onnxruntime', 'tensorrt']),
    )
    .option('--threads <count>', 'threads that the model runs with (all cores)', wholeNumber)
    .option('--memory-limit <size>', 'memory for values at once, such as 2GB', byteCount)
    .option('--resume <file>', 'go on from what --save-state wrote')
    .option('--save-state <file>', 'keep the histograms, to go on or to try other methods');
}

/** Those that mean nothing where a table gives the ranges. */
export const rangeFlagNames = [
  'method',
  'percentile',
  'checkSamples',
  'mask',
  'runtime',
  'threads',
  'memoryLimit',
  'saveState',
] as const satisfies (keyof RangeFlags)[];

export interface Calibrated {
  readonly calibration: Calibration;
  readonly table: CalibrationTable;
}

/** Counts the values of the samples, and chooses ranges. Without samples, those of `--resume` remain. */
export async function calibrated(
  model: Model,
  flags: RangeFlags,
  placement: PlacementOptions,
): Promise<Calibrated> {
  checkRangeFlags(flags);
  const calibration = await collected(model, flags, placement);
  if (flags.saveState !== undefined) await calibration.save(flags.saveState);
  const { method, percentile } = flags;
  if (method === 'auto') {
    return { calibration, table: await tuned(model, calibration, flags, placement) };
  }
  return { calibration, table: calibration.table({ method, percentile }) };
}

/** As `calibrate` has it: more samples make trials longer and tell little more. */
const defaultCheckSamples = 32;

/** Tries ranges end to end, on some of the samples, which are read again. */
async function tuned(
  model: Model,
  calibration: Calibration,
  flags: RangeFlags,
  placement: PlacementOptions,
): Promise<CalibrationTable> {
  const step = Math.max(1, calibration.samples / (flags.checkSamples ?? defaultCheckSamples));
  const kept: TensorMap[] = [];
  let index = 0;
  for await (const sample of samplesOf(flags, model)) {
    if (index++ >= kept.length * step) kept.push(sample);
  }
  return await withProgress((line) =>
    tuneRanges(model, calibration, kept, {
      placement,
      threads: flags.threads,
      onProgress: ({ trials, elapsedMs }) =>
        line.show(`Choosing ranges: ${counted(trials, 'trial')}, ${seconds(elapsedMs)}`),
    }),
  );
}

/** What would be found out only after the model has run. */
function checkRangeFlags({ method, percentile, samples }: RangeFlags): void {
  if (method === 'auto' && samples === undefined) {
    throw new TypeError('Expected --samples beside --method auto, which runs the model on them');
  }
  if (percentile !== undefined && method !== undefined && method !== 'percentile') {
    throw new TypeError(`Expected no --percentile beside --method ${method}`);
  }
}

async function collected(
  model: Model,
  flags: RangeFlags,
  placement: PlacementOptions,
): Promise<Calibration> {
  const { mask, runtime, threads, memoryLimit, resume: state } = flags;
  const resume = state === undefined ? undefined : await Calibration.load(state);
  if (resume && flags.samples === undefined) return resume;
  const samples = samplesOf(flags, model);
  return await withProgress((line) =>
    collect(model, samples, {
      padding: mask === undefined ? undefined : { mask },
      placement,
      runtime,
      threads,
      memoryLimit,
      resume,
      onProgress: ({ samples: count, elapsedMs }) =>
        line.show(`Calibrating: ${counted(count, 'sample')}, ${seconds(elapsedMs)}`),
    }),
  );
}

const percentage = numberThat('above 0 and at most 100', (value) => value > 0 && value <= 100);

const units: Readonly<Record<string, number>> = { '': 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** Reads bytes such as `2GB` or `512 MB`, with the decimal units that are printed, too. */
export function byteCount(text: string): number {
  const [, size, unit = ''] = /^(\d+(?:\.\d+)?) ?([kMGT]?B)?$/.exec(text) ?? [];
  const factor = units[unit === 'B' ? '' : unit];
  if (size === undefined || factor === undefined) {
    throw new InvalidArgumentError('Expected bytes such as 2GB or 512MB.');
  }
  return Math.round(Number(size) * factor);
}
