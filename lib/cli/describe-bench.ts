import type { BenchCell, BenchReport, BenchResult } from '../bench/bench-report.js';
import { type Column, filled, overview, timeRows } from '../bench/formats/columns.js';
import { machineText, methodText, versionsText } from '../bench/formats/words.js';
import { figure, percent } from '../figures.js';
import { groupBy } from './group-by.js';
import { styled } from './terminal.js';
import { alignRight, bytes, indented, number, section, table } from './text.js';

/** A report as it is printed: one cell in all its parts, as trtexec tells it; several as a table. */
export function describeBench(report: BenchReport): string[] {
  const { model, cells } = report;
  const measured = cells.filter(({ result }) => result);
  const [only] = measured;
  return [
    `${styled('bold', model.name)}  ${bytes(model.bytes)}`,
    ...table([
      ['Machine', machineText(report.machine)],
      ['Versions', versionsText(report)],
      ['Method', methodText(report.method)],
    ]),
    ...(only && measured.length === 1 ? oneCell(only) : cellTable(measured)),
    ...section('Not measured', problemLines(cells)),
    ...(only ? [] : ['', styled('red', 'Nothing could be measured.'), ...doctorLines]),
    ...section('Warnings', warningLines(measured)),
    ...section('How models were made', noteLines(measured)),
  ];
}

/** What to do where nothing ran. */
const doctorLines = [
  '  tensorrt-node doctor tells what this machine lacks; --matrix runtime=onnxruntime needs no GPU.',
];

function oneCell({ name, result }: BenchCell): string[] {
  if (!result) return [];
  const { inferences, wallMs, failures, unserved } = result;
  const lost = [
    ...(failures > 0 ? [`${number(failures)} failed`] : []),
    ...(unserved ? [`${number(unserved)} arrived and were not served`] : []),
  ].map((text) => `, ${styled('red', text)}`);
  const rows = [
    ['Ran on', result.provider],
    ['Throughput', throughputText(result)],
    ['Measured', `${number(inferences)} inferences in ${figure(wallMs / 1000)} s${lost.join('')}`],
    ['Variation', `${percent(result.latency.variation)} of the mean latency`],
    ...amountRows(result),
  ];
  return [
    ...section(name, table(rows)),
    ...section('Times in ms', columnsOfNumbers(timeRows(result, ''))),
  ];
}

function throughputText({ inferencesPerSecond, samplesPerSecond }: BenchResult): string {
  const inferences = `${figure(inferencesPerSecond)} inferences/s`;
  return samplesPerSecond === undefined
    ? inferences
    : `${inferences}, ${figure(samplesPerSecond)} samples/s`;
}

function amountRows({ memory, energy, cost }: BenchResult): string[][] {
  const { hostPeak, devicePeak } = memory;
  const peaks = [
    ...(hostPeak === undefined ? [] : [`${bytes(hostPeak)} of the host`]),
    ...(devicePeak === undefined ? [] : [`${bytes(devicePeak)} of the device`]),
  ];
  const costs = [
    ...(cost?.price === undefined ? [] : [figure(cost.price)]),
    ...(cost?.joules === undefined ? [] : [`${figure(cost.joules)} J`]),
  ];
  return [
    ...(peaks.length > 0 ? [['Peak memory', peaks.join(', ')]] : []),
    ...(energy ? [['Energy', `${figure(energy.joules)} J, ${figure(energy.watts)} W`]] : []),
    ...(costs.length > 0 ? [['A million samples', costs.join(', ')]] : []),
  ];
}

function cellTable(cells: readonly BenchCell[]): string[] {
  if (cells.length === 0) return [];
  const columns = filled(overview, cells);
  const rows = cells.map((cell) => columns.map(({ read }) => `${read(cell) ?? ''}`));
  return section('Times in ms, medians of parts', columnsOfNumbers([titles(columns), ...rows]));
}

function titles(columns: readonly Column<string | number>[]): string[] {
  return columns.map(({ title }) => title);
}

/** A table whose columns stand at the right, but for words, which stand at the left. */
function columnsOfNumbers(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows;
  const columns = head.map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '');
    return cells.slice(1).some((cell) => /^[a-z]/i.test(cell)) ? cells : alignRight(cells);
  });
  const lines = table(rows.map((_, row) => columns.map((cells) => cells[row] ?? '')));
  return lines.map((line, index) => (index === 0 ? styled('dim', line) : line));
}

function problemLines(cells: readonly BenchCell[]): string[] {
  return remarkLines(
    cells,
    cells.flatMap(({ name, problem: text }) => (text ? [{ kind: text, text, name }] : [])),
  );
}

function warningLines(cells: readonly BenchCell[]): string[] {
  return remarkLines(
    cells,
    cells.flatMap(({ name, result }) =>
      (result?.warnings ?? []).map(({ code, message }) => ({ kind: code, text: message, name })),
    ),
  );
}

function noteLines(cells: readonly BenchCell[]): string[] {
  return remarkLines(
    cells,
    cells.flatMap(({ name, notes = [] }) => notes.map((text) => ({ kind: text, text, name }))),
  );
}

interface Remark {
  /** Those of a kind are told once. */
  readonly kind: string;
  readonly text: string;
  /** Of the cell. */
  readonly name: string;
}

/** Each kind of remark once, with the figures of the first, under all cells that it is about. */
function remarkLines(cells: readonly BenchCell[], remarks: readonly Remark[]): string[] {
  return [...groupBy(remarks, ({ kind }) => kind).values()].flatMap((group) => {
    const [{ text }] = group;
    const isAlike = group.every((other) => other.text === text);
    const lines = indented(isAlike ? text : `The first: ${text}`, 2);
    return [cellsText(group, cells.length), ...lines];
  });
}

/** The cells that remarks are about, of `count` in all. */
function cellsText(remarks: readonly [Remark, ...Remark[]], count: number): string {
  const [{ name }, ...others] = remarks;
  if (count > 1 && remarks.length === count) return `All ${count} cells`;
  if (remarks.length > 3) return `${name} and ${others.length} other cells`;
  return remarks.map((remark) => remark.name).join(', ');
}
