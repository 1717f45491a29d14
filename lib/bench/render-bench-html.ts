import { checkOptions, invalidArgument } from '../arguments.js';
import { htmlPage, joinModules } from '../page/html-page.js';
import type { BenchReport } from './bench-report.js';
import { compareReports, type ReportComparison } from './compare/compare-reports.js';
import { headlinesOf } from './html/headlines.js';
import { pageBody } from './html/page-body.js';
import { pageData } from './html/page-data.js';
import { benchStyle } from './html/page-style.js';

export interface BenchHtmlOptions {
  /** An older report: the page then shows what has changed since. */
  baseline?: BenchReport | undefined;
  /** What {@link compareReports} gave for it, where that was called before: it takes its time. */
  comparison?: ReportComparison | undefined;
  /** The change that matters, as a share, as of {@link compareReports}. Default: .05. */
  threshold?: number | undefined;
}

/**
 * Shows a report of `bench()` in a page of HTML, one file that needs no network: whether INT8 and
 * other runtimes are faster and by how much, every cell with its figures, how latencies are
 * distributed and change over time, throughput against latency, where the time goes, what a million
 * costs, and what limits the speed.
 *
 * @returns the page.
 * @throws TypeError for wrong arguments.
 */
export async function renderBenchHtml(
  report: BenchReport,
  options: BenchHtmlOptions = {},
): Promise<string> {
  checkReport('report', report);
  checkOptions('options', options, ['baseline', 'comparison', 'threshold']);
  const { baseline, threshold } = options;
  if (options.comparison && !baseline) {
    throw new TypeError('Expected options.baseline beside options.comparison');
  }
  if (baseline) checkReport('options.baseline', baseline);
  const comparison =
    baseline && (options.comparison ?? compareReports(baseline, report, { threshold }));
  const headlines = headlinesOf(report);
  const data = pageData(report, headlines, comparison);
  return htmlPage({
    title: `${report.model.name} – bench`,
    style: benchStyle,
    body: pageBody(report, { data, headlines, baseline, comparison }),
    script: await joinModules(new URL('./page/', import.meta.url), scriptParts),
    data,
  });
}

function checkReport(name: string, report: BenchReport): void {
  if (report?.format === 'tensorrt-node-bench') return;
  throw invalidArgument(name, 'a report of bench()', report);
}

/** The modules of the page, each after those that it imports. */
const scriptParts = [
  '../../figures',
  '../../page/elements',
  '../../page/dom',
  '../../page/scales',
  '../../page/axes',
  '../../page/tips',
  '../../page/fitted-chart',
  'chosen',
  'cell-table',
  'latency-chart',
  'time-chart',
  'parts-chart',
  'slices',
  'curves-chart',
  'matrix',
  'bars-chart',
  'roofline-chart',
  'changes-chart',
  'bench-page',
];
