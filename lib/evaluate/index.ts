/** `tensorrt-node/evaluate`: how right a model is, on labelled data and beside another. */
export {
  type CompareRunsOptions,
  type CompareRunsProgress,
  compareRuns,
} from './compare-runs.js';
export type { RunSource } from './compare-runs-pair.js';
export type {
  InsideComparison,
  NonFinite,
  Place,
  RunComparison,
  TensorComparison,
  TensorOrigin,
  Tolerance,
} from './compare-runs-result.js';
export type { Score, Scorer, Task } from './task.js';
