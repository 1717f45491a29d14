import { type Command, Option } from 'commander';
import { Model } from '../onnx/model.js';
import { CalibrationTable } from '../quantize/calibration/table.js';
import { type QuantizationDecision, type QuantizeOptions, quantize } from '../quantize/quantize.js';
import { smoothQuant } from '../quantize/tuning/smooth-quant.js';
import { command, jsonOption, kebab, numberThat, wholeNumber } from './command.js';
import { groupBy } from './group-by.js';
import { addPlacementOptions, type PlacementFlags, placementOf } from './placement-options.js';
import { seconds, withProgress } from './progress.js';
import {
  addRangeOptions,
  type Calibrated,
  calibrated,
  type RangeFlags,
  rangeFlagNames,
} from './range-options.js';
import { addSampleOptions, samplesOf } from './sample-options.js';
import { note, printJson, printLines, styled } from './terminal.js';
import { alignRight, bytes, counted, number, section, table } from './text.js';
import { writeReport } from './write-report.js';

interface QuantizeFlags extends RangeFlags, PlacementFlags {
  output?: string;
  table?: string;
  weightType?: 'int8' | 'int4';
  blockSize?: number;
  storeWeights?: 'quantized' | 'float';
  smoothQuant?: true | number;
  dryRun?: boolean;
  html?: string;
  json?: boolean;
}

/** `tensorrt-node quantize`: a model with explicit Q/DQ nodes. */
export function quantizeCommand(): Command {
  const quantizing = command(
    'quantize',
    'make a model compute in INT8, FP8 or with small weights',
    [
      'quantize model.onnx --table model.calibration.json -o model.int8.onnx',
      'quantize model.onnx --samples data.npz --precision fp16 -o model.int8.onnx --html report.html',
      "quantize model.onnx --table model.calibration.json --keep-float '/classifier/*' --dry-run",
      'quantize model.onnx --scheme weights-only --weight-type int4 --block-size 128 -o model.int4.onnx',
    ],
  )
    .argument('<model>', 'an ONNX model')
    .option('-o, --output <file>', 'where the new model goes')
    .option('--dry-run', 'tell what would be done, and write no model')
    .option('--table <file>', 'a calibration table, instead of samples')
    .addOption(
      new Option('--weight-type <type>', 'with --scheme weights-only (int8)').choices([
        'int8',
        'int4',
      ]),
    )
    .option('--block-size <count>', 'weights that share a scale, in blocks along K', wholeNumber)
    .addOption(
      new Option(
        '--store-weights <form>',
        'store weights quantized, or as floats (quantized)',
      ).choices(['quantized', 'float']),
    )
    .option(
      '--smooth-quant [alpha]',
      'with --samples: move outliers of activations to the weights first (0.5)',
      fraction,
    )
    .option('--html <file>', 'draw ranges and decisions into a page that needs no network')
    .addOption(jsonOption());
  return addPlacementOptions(addRangeOptions(addSampleOptions(quantizing))).action(run);
}

async function run(file: string, flags: QuantizeFlags): Promise<void> {
  checkFlags(flags);
  const original = await Model.load(file);
  const placement = placementOf(flags);
  const model = await smoothed(original, flags);
  const ranges = await rangesOf(model, flags);
  const options: QuantizeOptions = {
    ...placement,
    weightType: flags.weightType,
    blockSize: flags.blockSize,
    storeWeights: flags.storeWeights,
  };
  const quantized = await quantize(model, ranges?.table, options);
  const saved =
    flags.output === undefined || flags.dryRun ? undefined : await quantized.save(flags.output);
  const { report } = quantized;
  if (flags.json) printJson({ file, output: saved ?? null, report });
  else printLines(describe(report));
  if (saved) {
    note(
      `Wrote ${saved.files.join(' and ')}: ${bytes(original.byteLength())} became ${bytes(saved.bytes)}.`,
    );
  }
  await writeReport(flags.html, file, { ...ranges, decisions: report });
}

