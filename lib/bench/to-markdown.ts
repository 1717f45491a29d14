import { bytes, figure, number, percent } from '../figures.js';
import type { BenchCell, BenchReport, BenchResult } from './bench-report.js';
import { type Column, filled, parameterColumns, statistics, timedParts } from './columns.js';
import { machineText, methodText, versionsText } from './words.js';

/**
 * A report as Markdown, to be pasted into a pull request or a page: what was measured where and how,
 * a table of the cells, and for each cell the parts of its time. Times are in milliseconds.
 */
export function toMarkdown(report: BenchReport): string {
  const { model, cells } = report;
  const blocks = [
    `# ${escaped(model.name)}`,
    [
      `- Model: ${bytes(model.bytes)}, SHA-256 \`${model.sha256.slice(0, 16)}\``,
      `- Machine: ${escaped(machineText(report.machine))}`,
      `- Versions: ${escaped(versionsText(report))}`,
      `- Method: ${methodText(report.method)}`,
      `- Date: ${report.date}`,
    ].join('\n'),
    table(filled(overview, cells), cells),
    ...cells.flatMap(detailsOf),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const overview: readonly Column<string | number>[] = [
  ...parameterColumns,
  ofResult('ran on', ({ provider }) => provider),
  ofResult('inferences/s', ({ inferencesPerSecond }) => figure(inferencesPerSecond)),
  ofResult('samples/s', ({ samplesPerSecond: rate }) => rate && figure(rate)),
  ofResult('median ms', ({ latency }) => figure(latency.median)),
  ofResult('p95 ms', ({ latency }) => figure(latency.p95)),
  ofResult('p99 ms', ({ latency }) => figure(latency.p99)),
  ofResult('variation', ({ latency }) => percent(latency.variation)),
  ofResult('compute ms', ({ compute }) => compute && figure(compute.median)),
  ofResult('host memory', ({ memory }) => memory.hostPeak && bytes(memory.hostPeak)),
  ofResult('device memory', ({ memory }) => memory.devicePeak && bytes(memory.devicePeak)),
  ofResult('power', ({ energy }) => energy && `${figure(energy.watts)} W`),
  ofResult('price/million', ({ cost }) => cost?.price && figure(cost.price)),
  ofResult('J/million', ({ cost }) => cost?.joules && figure(cost.joules)),
  {
    title: 'notes',
    read: ({ problem, result }) =>
      problem ?? (result?.warnings.map(({ code }) => code).join(', ') || undefined),
  },
];

function ofResult(
  title: string,
  read: (result: BenchResult) => string | number | undefined,
): Column<string | number> {
  return { title, read: ({ result }) => result && read(result) };
}

function detailsOf({ name, result }: BenchCell): string[] {
  if (!result) return [];
  const parts = timedParts.flatMap(([title, part]) => {
    const times = result[part];
    return times ? [[title, ...statistics.map(([, key]) => figure(times[key]))]] : [];
  });
  const head = ['ms', ...statistics.map(([title]) => title)];
  return [
    `## ${escaped(name)}`,
    `${number(result.inferences)} inferences in ${figure(result.wallMs / 1000)} s.`,
    rows([head, ...parts]),
    ...(result.warnings.length > 0
      ? [result.warnings.map(({ message }) => `- ${escaped(message)}`).join('\n')]
      : []),
  ];
}

function table(columns: readonly Column<string | number>[], cells: readonly BenchCell[]): string {
  return rows([
    columns.map(({ title }) => title),
    ...cells.map((cell) => columns.map(({ read }) => `${read(cell) ?? ''}`)),
  ]);
}

/** The first row is the head. Columns of numbers stand at the right. */
function rows([head = [], ...body]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) =>
    body.every((row) => /^(-?[\d.,]+( %| [kMGT]?[BW])?)?$/.test(row[column] ?? ''))
      ? '---:'
      : '---',
  );
  return [line(head), line(rule), ...body.map((row) => line(row.map(escaped)))].join('\n');
}

/** Names of models and messages of runtimes hold anything; a line break would end a table. */
function escaped(text: string): string {
  return text.replaceAll(/[\\|`*_<>[\]#]/g, '\\$&').replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
