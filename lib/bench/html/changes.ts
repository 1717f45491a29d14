import { counted, figure } from '../../figures.js';
import { escapeHtml } from '../../page/html-page.js';
import type { BenchReport } from '../bench-report.js';
import type {
  CellComparison,
  Change,
  ReportComparison,
  Verdict,
} from '../compare/compare-reports.js';

/** What has changed since an older report, as a table; the chart beside it is drawn by the script. */
export function changesSection(comparison: ReportComparison, baseline: BenchReport): string {
  const { cells, threshold } = comparison;
  return `<p>${summaryOf(cells)} <span class="quiet">Against ${escapeHtml(baseline.model.name)} of ${escapeHtml(baseline.date.slice(0, 16).replace('T', ' '))} UTC. Bars are 95 % intervals of the ratio of medians; changes below ${100 * threshold} % are none.</span></p>
  ${differencesOf(comparison)}
  <div id="changes-chart" class="place"></div>
  <div class="scroll" role="region" aria-label="Table of changes" tabindex="0"><table class="cells">
    <thead><tr><th scope="col">Cell</th><th scope="col">verdict</th><th scope="col">median before</th><th scope="col">after</th><th scope="col">ratio</th><th scope="col">p99 before</th><th scope="col">after</th><th scope="col">ratio</th><th scope="col">throughput</th></tr></thead>
    <tbody>${cells.map(rowOf).join('')}</tbody>
  </table></div>
  ${othersOf(comparison)}`;
}

function summaryOf(cells: readonly CellComparison[]): string {
  if (cells.length === 0) return 'No cell is in both reports.';
  const verdicts: readonly Verdict[] = ['faster', 'slower', 'same', 'unclear'];
  const counts = verdicts.flatMap((verdict) => {
    const count = cells.filter((cell) => cell.verdict === verdict).length;
    return count > 0 ? [`${count} ${verdict}`] : [];
  });
  return `${counted(cells.length, 'cell')} compared: ${counts.join(', ')}.`;
}

function rowOf({ name, verdict, median, p99, throughput }: CellComparison): string {
  const figures = [median, p99].flatMap((change) => [
    figure(change.before),
    figure(change.after),
    ratioOf(change),
  ]);
  const others = [...figures, ratioOf(throughput)].map((text) => `<td>${text}</td>`);
  return `<tr><th scope="row">${escapeHtml(name)}</th><td><span class="tag ${verdict}">${verdict}</span></td>${others.join('')}</tr>`;
}

function ratioOf({ ratio, interval }: Change): string {
  const span = interval ? ` (${interval.low.toFixed(2)}–${interval.high.toFixed(2)})` : '';
  return `${ratio.toFixed(2)}${span}`;
}

function differencesOf({ differences, comparable }: ReportComparison): string {
  if (differences.length === 0) return '';
  const lines = differences.map(
    ({ of, name, before, after }) =>
      `<li>${escapeHtml(`${of}, ${name}: ${before ?? 'none'} before, ${after ?? 'none'} after`)}</li>`,
  );
  const title = comparable
    ? 'What else differs'
    : '⚠ Machine or method differ, so the verdicts are not about the model alone';
  return `<details${comparable ? '' : ' open'}><summary>${title}</summary><ul>${lines.join('')}</ul></details>`;
}

function othersOf({ onlyBefore, onlyAfter }: ReportComparison): string {
  const list = (title: string, names: readonly string[]) =>
    names.length > 0
      ? `<p><details class="quiet"><summary>${title}: ${counted(names.length, 'cell')}</summary>${escapeHtml(names.join(' · '))}</details></p>`
      : '';
  return list('Only before', onlyBefore) + list('Only after', onlyAfter);
}
