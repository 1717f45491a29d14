/** `tensorrt-node/evaluate`: how right a model is, on labelled data and beside another. */
export {
  type ClassificationOptions,
  classificationTask,
} from './classification/classification-task.js';
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
export {
  type Contender,
  type EvaluateOptions,
  type EvaluationProgress,
  evaluate,
} from './evaluate.js';
export type { EvaluatedModel, EvaluationReport } from './evaluation-report.js';
export type { TaskSamples } from './samples.js';
export type { Pooling } from './similarity/embeddings.js';
export { type SimilarityOptions, similarityTask } from './similarity/similarity-task.js';
export type { PairedComparison } from './statistics/mcnemar.js';
export type { ClassFigures, Confusion, Score, Scorer, Task } from './task.js';
export { evaluationToMarkdown } from './to-markdown.js';
export {
  type TokenClassificationOptions,
  tokenClassificationTask,
} from './tokens/token-classification-task.js';
