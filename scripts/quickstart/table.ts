/** The findings as text for a terminal. */
import type { Pair } from './evaluate.js';
import {
  count,
  decimals,
  megabytes,
  percent,
  points,
  productNames,
  signed,
  speed,
} from './format.js';
import type { EngineFacts, Report, RuntimeFacts } from './report.js';

type Cells = readonly [label: string, fp32: string, int8: string, remark: string];

const columnWidths = [32, 11, 11];
const lineWidth = 88;

export function reportTable(report: Report, color: boolean): string {
  const bold = (text: string) => (color ? `\x1b[1m${text}\x1b[22m` : text);
  const dim = (text: string) => (color ? `\x1b[2m${text}\x1b[22m` : text);
  const sections = [
    [bold(report.model), ...resultLines(report, report.modelBytes, bold, dim)],
    ...(report.tensorrt ? [resultLines(report.tensorrt, undefined, bold, dim)] : []),
    engineLines(report, bold, dim),
    notMeasuredLines(report, bold),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `  ${line}`.trimEnd()).join('\n'))
    .join('\n\n');
}

type Style = (text: string) => string;

function resultLines(
  facts: RuntimeFacts & { samples?: number },
  bytes: Pair<number> | undefined,
  bold: Style,
  dim: Style,
): string[] {
  const { accuracy, standardError, latencyMs, answers } = facts;
  const texts = Object.values(answers).reduce((sum, part) => sum + part, 0);
  const latency = (key: 'p50' | 'p95'): Cells => [
    `latency ${key}, one text`,
    `${decimals(latencyMs.fp32[key], 2)} ms`,
    `${decimals(latencyMs.int8[key], 2)} ms`,
    speed(latencyMs.fp32[key], latencyMs.int8[key]),
  ];
  const rows: Cells[] = [
    [
      `accuracy on ${count(texts)} texts`,
      percent(accuracy.fp32),
      percent(accuracy.int8),
      `${signed(points(accuracy.int8 - accuracy.fp32))} ± ${points(standardError.difference)} points`,
    ],
    ['  standard error', `± ${points(standardError.fp32)}`, `± ${points(standardError.int8)}`, ''],
    [
      '  right where the other is wrong',
      count(answers.fp32OnlyRight),
      count(answers.int8OnlyRight),
      '',
    ],
    ['same answer as FP32', '', percent(facts.agreement), ''],
    latency('p50'),
    latency('p95'),
  ];
  if (bytes) {
    const change = signed(percent(bytes.int8 / bytes.fp32 - 1));
    rows.push(['model file', megabytes(bytes.fp32), megabytes(bytes.int8), change]);
  }
  return [
    dim(`${facts.runtime.name} ${facts.runtime.details}`),
    '',
    bold(columns(['', 'FP32', 'INT8', ''])),
    ...rows.map((cells) => columns(cells)),
  ];
}

function engineLines(report: Report, bold: Style, dim: Style): string[] {
  const { engines, eventLoopDelayMs } = report;
  const [first] = engines;
  if (!first) return [];
  const facts = (engine: EngineFacts | undefined, cell: (engine: EngineFacts) => string) =>
    engine ? cell(engine) : '';
  const rows = [...new Set(engines.map(({ target }) => target))].flatMap((target): Cells[] => {
    const find = (precision: keyof Pair<unknown>) =>
      engines.find((engine) => engine.target === target && engine.precision === precision);
    const [fp32, int8] = [find('fp32'), find('int8')];
    const change = fp32 && int8 ? signed(percent(int8.bytes / fp32.bytes - 1)) : '';
    const size = (engine: EngineFacts) => megabytes(engine.bytes);
    const time = (engine: EngineFacts) => `${decimals(engine.seconds, 2)} s`;
    return [
      [`${target} engine`, facts(fp32, size), facts(int8, size), change],
      ['  build time', facts(fp32, time), facts(int8, time), ''],
    ];
  });
  const { p99, max } = eventLoopDelayMs;
  return [
    dim(`Engines by ${productNames[first.library] ?? first.library} ${first.version}`),
    '',
    bold(columns(['', 'FP32', 'INT8', ''])),
    ...rows.map((cells) => columns(cells)),
    '',
    `Event loop delay during an FP32 build: p99 ${decimals(p99, 1)} ms, longest ${decimals(max, 1)} ms`,
  ];
}

function notMeasuredLines({ notMeasured }: Report, bold: Style): string[] {
  if (notMeasured.length === 0) return [];
  const items = notMeasured.map(({ what, why }) => `${what}: ${why}`);
  return [bold('Not measured'), ...items.flatMap((item) => wrap(item, '- ', '  '))];
}

/** Breaks a text into lines at spaces. */
function wrap(text: string, first: string, others: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    if (line.length + word.length > lineWidth) {
      lines.push(line);
      line = others;
    }
    line += `${word} `;
  }
  return [...lines, line];
}

/** The label to the left, the figures to the right of their columns. */
function columns([label, ...cells]: Cells): string {
  const [labelWidth = 0, ...widths] = columnWidths;
  const figures = cells.slice(0, 2).map((cell, index) => cell.padStart(widths[index] ?? 0));
  return `${label.padEnd(labelWidth)}${figures.join('')}   ${cells[2]}`.trimEnd();
}
