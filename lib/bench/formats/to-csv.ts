import type { BenchCell, BenchReport } from '../bench-report.js';
import { type Column, ofResult, parameterColumns, statistics, timedParts } from './columns.js';

/**
 * The cells of a report as CSV by RFC 4180: one line for each, all columns in every report, fields
 * empty where there is nothing. Times are in milliseconds with every digit, sizes in bytes.
 */
export function toCsv(report: BenchReport): string {
  const lines = [
    columns.map(({ title }) => title),
    ...report.cells.map((cell) => columns.map(({ read }) => read(cell))),
  ];
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

type Value = string | number;

const columns: readonly Column<Value>[] = [
  { title: 'name', read: ({ name }) => name },
  ...parameterColumns,
  { title: 'shapes', read: shapesText },
  { title: 'problem', read: ({ problem }) => problem },
  ofResult('provider', ({ provider }) => provider),
  ofResult('inferences', ({ inferences }) => inferences),
  ofResult('failures', ({ failures }) => failures),
  ofResult('unserved', ({ unserved }) => unserved),
  ofResult('wall_ms', ({ wallMs }) => wallMs),
  ofResult('inferences_per_second', ({ inferencesPerSecond }) => inferencesPerSecond),
  ofResult('samples_per_second', ({ samplesPerSecond }) => samplesPerSecond),
  ...timedParts.flatMap(([title, part]) => {
    const prefix = title.toLowerCase();
    return [
      ...statistics.map(([name, key]) =>
        ofResult(`${prefix}_${name.replace('.', '')}_ms`, (result) => result[part]?.[key]),
      ),
      ofResult(`${prefix}_variation`, (result) => result[part]?.variation),
    ];
  }),
  ofResult('host_peak_bytes', ({ memory }) => memory.hostPeak),
  ofResult('device_peak_bytes', ({ memory }) => memory.devicePeak),
  ofResult('joules', ({ energy }) => energy?.joules),
  ofResult('watts', ({ energy }) => energy?.watts),
  ofResult('price_per_million', ({ cost }) => cost?.price),
  ofResult('joules_per_million', ({ cost }) => cost?.joules),
  ofResult('warnings', ({ warnings }) => warnings.map(({ code }) => code).join(' ')),
];

/** As `--shapes` takes them. */
function shapesText({ shapes }: BenchCell): string {
  return Object.entries(shapes)
    .map(([input, dims]) => `${input}:${dims.join('x')}`)
    .join(',');
}

function field(value: Value | undefined): string {
  const text = `${value ?? ''}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
