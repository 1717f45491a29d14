import type { BenchCell, BenchParameters, BenchReport, BenchResult } from '../bench-report.js';
import type { ReportComparison, Verdict } from '../compare/compare-reports.js';
import { precisionName, runtimeName } from '../names.js';
import { type RooflineHint, rooflineHint, roofOf } from '../roofline/roofline.js';
import { driftOf } from './drift.js';
import type { Headline } from './headlines.js';

/** What the page of a bench report draws; its script reads it as JSON. */
export interface BenchPageData {
  /** Precision and runtime; one colour each. */
  readonly series: readonly string[];
  readonly cells: readonly PageCell[];
  /** The indices of the cells whose latencies are drawn first. */
  readonly chosen: readonly number[];
  /** What is counted a second: rows of the batch, or inferences where there is no batch axis. */
  readonly unit: 'samples' | 'inferences';
  readonly roofs?: PageRoofs | undefined;
  /** Since an older report. */
  readonly changes?: readonly PageChange[] | undefined;
}

/** How the median latency of a cell has changed, after by before, with its 95 % interval. */
export interface PageChange {
  readonly name: string;
  readonly verdict: Verdict;
  readonly ratio: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface PageCell {
  readonly name: string;
  /** Its place in {@link BenchPageData.series}. */
  readonly series: number;
  readonly parameters: BenchParameters;
  readonly problem?: string | undefined;
  readonly result?: PageResult | undefined;
}

export interface PageResult extends Omit<BenchResult, 'samples' | 'warnings'> {
  /** What is counted a second, as the report's unit says. */
  readonly throughput: number;
  readonly warnings: number;
  /** Latencies in their order, rounded and thinned to what a page can hold. */
  readonly samples: readonly number[];
  readonly drift?: string | undefined;
  readonly roofline?: RooflineHint | undefined;
}

/** What the GPU could do at best, as it is published. */
export interface PageRoofs {
  readonly gpu: string;
  readonly bytesPerSecond: number;
  readonly flopsPerSecond: Readonly<Record<string, number>>;
}

/** All cells of a page together; more makes it heavy, and no chart finer. */
const mostSamples = 300_000;
const mostSamplesOfCell = 5000;
const mostChosen = 4;

export function pageData(
  report: BenchReport,
  headlines: readonly Headline[],
  comparison?: ReportComparison | undefined,
): BenchPageData {
  const measured = report.cells.filter(({ result }) => result);
  const unit = measured.every(({ result }) => result?.samplesPerSecond) ? 'samples' : 'inferences';
  const limit = Math.min(mostSamplesOfCell, Math.floor(mostSamples / Math.max(1, measured.length)));
  const names = seriesNames(report.cells);
  const series = [...new Set(report.cells.map(names))];
  const roofs = report.cells.map((cell) => roofOf(cell, report.machine.gpu)).find(Boolean);
  return {
    series,
    unit,
    roofs,
    changes: comparison?.cells.map(({ name, verdict, median: { ratio, interval } }) => ({
      ...{ name, verdict, ratio, low: interval?.low, high: interval?.high },
    })),
    chosen: firstChosen(report, headlines),
    cells: report.cells.map((cell) => ({
      name: cell.name,
      series: series.indexOf(names(cell)),
      parameters: cell.parameters,
      problem: cell.problem,
      result: cell.result && pageResult(cell, cell.result, { report, unit, limit }),
    })),
  };
}

/** Precision and runtime, as far as they differ in the report. */
function seriesNames(cells: readonly BenchCell[]): (cell: BenchCell) => string {
  const several = (values: readonly unknown[]) => new Set(values).size > 1;
  const runtimes = several(cells.map(({ parameters }) => parameters.runtime));
  const precisions = several(cells.map(({ parameters }) => parameters.precision));
  return ({ parameters: { precision, runtime } }) =>
    [
      ...(precisions || !runtimes ? [precisionName(precision)] : []),
      ...(runtimes ? [runtimeName(runtime)] : []),
    ].join(', ');
}

interface Context {
  readonly report: BenchReport;
  readonly unit: BenchPageData['unit'];
  readonly limit: number;
}

function pageResult(cell: BenchCell, result: BenchResult, context: Context): PageResult {
  const { samples, warnings, ...figures } = result;
  const throughput =
    context.unit === 'samples'
      ? (result.samplesPerSecond ?? result.inferencesPerSecond)
      : result.inferencesPerSecond;
  return {
    ...figures,
    throughput,
    warnings: warnings.length,
    samples: thinned(samples, context.limit),
    drift: driftOf(samples),
    roofline: rooflineHint(cell, context.report),
  };
}

function thinned(samples: readonly number[], limit: number): number[] {
  const step = Math.max(1, samples.length / limit);
  const count = Math.floor(samples.length / step);
  return Array.from({ length: count }, (_, index) =>
    Number((samples[Math.floor(index * step)] as number).toPrecision(4)),
  );
}

/** Those that the first headline quotes, with the other precisions of the same shape and runtime. */
function firstChosen({ cells }: BenchReport, headlines: readonly Headline[]): number[] {
  const measured = cells.flatMap((cell, index) => (cell.result ? [{ cell, index }] : []));
  const quoted = measured.filter(({ cell }) => headlines[0]?.cells.includes(cell.name));
  const first = (quoted[0] ?? measured[0])?.cell;
  if (!first) return [];
  const place = ({ batch, length, rate }: BenchParameters) => JSON.stringify([batch, length, rate]);
  const beside = measured.filter(
    ({ cell }) =>
      place(cell.parameters) === place(first.parameters) &&
      cell.parameters.runtime === first.parameters.runtime,
  );
  const indices = new Set([...quoted, ...beside].map(({ index }) => index));
  return [...indices].slice(0, mostChosen);
}
