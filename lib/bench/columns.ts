import type { BenchCell, BenchResult, Distribution } from './bench-report.js';

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
