import { bytes, figure, percent } from '../../figures.js';
import type { BenchCell, BenchResult, Distribution } from '../bench-report.js';

/** The parts of an inference whose times are measured, by what they are called where they are shown. */
export const timedParts = [
  ['Latency', 'latency'],
  ['Queue', 'queue'],
  ['Enqueue', 'enqueue'],
  ['H2D', 'copyIn'],
  ['Compute', 'compute'],
  ['D2H', 'copyOut'],
] as const satisfies readonly (readonly [string, keyof BenchResult])[];

/** What is told of a distribution, in the order in which it grows. */
export const statistics = [
  ['min', 'min'],
  ['mean', 'mean'],
  ['median', 'median'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
] as const satisfies readonly (readonly [string, keyof Distribution])[];

/** A column of a table of cells, read from each; undefined where a cell has nothing to tell. */
export interface Column<T> {
  readonly title: string;
  readonly read: (cell: BenchCell) => T | undefined;
}

/** The columns in which at least one cell has something. */
export function filled<T>(
  columns: readonly Column<T>[],
  cells: readonly BenchCell[],
): readonly Column<T>[] {
  return columns.filter(({ read }) => cells.some((cell) => read(cell) !== undefined));
}

/** What tells the cells of a matrix apart. */
export const parameterColumns: readonly Column<string | number>[] = [
  { title: 'runtime', read: ({ parameters }) => parameters.runtime },
  { title: 'precision', read: ({ parameters }) => parameters.precision },
  { title: 'batch', read: ({ parameters }) => parameters.batch },
  { title: 'length', read: ({ parameters }) => parameters.length },
  { title: 'rate', read: ({ parameters }) => parameters.rate },
];

/** A column of what was measured. */
export function ofResult<T>(
  title: string,
  read: (result: BenchResult) => T | undefined,
): Column<T> {
  return { title, read: ({ result }) => result && read(result) };
}

/** What tells most of a cell, in one row: times in milliseconds, those of the parts as medians. */
export const overview: readonly Column<string | number>[] = [
  ...parameterColumns,
  ofResult('inf/s', ({ inferencesPerSecond }) => figure(inferencesPerSecond)),
  ofResult('samples/s', ({ samplesPerSecond: rate }) => rate && figure(rate)),
  ofResult('median', ({ latency }) => figure(latency.median)),
  ofResult('p90', ({ latency }) => figure(latency.p90)),
  ofResult('p99', ({ latency }) => figure(latency.p99)),
  ofResult('queue', ({ queue }) => queue && figure(queue.median)),
  ofResult('enqueue', ({ enqueue }) => enqueue && figure(enqueue.median)),
  ofResult('H2D', ({ copyIn }) => copyIn && figure(copyIn.median)),
  ofResult('compute', ({ compute }) => compute && figure(compute.median)),
  ofResult('D2H', ({ copyOut }) => copyOut && figure(copyOut.median)),
  ofResult('variation', ({ latency }) => percent(latency.variation)),
  ofResult('host', ({ memory }) => memory.hostPeak && bytes(memory.hostPeak)),
  ofResult('device', ({ memory }) => memory.devicePeak && bytes(memory.devicePeak)),
  ofResult('power', ({ energy }) => energy && `${figure(energy.watts)} W`),
  ofResult('price/million', ({ cost }) => cost?.price && figure(cost.price)),
  ofResult('J/million', ({ cost }) => cost?.joules && figure(cost.joules)),
];

/** The times of the parts of a cell, a row for each that was measured, under a head. */
export function timeRows(result: BenchResult, corner: string): string[][] {
  const parts = timedParts.flatMap(([title, part]) => {
    const times = result[part];
    return times ? [[title, ...statistics.map(([, key]) => figure(times[key]))]] : [];
  });
  return [[corner, ...statistics.map(([title]) => title)], ...parts];
}
