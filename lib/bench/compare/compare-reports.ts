import { checkOptions, invalidArgument } from '../../arguments.js';
import type { BenchCell, BenchReport, BenchResult } from '../bench-report.js';
import { type Interval, mean, quantile, ratioInterval, type Statistic } from './bootstrap.js';
import { type Difference, differencesOf } from './report-differences.js';

export type Verdict = 'faster' | 'slower' | 'same' | 'unclear';

export interface ReportComparison {
  readonly threshold: number;
  /** Cells that both reports have, by their parameters, in the order of `after`. */
  readonly cells: readonly CellComparison[];
  /** Names of cells that only one report has, or that were measured in only one. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** What else than the cells differs. */
  readonly differences: readonly Difference[];
  /** Whether machine and method are the same, so that a verdict is about model and software. */
  readonly comparable: boolean;
}

export interface CellComparison {
  readonly name: string;
  /** That of the median latency. */
  readonly verdict: Verdict;
  readonly median: Change;
  readonly p99: Change;
  readonly throughput: Change;
}

/** A figure of two reports, in milliseconds or inferences a second. */
export interface Change {
  readonly before: number;
  readonly after: number;
  /** After by before. */
  readonly ratio: number;
  /** Where the ratio lies with 95 % confidence; undefined where there are too few samples to tell. */
  readonly interval: Interval | undefined;
  readonly verdict: Verdict;
}

/**
 * Compares two reports cell by cell. A cell is slower when the whole 95 % interval of the ratio of
 * medians lies beyond the threshold, the same when it lies wholly within, and unclear else: more
 * samples, or a quieter machine, would tell. The interval is of a block bootstrap within each
 * report; what differs from one start of a process to the next is not in it, which the threshold is
 * there to cover.
 *
 * @param options - `threshold`: the change that matters, as a share. Default: .05.
 * @throws TypeError for wrong options.
 */
export function compareReports(
  before: BenchReport,
  after: BenchReport,
  options: { threshold?: number | undefined } = {},
): ReportComparison {
  checkOptions('options', options, ['threshold']);
  const { threshold = 0.05 } = options;
  if (!(typeof threshold === 'number' && threshold >= 0 && threshold < 1)) {
    throw invalidArgument('options.threshold', 'a share from 0 to below 1', threshold);
  }
  const earlier = measuredCells(before);
  const later = measuredCells(after);
  const differences = differencesOf(before, after);
  return {
    threshold,
    cells: [...later].flatMap(([key, cell]) => {
      const match = earlier.get(key);
      return match ? [compareCells(match, cell, threshold)] : [];
    }),
    onlyBefore: namesOfOthers(earlier, later),
    onlyAfter: namesOfOthers(later, earlier),
    differences,
    comparable: differences.every(({ of }) => of !== 'machine' && of !== 'method'),
  };
}

type MeasuredCell = BenchCell & { readonly result: BenchResult };

function measuredCells({ cells }: BenchReport): Map<string, MeasuredCell> {
  const measured = cells.filter((cell): cell is MeasuredCell => cell.result !== undefined);
  return new Map(measured.map((cell) => [keyOf(cell), cell]));
}

/** The same for cells that measured the same, whatever they are called. */
function keyOf({ parameters, shapes }: BenchCell): string {
  const { runtime, precision, batch, length, rate } = parameters;
  const provider = runtime === 'onnxruntime' ? 'onnxruntime:cpu' : runtime;
  const sizes = Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([provider, precision, batch, length, rate, sizes]);
}

function namesOfOthers(
  cells: ReadonlyMap<string, BenchCell>,
  others: ReadonlyMap<string, BenchCell>,
): string[] {
  return [...cells].flatMap(([key, { name }]) => (others.has(key) ? [] : [name]));
}

const [median, p99] = [quantile(0.5), quantile(0.99)];

function compareCells(
  before: MeasuredCell,
  after: MeasuredCell,
  threshold: number,
): CellComparison {
  const [old, now] = [before.result, after.result];
  const latency = (key: 'median' | 'p99', statistic: Statistic) =>
    change(
      [old.latency[key], now.latency[key]],
      ratioInterval(old.samples, now.samples, statistic),
      threshold,
    );
  const ofMedian = latency('median', median);
  return {
    name: after.name,
    verdict: ofMedian.verdict,
    median: ofMedian,
    p99: latency('p99', p99),
    throughput: throughputChange(before, after, threshold),
  };
}

/**
 * In a closed loop the throughput is the number in flight by the mean latency (Little 1961), which
 * has an interval; in an open loop it is the rate of the arrivals, and tells nothing.
 */
function throughputChange(before: MeasuredCell, after: MeasuredCell, threshold: number): Change {
  const [old, now] = [before.result, after.result];
  const isClosed = after.parameters.rate === undefined;
  const interval = isClosed ? ratioInterval(now.samples, old.samples, mean) : undefined;
  const { verdict, ...figures } = change(
    [old.inferencesPerSecond, now.inferencesPerSecond],
    interval,
    threshold,
  );
  return { ...figures, verdict: opposite[verdict] };
}

/** More is better. */
const opposite: Readonly<Record<Verdict, Verdict>> = {
  faster: 'slower',
  slower: 'faster',
  same: 'same',
  unclear: 'unclear',
};

function change(
  [before, after]: readonly [number, number],
  interval: Interval | undefined,
  threshold: number,
): Change {
  return { before, after, ratio: after / before, interval, verdict: judge(interval, threshold) };
}

/** What an interval of a ratio says about a change that matters. */
export function judge(interval: Interval | undefined, threshold: number): Verdict {
  if (!interval) return 'unclear';
  const [most, least] = [1 + threshold, 1 / (1 + threshold)];
  if (interval.low > most) return 'slower';
  if (interval.high < least) return 'faster';
  return interval.low >= least && interval.high <= most ? 'same' : 'unclear';
}
