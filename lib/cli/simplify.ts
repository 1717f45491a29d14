import type { Command } from 'commander';
import { Model } from '../onnx/model.js';
import type { Change } from '../onnx/passes/pass.js';
import { simplify } from '../onnx/passes/simplify.js';
import { onnxRuntimeEvaluator } from '../runtime/evaluator.js';
import { command, jsonOption } from './command.js';
import { groupBy } from './group-by.js';
import { parseShapes } from './shape-options.js';
import { note, printJson, printLines, styled } from './terminal.js';
import { alignRight, bytes, counted, number, section, table } from './text.js';
import { compareOutputs, type OutputDistance } from './verify.js';

interface SimplifyFlags {
  output: string;
  verify?: boolean;
  shapes?: ReadonlyMap<string, readonly number[]>;
  onnxruntime?: boolean;
  json?: boolean;
}

/** `tensorrt-node simplify`: exit code 1 where `--verify` finds other outputs. */
export function simplifyCommand(): Command {
  return command('simplify', 'make a model smaller without changing what it computes', [
    'simplify model.onnx -o model.simple.onnx',
    'simplify model.onnx -o model.simple.onnx --verify --shapes input_ids:2x16,attention_mask:2x16',
  ])
    .argument('<model>', 'an ONNX model')
    .requiredOption('-o, --output <file>', 'where the new model goes')
    .option('--onnxruntime', 'let ONNX Runtime compute constants that this package cannot')
    .option('--verify', 'run both by ONNX Runtime on random inputs, and write only what is equal')
    .option('--shapes <shapes>', 'with --verify: shapes to feed, a:1x8,b:1x8', parseShapes)
    .addOption(jsonOption())
    .action(run);
}

async function run(file: string, flags: SimplifyFlags): Promise<void> {
  const { output, verify, shapes, json } = flags;
  const model = await Model.load(file);
  const { model: simple, changes } = await simplify(model, {
    ...(flags.onnxruntime && { evaluator: onnxRuntimeEvaluator() }),
  });
  const outputs = verify ? await compareOutputs(model, simple, shapes ?? new Map()) : [];
  const equal = outputs.every(({ close }) => close);
  if (json) printJson({ file, changes, outputs });
  else printLines([...describe(model, simple, changes), ...describeOutputs(outputs)]);
  if (!equal) {
    note(`${output} was not written: the outputs differ.`);
    process.exitCode = 1;
    return;
  }
  const before = model.byteLength();
  const saved = await simple.save(output);
  note(`Wrote ${saved.files.join(' and ')}: ${bytes(before)} became ${bytes(saved.bytes)}.`);
}

function describe(before: Model, after: Model, changes: readonly Change[]): string[] {
  const sizes = `${counted(before.graph.nodes.length, 'node')} became ${number(after.graph.nodes.length)}`;
  const groups = [
    ...groupBy(changes, ({ pass, what }) => `${pass}\n${withoutNames(what)}`).values(),
  ];
  groups.sort((a, b) => b.length - a.length);
  const counts = alignRight(groups.map((group) => number(group.length)));
  const rows = groups.slice(0, 30).map(([{ pass, what }], index) => {
    return [counts[index] ?? '', styled('cyan', pass), withoutNames(what)];
  });
  const more =
    groups.length > rows.length ? [`and ${groups.length - rows.length} other kinds`] : [];
  return [`${sizes}.`, ...section('What was done', [...table(rows), ...more])];
}

/** What was done many times differs in names alone. */
function withoutNames(what: string): string {
  return what.replaceAll(/'[^']*'/g, "'…'");
}

function describeOutputs(outputs: readonly OutputDistance[]): string[] {
  const rows = outputs.map(({ output, maxAbsolute, largest, close }) => [
    close ? styled('green', 'equal') : styled('red', 'differs'),
    output,
    `max |a-b| ${maxAbsolute.toPrecision(2)}, largest |a| ${largest.toPrecision(3)}`,
  ]);
  return section('Outputs by ONNX Runtime', table(rows));
}
