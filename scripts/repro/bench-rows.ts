/** Rows that are speeds of models with random weights, by `bench`. */
import type { BenchReport, BenchResult } from 'tensorrt-node/bench';
import type { ArchitectureName } from '../models/architectures.js';
import type { Published } from './published.js';
import type { Context, Outcome, Row } from './reproduction.js';
import { isStandin } from './tools.js';

export type BenchOptions = NonNullable<Parameters<Context['tools']['bench']>[1]>;
type RuntimeName = NonNullable<BenchOptions['runtimes']>[number];
type Precision = NonNullable<BenchOptions['precisions']>[number];

export interface BenchRow {
  readonly what: string;
  readonly published: readonly Published[];
  readonly model: ArchitectureName;
  readonly runtime: RuntimeName;
  readonly precision: Precision;
  readonly batch: number;
  readonly length: number;
  readonly figure: Figure;
  readonly remarks?: readonly string[];
}

/** Reads a figure, in the unit of what is published. */
export type Figure = (result: BenchResult) => number | undefined;

/** On the device alone, without copies: as NVIDIA's tables have it. */
export const meanCompute: Figure = ({ compute }) => compute?.mean;

/** From the call to the result. */
export const medianLatency: Figure = ({ latency }) => latency.median;

export const p90Latency: Figure = ({ latency }) => latency.p90;

export const rowsPerSecond: Figure = ({ samplesPerSecond }) => samplesPerSecond;

/**
 * Measures all rows of one model, runtime and length in one go, so that the model is made and
 * converted once. Where no engine can run, no model is made at all.
 */
export async function benchRows(
  rows: readonly BenchRow[],
  context: Context,
  options: BenchOptions = {},
): Promise<Row[]> {
  const why = await context.tools.whyNoEngine();
  if (why !== undefined) {
    const notMeasured = why;
    return rows.map(({ what, published }) => ({ what, published, outcome: { notMeasured } }));
  }
  const outcomes = new Map<BenchRow, Outcome>();
  for (const group of groups(rows)) {
    const report = await benchGroup(group, context, options);
    for (const row of group) outcomes.set(row, outcomeOf(row, report));
  }
  return rows.map((row) => {
    const { what, published } = row;
    return { what, published, outcome: outcomes.get(row) as Outcome };
  });
}

function groups(rows: readonly BenchRow[]): BenchRow[][] {
  const byKey = new Map<string, BenchRow[]>();
  for (const row of rows) byKey.set(groupKey(row), [...(byKey.get(groupKey(row)) ?? []), row]);
  return [...byKey.values()];
}

function groupKey({ model, runtime, length }: BenchRow): string {
  return `${model} ${runtime} ${length}`;
}

async function benchGroup(
  group: readonly BenchRow[],
  { tools, signal }: Context,
  options: BenchOptions,
): Promise<BenchReport> {
  const { model, runtime, length } = group[0] as BenchRow;
  return tools.bench(tools.modelOf(model, 'question-answering'), {
    ...tools.method,
    ...options,
    runtimes: [runtime],
    precisions: [...new Set(group.map(({ precision }) => precision))],
    batches: [...new Set(group.map(({ batch }) => batch))],
    lengths: [length],
    signal,
  });
}

function outcomeOf(row: BenchRow, { cells, machine }: BenchReport): Outcome {
  const cell = cells.find(
    ({ parameters: { precision, batch } }) => precision === row.precision && batch === row.batch,
  );
  if (!cell?.result) return { notMeasured: cell?.problem ?? 'bench has no such cell' };
  const device =
    (row.runtime === 'onnxruntime:cpu' ? machine.cpu : machine.gpu) ?? 'unknown device';
  if (isStandin(device)) {
    return { notMeasured: `it ran on ${device}, which stands in for a GPU in tests` };
  }
  const { provider, warnings } = cell.result;
  const value = row.figure(cell.result);
  if (value === undefined) return { notMeasured: `${provider} does not tell it` };
  const remarks = [provider, ...(row.remarks ?? []), ...warnings.map(({ code }) => code)];
  // That ranges are random is said of all rows at once.
  return { value, device, remarks: remarks.filter((remark) => remark !== 'random-ranges') };
}
