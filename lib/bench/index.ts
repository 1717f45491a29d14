/** `tensorrt-node/bench`: how fast a model runs, measured as it is used. */
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
