import type { Command } from 'commander';
import { Model } from '../onnx/model.js';
import type { CalibrationTable, TensorRange } from '../quantize/calibration/table.js';
import { command, jsonOption } from './command.js';
import { addPlacementOptions, type PlacementFlags, placementOf } from './placement-options.js';
import { addRangeOptions, calibrated, type RangeFlags } from './range-options.js';
import { addSampleOptions } from './sample-options.js';
import { note, printJson, printLines, styled } from './terminal.js';
import { alignRight, counted, number, section, table } from './text.js';
import { writeReport } from './write-report.js';

interface CalibrateFlags extends RangeFlags, PlacementFlags {
  output: string;
  html?: string;
  json?: boolean;
}

/** `tensorrt-node calibrate`: the ranges of a model's tensors. */
export function calibrateCommand(): Command {
  const calibrate = command(
    'calibrate',
    'find the ranges of the tensors that INT8 is to represent',
    [
      'calibrate model.onnx --samples data.npz -o model.calibration.json',
      'calibrate model.onnx --samples texts.txt --tokenizer tokenizer.json --method auto -o model.calibration.json',
      'calibrate model.onnx --samples more.npz --resume counts.bin --save-state counts.bin -o model.calibration.json',
    ],
  )
    .argument('<model>', 'an ONNX model')
    .requiredOption('-o, --output <file>', 'where the calibration table goes')
    .option('--html <file>', 'draw the histograms and ranges into a page that needs no network')
    .addOption(jsonOption());
  return addPlacementOptions(addRangeOptions(addSampleOptions(calibrate))).action(run);
}

async function run(file: string, flags: CalibrateFlags): Promise<void> {
  const model = await Model.load(file);
  const { calibration, table } = await calibrated(model, flags, placementOf(flags));
  await table.save(flags.output);
  if (flags.json) printJson(table);
  else printLines(describe(table));
  note(`Wrote ${flags.output}, which quantize and convert take.`);
  await writeReport(flags.html, file, { calibration, table });
}

function describe(calibration: CalibrationTable): string[] {
  const { method, percentile, samples, ranges } = calibration;
  const all = [...ranges];
  const how = [method, percentile].filter((word) => word !== undefined).join(' ');
  return [
    `${styled('bold', counted(all.length, 'tensor'))} over ${counted(samples, 'sample')}, ranges by ${how}.`,
    ...section('Methods', methodLines(all)),
    ...section('Most is clipped', table(clippedRows(all))),
    ...section('To be looked at', table(all.flatMap(oddRow))),
  ];
}

/** Where the method was chosen tensor by tensor. */
function methodLines(ranges: readonly [string, TensorRange][]): string[] {
  const counts = new Map<string, number>();
  for (const [, { method, percentile }] of ranges) {
    const name = percentile === undefined ? method : `${method} ${percentile}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size < 2) return [];
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const figures = alignRight(sorted.map(([, count]) => number(count)));
  return table(sorted.map(([name], index) => [figures[index] ?? '', name]));
}

/** The tensors whose largest value lies farthest beyond the range. */
function clippedRows(ranges: readonly [string, TensorRange][]): string[][] {
  return ranges
    .filter(([, { amax, absmax }]) => amax > 0 && absmax > 1.5 * amax)
    .sort(([, a], [, b]) => b.absmax / b.amax - a.absmax / a.amax)
    .slice(0, 10)
    .map(([name, { amax, absmax }]) => [
      `${(absmax / amax).toFixed(1)}×`,
      `amax ${amax.toPrecision(4)}`,
      `largest ${absmax.toPrecision(4)}`,
      name,
    ]);
}

function oddRow([name, { count, nonFinite, note: remark }]: [string, TensorRange]): string[][] {
  const remarks = [
    ...(count === 0 && nonFinite > 0 ? ['never finite'] : []),
    ...(count > 0 && nonFinite > 0 ? [`${number(nonFinite)} NaN or infinite`] : []),
    ...(remark === undefined ? [] : [remark]),
  ];
  return remarks.length > 0 ? [[remarks.join('; '), name]] : [];
}
