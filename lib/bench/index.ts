/** `tensorrt-node/bench`: how fast a model runs, measured as it is used. */
export { bench } from './bench.js';
export type { BenchOptions, BenchProgress } from './bench-options.js';
export type {
  BenchCell,
  BenchCost,
  BenchMachine,
  BenchMethod,
  BenchParameters,
  BenchReport,
  BenchResult,
  BenchWarning,
  Distribution,
  Work,
} from './bench-report.js';
export {
  type CellComparison,
  type Change,
  compareReports,
  type ReportComparison,
  type Verdict,
} from './compare-reports.js';
export { countWork } from './count-work.js';
export { parseBenchReport, readBenchReport } from './read-report.js';
export { type BenchHtmlOptions, renderBenchHtml } from './render-bench-html.js';
export type { Difference } from './report-differences.js';
export { toCsv } from './to-csv.js';
export { toMarkdown } from './to-markdown.js';
