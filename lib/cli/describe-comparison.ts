import type {
  CellComparison,
  Change,
  ReportComparison,
  Verdict,
} from '../bench/compare/compare-reports.js';
import type { Difference } from '../bench/compare/report-differences.js';
import { figure, percent } from '../figures.js';
import { styled } from './terminal.js';
import { alignRight, section, table } from './text.js';

const colours = { faster: 'green', slower: 'red', same: 'dim', unclear: 'yellow' } as const;

/** What changed since a report, cell by cell, and what else differs that bears on it. */
export function describeComparison(file: string, comparison: ReportComparison): string[] {
  const { cells, threshold, differences, comparable, onlyBefore, onlyAfter } = comparison;
  const title = `Against ${file}, changes of more than ${percent(threshold)}`;
  return [
    ...section(title, cells.length > 0 ? cellRows(cells) : ['No cell is in both reports.']),
    ...section('Only in that report', [...onlyBefore]),
    ...section('Only now', [...onlyAfter]),
    ...section(
      comparable ? 'What else differs' : 'What else differs: these figures do not compare alike',
      table(differences.map(differenceRow)),
    ),
  ];
}

function cellRows(cells: readonly CellComparison[]): string[] {
  const column = (read: (cell: CellComparison) => string) => alignRight(cells.map(read));
  const medians = column(({ median }) => times(median));
  const p99s = column(({ p99 }) => times(p99));
  const throughputs = column(({ throughput }) => changeText(throughput));
  return table(
    cells.map(({ name, verdict, median, p99 }, index) => [
      styledVerdict(verdict),
      name,
      `median ${medians[index]} ms ${changeText(median)}`,
      `p99 ${p99s[index]} ms ${changeText(p99)}`,
      `throughput ${throughputs[index]}`,
    ]),
  );
}

function styledVerdict(verdict: Verdict): string {
  return styled(colours[verdict], verdict);
}

function times({ before, after }: Change): string {
  return `${figure(before)} → ${figure(after)}`;
}

/** `+9.8 % (+8.1 to +11.6)`: the change, and where it lies with 95 % confidence. */
function changeText({ ratio, interval }: Change): string {
  const change = `${signed(ratio)} %`;
  if (!interval) return `${change} (too few samples)`;
  return `${change} (${signed(interval.low)} to ${signed(interval.high)})`;
}

function signed(ratio: number): string {
  const change = (ratio - 1) * 100;
  return `${change < 0 ? '' : '+'}${change.toFixed(1)}`;
}

function differenceRow({ of, name, before, after }: Difference): string[] {
  return [of, name, `${before ?? 'absent'} → ${after ?? 'absent'}`];
}
