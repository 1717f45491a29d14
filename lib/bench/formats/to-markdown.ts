import { bytes, figure, number } from '../../figures.js';
import type { BenchCell, BenchReport } from '../bench-report.js';
import { type Column, filled, ofResult, overview, timeRows } from './columns.js';
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
    table(filled(columns, cells), cells),
    ...cells.flatMap(detailsOf),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const columns: readonly Column<string | number>[] = [
  ...overview,
  ofResult('ran on', ({ provider }) => provider),
  {
    title: 'notes',
    read: ({ problem, result }) =>
      problem ?? (result?.warnings.map(({ code }) => code).join(', ') || undefined),
  },
];

function detailsOf({ name, result }: BenchCell): string[] {
  if (!result) return [];
  return [
    `## ${escaped(name)}`,
    `${number(result.inferences)} inferences in ${figure(result.wallMs / 1000)} s.`,
    rows(timeRows(result, 'ms')),
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
