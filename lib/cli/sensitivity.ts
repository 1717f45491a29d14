import { type Command, Option } from 'commander';
import { Model } from '../onnx/model.js';
import { CalibrationTable } from '../quantize/calibration/table.js';
import type { GroupBy } from '../quantize/tuning/groups.js';
import { groupings } from '../quantize/tuning/groups.js';
import type { OutputDistance } from '../quantize/tuning/output-distance.js';
import { type SensitivityReport, sensitivity } from '../quantize/tuning/sensitivity.js';
import type { SensitivityProgress } from '../quantize/tuning/sensitivity-options.js';
import { command, jsonOption, wholeNumber } from './command.js';
import { addPlacementOptions, type PlacementFlags, placementOf } from './placement-options.js';
import { seconds, withProgress } from './progress.js';
import { addRangeOptions, type Calibrated, calibrated, type RangeFlags } from './range-options.js';
import { addSampleOptions, samplesOf } from './sample-options.js';
import { printJson, printLines, styled } from './terminal.js';
import { alignRight, counted, number, section, table } from './text.js';
import { writeReport } from './write-report.js';

interface SensitivityFlags extends RangeFlags, PlacementFlags {
  table?: string;
  groupBy?: GroupBy;
  top: number;
  html?: string;
  json?: boolean;
}

/** `tensorrt-node sensitivity`: what quantizing each part of a model does to its outputs. */
export function sensitivityCommand(): Command {
  const measuring = command('sensitivity', 'tell what quantizing each part of a model costs', [
    'sensitivity model.onnx --samples data.npz --limit 64',
    'sensitivity model.onnx --samples data.npz --table model.calibration.json --group-by node --html report.html',
  ])
    .argument('<model>', 'an ONNX model')
    .option('--table <file>', 'a calibration table; without one, the samples are calibrated with')
    .addOption(
      new Option('--group-by <what>', 'what is quantized together (block)').choices([...groupings]),
    )
    .option('--top <count>', 'lines of the list', wholeNumber, 30)
    .option('--html <file>', 'draw it into a page that needs no network')
    .addOption(jsonOption());
  return addPlacementOptions(addRangeOptions(addSampleOptions(measuring))).action(run);
}

async function run(file: string, flags: SensitivityFlags): Promise<void> {
  const model = await Model.load(file);
  const samples = samplesOf(flags, model);
  const ranges = await rangesOf(model, flags);
  const report = await withProgress((line) =>
    sensitivity(model, samples, {
      table: ranges.table,
      quantize: placementOf(flags),
      groupBy: flags.groupBy,
      onProgress: (progress) => line.show(describeProgress(progress)),
    }),
  );
  if (flags.json) printJson(report);
  else printLines(describe(report, flags.top));
  await writeReport(flags.html, file, { ...ranges, sensitivity: report });
}

async function rangesOf(
  model: Model,
  flags: SensitivityFlags,
): Promise<Partial<Calibrated> & Pick<Calibrated, 'table'>> {
  if (flags.table === undefined) return await calibrated(model, flags, placementOf(flags));
  return { table: await CalibrationTable.load(flags.table) };
}

const phases: Readonly<Record<SensitivityProgress['phase'], string>> = {
  calibrate: 'Calibrating: samples',
  float: 'Running the float model: samples',
  groups: 'Quantizing one by one: groups',
  each: 'Evaluating: groups',
};

function describeProgress({ phase, done, total, elapsedMs }: SensitivityProgress): string {
  const figures = total === undefined ? number(done) : `${number(done)} of ${number(total)}`;
  return `${phases[phase]} ${figures}, ${seconds(elapsedMs)}`;
}

function describe({ groups, everything, samples }: SensitivityReport, top: number): string[] {
  const shown = groups.slice(0, top);
  const figures = alignColumns([everything, ...shown].map(figuresOf));
  const [all = [], ...each] = figures;
  const rows = [
    [...all, '', styled('bold', 'all together')],
    ...shown.map(({ name, nodes }, index) => [
      ...(each[index] ?? []),
      counted(nodes.length, 'node'),
      name,
    ]),
  ];
  const more = groups.length - shown.length;
  return [
    `${styled('bold', counted(groups.length, 'group'))}, each quantized alone, over ${counted(samples, 'sample')}: how far the outputs are from those in float.`,
    ...section('Most sensitive first', [
      ...table(rows),
      ...(more > 0 ? [`and ${number(more)} more (--top)`] : []),
    ]),
  ];
}

function figuresOf({ rmse, agreement }: OutputDistance): string[] {
  return [`RMSE ${rmse.toPrecision(3)}`, `${(agreement * 100).toFixed(1)} % agree`];
}

function alignColumns(rows: readonly (readonly string[])[]): string[][] {
  const columns = (rows[0] ?? []).map((_, column) =>
    alignRight(rows.map((row) => row[column] ?? '')),
  );
  return rows.map((_, index) => columns.map((column) => column[index] ?? ''));
}
