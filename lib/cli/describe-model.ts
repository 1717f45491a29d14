import { productName } from '../engine/library/library.js';
import type { PlanInfo } from '../engine/plan/plan-header.js';
import type { ModelSummary, SummaryStorage, SummaryValue } from '../inspect/summary.js';
import { styled } from './terminal.js';
import { alignRight, bytes, counted, number, section, shape, table } from './text.js';

/** A model's summary as a person reads it. */
export function describeModel(summary: ModelSummary): string[] {
  return [
    ...table(headRows(summary), 0),
    ...section('Inputs', table(summary.inputs.map(valueRow))),
    ...section('Outputs', table(summary.outputs.map(valueRow))),
    ...section('Dynamic sizes', table(symbolRows(summary))),
    ...section(`Operators (${counted(summary.nodes, 'node')})`, operatorLines(summary)),
    ...section('Stored by type', storageLines(summary.storage)),
    ...section('External files', table(summary.externalFiles.map(fileRow))),
    ...section('Functions', table(summary.functions.map(functionRow))),
    ...section('Largest weights', weightLines(summary)),
    ...section('Metadata', table(Object.entries(summary.metadata).map(metadataRow))),
  ];
}

export function describePlan(file: string, plan: PlanInfo): string[] {
  const targets = plan.targets && (plan.targets.join(', ') || 'none');
  return table(
    [
      ['Plan', file],
      ['Built by', `${productName(plan.product)} ${plan.version}`],
      ['Size', `${bytes(plan.bytes)} (${number(plan.bytes)} bytes)`],
      ['Format', `serialization version ${plan.serializationVersion}`],
      ['Targets', targets ?? 'not told by the plan'],
    ],
    0,
  );
}

function headRows(summary: ModelSummary): string[][] {
  const { producer, quantization, subgraphs } = summary;
  const opsets = summary.opsets.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`);
  const parameters = `${number(summary.parameters)} in ${bytes(summary.bytes)}`;
  return [
    ['Model', styled('bold', summary.file ?? '(in memory)')],
    ['Opsets', `${opsets.join(', ')}; IR version ${summary.irVersion}`],
    ['Producer', `${producer.name} ${producer.version}`.trim() || 'not told'],
    ['Graph', summary.graphName || '(no name)'],
    ['Parameters', parameters],
    ['Precision', styled('cyan', quantization.text)],
    ...(quantization.quantizeLinear + quantization.dequantizeLinear > 0
      ? [['Q / DQ nodes', `${quantization.quantizeLinear} / ${quantization.dequantizeLinear}`]]
      : []),
    ...(subgraphs > 0 ? [['Sub-graphs', number(subgraphs)]] : []),
    ...(summary.description ? [['Description', oneLine(summary.description)]] : []),
  ];
}

function valueRow({ name, type, dims }: SummaryValue): string[] {
  return [name, styled('dim', type), shape(dims)];
}

function symbolRows({ symbols }: ModelSummary): string[][] {
  return symbols.map(({ name, axes }) => [
    name,
    axes.map(({ input, axis }) => `${input} axis ${axis}`).join(', '),
  ]);
}

function operatorLines({ operators }: ModelSummary): string[] {
  const counts = alignRight(operators.map(({ count }) => number(count)));
  return table(
    operators.map(({ opType, domain }, index) => [
      counts[index] ?? '',
      domain ? `${opType} ${styled('yellow', `(${domain})`)}` : opType,
    ]),
  );
}

function storageLines(storage: readonly SummaryStorage[]): string[] {
  const sizes = alignRight(storage.map((total) => bytes(total.bytes)));
  const elements = alignRight(storage.map((total) => number(total.elements)));
  return table(
    storage.map(({ type, tensors }, index) => [
      type,
      sizes[index] ?? '',
      `${elements[index]} elements`,
      `in ${counted(tensors, 'tensor')}`,
    ]),
  );
}

/** The largest weights, a line each. */
export function weightLines({ largestWeights }: ModelSummary): string[] {
  const sizes = alignRight(largestWeights.map((weight) => bytes(weight.bytes)));
  return table(
    largestWeights.map(({ name, type, dims }, index) => [
      sizes[index] ?? '',
      styled('dim', type),
      shape(dims),
      name,
    ]),
  );
}

function fileRow(file: ModelSummary['externalFiles'][number]): string[] {
  return [file.path, `${bytes(file.bytes)} in ${counted(file.tensors, 'tensor')}`];
}

function functionRow({ domain, name, nodes }: ModelSummary['functions'][number]): string[] {
  return [`${domain}::${name}`, counted(nodes, 'node')];
}

function metadataRow([key, value]: [string, string]): string[] {
  return [key, oneLine(value)];
}

/** Metadata may hold whole files; here a line of it tells enough. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 197)}...` : line;
}
