import type { Command } from 'commander';
import { compareModels } from '../inspect/diff/compare.js';
import type {
  ChangedNode,
  ChangedWeight,
  DifferentNode,
  DifferentWeight,
  ModelDifference,
  PropertyChange,
} from '../inspect/diff/difference.js';
import { Model } from '../onnx/model.js';
import { command, jsonOption, wholeNumber } from './command.js';
import { printJson, printLines, styled } from './terminal.js';
import { counted, number, section, shape, table } from './text.js';

interface DiffFlags {
  json?: boolean;
  limit: number;
}

/** `tensorrt-node diff`: exit code 0 where two models are the same, else 1. */
export function diffCommand(): Command {
  return command('diff', 'tell what differs between two ONNX models', [
    'diff before.onnx after.onnx',
    'diff before.onnx after.onnx --json',
  ])
    .argument('<before>', 'an ONNX model')
    .argument('<after>', 'another')
    .option('--limit <count>', 'lines of each list', wholeNumber, 20)
    .addOption(jsonOption())
    .action(async (before: string, after: string, { json, limit }: DiffFlags) => {
      const difference = await compareModels(await Model.load(before), await Model.load(after));
      if (json) printJson(difference);
      else printLines(describe(difference, limit));
      process.exitCode = difference.same ? 0 : 1;
    });
}

function describe(difference: ModelDifference, limit: number): string[] {
  const { same, properties, inputs, outputs, nodes, weights } = difference;
  const unchanged = `${counted(nodes.unchanged, 'node')} and ${counted(weights.unchanged, 'weight')}`;
  if (same) return [styled('green', `The models are the same: ${unchanged}.`)];
  const list = (lines: string[]) => shortened(lines, limit);
  return [
    `${unchanged} are the same.`,
    ...section('Model', list(table(properties.map(propertyRow)))),
    ...section('Inputs', list(table(inputs.map(propertyRow)))),
    ...section('Outputs', list(table(outputs.map(propertyRow)))),
    ...section(
      `Nodes changed: ${number(nodes.changed.length)}`,
      list(nodes.changed.flatMap(changedNodeLines)),
    ),
    ...section(
      `Nodes removed: ${number(nodes.removed.length)}`,
      list(table(nodes.removed.map(nodeRow))),
    ),
    ...section(`Nodes added: ${number(nodes.added.length)}`, list(table(nodes.added.map(nodeRow)))),
    ...section(
      `Weights changed: ${number(weights.changed.length)}`,
      list(table(weights.changed.map(changedWeightRow))),
    ),
    ...section(
      `Weights removed: ${number(weights.removed.length)}`,
      list(table(weights.removed.map(weightRow))),
    ),
    ...section(
      `Weights added: ${number(weights.added.length)}`,
      list(table(weights.added.map(weightRow))),
    ),
  ];
}

function shortened(lines: string[], limit: number): string[] {
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit), `and ${number(lines.length - limit)} more lines (--limit)`];
}

function propertyRow({ name, before, after }: PropertyChange): string[] {
  return [name, `${before ?? styled('dim', 'absent')} → ${after ?? styled('dim', 'absent')}`];
}

function nodeRow({ opType, name, output }: DifferentNode): string[] {
  return [opType, name || output];
}

function changedNodeLines({ opType, name, output, changes }: ChangedNode): string[] {
  const rows = table(changes.map(propertyRow), 4);
  return [`${styled('bold', opType)} ${name || output}`, ...rows.map((row) => `  ${row}`)];
}

function weightRow({ name, type, dims }: DifferentWeight): string[] {
  return [type, shape(dims), name];
}

function changedWeightRow(weight: ChangedWeight): string[] {
  const { name, type, dims, newType, newDims, values } = weight;
  const types = newType ? `${type} → ${newType}` : type;
  const sizes = newDims ? `${shape(dims)} → ${shape(newDims)}` : shape(dims);
  const distance = values
    ? `max |a-b| ${digits(values.maxAbsolute)}, relative ${digits(values.maxRelative)}, cosine ${values.cosine.toFixed(7)}`
    : '';
  return [types, sizes, distance, name];
}

function digits(value: number): string {
  return value === 0 ? '0' : value.toPrecision(3);
}