function checkFlags(flags: QuantizeFlags): void {
  const { output, dryRun, table, samples, resume, scheme } = flags;
  if (output === undefined && !dryRun) throw new TypeError('Expected --output or --dry-run');
  const measured = samples ?? resume;
  if (table !== undefined && measured !== undefined) {
    throw new TypeError('Expected either --table or --samples, not both');
  }
  if (table === undefined && measured === undefined && scheme !== 'weights-only') {
    throw new TypeError('Expected --table or --samples: activations need ranges');
  }
  if (flags.smoothQuant !== undefined && samples === undefined) {
    throw new TypeError('Expected --samples beside --smooth-quant');
  }
  const idle = rangeFlagNames.find((name) => flags[name] !== undefined);
  if (idle && measured === undefined) {
    throw new TypeError(`Expected --samples beside --${kebab(idle)}`);
  }
}

/** The model itself, where `--smooth-quant` does not ask for a flatter one. */
async function smoothed(model: Model, flags: QuantizeFlags): Promise<Model> {
  const { smoothQuant: alpha, threads } = flags;
  if (alpha === undefined) return model;
  const smooth = await withProgress((line) =>
    smoothQuant(model, samplesOf(flags, model), {
      alpha: alpha === true ? undefined : alpha,
      placement: placementOf(flags),
      threads,
      onProgress: ({ samples, elapsedMs }) =>
        line.show(`Measuring channels: ${counted(samples, 'sample')}, ${seconds(elapsedMs)}`),
    }),
  );
  const changed = smooth.report.filter(({ action }) => action !== 'unchanged');
  note(
    `SmoothQuant flattened ${number(changed.length)} of ${counted(smooth.report.length, 'tensor')}.`,
  );
  return smooth;
}

const fraction = numberThat('from 0 to 1', (value) => value >= 0 && value <= 1);

/** Undefined where weights alone are quantized. */
async function rangesOf(
  model: Model,
  flags: QuantizeFlags,
): Promise<Partial<Calibrated> | undefined> {
  if (flags.table !== undefined) return { table: await CalibrationTable.load(flags.table) };
  if (flags.scheme === 'weights-only') return undefined;
  return await calibrated(model, flags, placementOf(flags));
}

function describe(report: readonly QuantizationDecision[]): string[] {
  const kept = report.filter(({ action }) => action === 'float');
  const actions = groupBy(report, ({ action }) => action);
  const counts = [...actions].map(([action, group]) =>
    action === 'float'
      ? `${number(group.length)} stay in float`
      : `${number(group.length)} in ${action.toUpperCase()}`,
  );
  return [
    `${styled('bold', counted(report.length, 'candidate'))}: ${counts.join(', ')}.`,
    ...section('By role', roleLines(report)),
    ...section('Stay in float', reasonLines(kept)),
  ];
}

function roleLines(report: readonly QuantizationDecision[]): string[] {
  const groups = [...groupBy(report, ({ role }) => role)];
  const done = groups.map(([, group]) => group.filter(({ action }) => action !== 'float').length);
  const figures = alignRight(done.map(number));
  const totals = alignRight(groups.map(([, group]) => number(group.length)));
  return table(groups.map(([role], index) => [`${figures[index]} of ${totals[index]}`, role]));
}

/** Nodes by the reason for which they stay, the most frequent first; a reason names its own tensor. */
function reasonLines(kept: readonly QuantizationDecision[]): string[] {
  const groups = [...groupBy(kept, ({ reason }) => reason.replaceAll(/'[^']*'/g, "'…'"))].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const figures = alignRight(groups.map(([, group]) => number(group.length)));
  return table(
    groups.map(([reason, group], index) => {
      const [{ node, reason: whole }] = group;
      const text = group.length === 1 ? `${node}: ${whole}` : `${reason} (${node}, …)`;
      return [figures[index] ?? '', text];
    }),
  );
}
