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
} from './compare/compare-reports.js';
export type { Difference } from './compare/report-differences.js';
export { parseBenchReport, readBenchReport } from './formats/read-report.js';
export { toCsv } from './formats/to-csv.js';
export { toMarkdown } from './formats/to-markdown.js';
export { type BenchHtmlOptions, renderBenchHtml } from './render-bench-html.js';
export { countWork } from './roofline/count-work.js';
