import { type Command, Option } from 'commander';
import { Model } from '../onnx/model.js';
import type { HalfType } from '../onnx/tensor/half-numbers.js';
import type { HalfOptions } from '../precision/options.js';
import type { PrecisionReport } from '../precision/report.js';
import { toHalf } from '../precision/to-half.js';
import { CalibrationTable } from '../quantize/calibration/table.js';
import { collect, command, jsonOption } from './command.js';
import { groupBy } from './group-by.js';
import { note, printJson, printLines, styled } from './terminal.js';
import { alignRight, bytes, counted, number, section, table } from './text.js';

interface ConvertFlags {
  to: HalfType;
  output: string;
  keep?: string[];
  io: 'keep' | 'convert';
  scales: NonNullable<HalfOptions['scales']>;
  ranges?: string;
  json?: boolean;
}

/** `tensorrt-node convert`: a model in FP16 or BF16. */
export function convertCommand(): Command {
  return command('convert', 'make a model compute in FP16 or BF16', [
    'convert model.onnx --to fp16 -o model.fp16.onnx',
    "convert model.onnx --to bf16 -o model.bf16.onnx --keep '/classifier/*' --io convert",
    'convert model.onnx --to fp16 -o model.fp16.onnx --ranges model.calibration.json',
  ])
    .argument('<model>', 'an ONNX model')
    .addOption(
      new Option('--to <type>', 'what it is to compute in')
        .choices(['fp16', 'bf16'])
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --output <file>', 'where the new model goes')
    .option('--keep <name>', 'nodes that stay FP32, * for any characters; may be repeated', collect)
    .addOption(
      new Option('--io <choice>', 'whether float inputs and outputs keep their type')
        .choices(['keep', 'convert'])
        .default('keep'),
    )
    .addOption(
      new Option('--scales <choice>', 'how the scales of Q/DQ nodes are stored')
        .choices(['float32', 'half', 'cast'])
        .default('float32'),
    )
    .option('--ranges <file>', 'a calibration table: what does not fit the type stays FP32')
    .addOption(jsonOption())
    .action(run);
}

async function run(file: string, flags: ConvertFlags): Promise<void> {
  const model = await Model.load(file);
  const half = await toHalf(model, {
    type: flags.to,
    io: flags.io,
    scales: flags.scales,
    ...(flags.keep && { keep: flags.keep }),
    ...(flags.ranges !== undefined && { ranges: await CalibrationTable.load(flags.ranges) }),
  });
  const before = model.byteLength();
  const saved = await half.save(flags.output);
  if (flags.json) printJson({ file, output: saved, report: half.report });
  else printLines(describe(half.report));
  note(`Wrote ${saved.files.join(' and ')}: ${bytes(before)} became ${bytes(saved.bytes)}.`);
}

function describe({ type, nodes, tensors, ranges, summary }: PrecisionReport): string[] {
  const name = type.toUpperCase();
  const kept = nodes.filter(({ action }) => action === 'float');
  return [
    `${styled('bold', counted(summary.half, 'node'))} in ${name}, ${counted(summary.float, 'node')} in FP32, ${number(summary.other)} without floats.`,
    `${counted(summary.castsAdded, 'cast')} added, ${number(summary.castsRemoved)} removed; ${counted(tensors.length, 'constant')} converted.`,
    ...section('Stayed FP32', reasonLines(kept)),
    ...section('Numbers that do not fit', lossLines(summary, name)),
    ...section(
      'Measured ranges that do not fit',
      table(ranges.map(({ tensor, problem, absmax }) => [problem, `${absmax}`, tensor])),
    ),
  ];
}

/** Nodes by the reason for which they stayed, the most frequent first. */
function reasonLines(kept: PrecisionReport['nodes']): string[] {
  const groups = [...groupBy(kept, ({ reason }) => reason)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const counts = alignRight(groups.map(([, group]) => number(group.length)));
  return table(
    groups.map(([reason, group], index) => {
      const operators = [...new Set(group.map(({ opType }) => opType))].slice(0, 6).join(', ');
      return [counts[index] ?? '', operators, reason];
    }),
  );
}

function lossLines({ saturated, flushed, nonFinite }: PrecisionReport['summary'], name: string) {
  const lines: [number, string][] = [
    [saturated, `beyond the range of ${name}, now its largest`],
    [flushed, `too small for ${name}, now 0`],
    [nonFinite, 'NaN or infinite'],
  ];
  return lines
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${counted(count, 'number')} ${what}`);
}
