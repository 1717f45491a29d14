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
} from './bench-report.js';
