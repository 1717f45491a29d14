/** `tensorrt-node/evaluate`: how right a model is, on labelled data and beside another. */
export {
  type ClassificationOptions,
  classificationTask,
} from './classification/classification-task.js';
export {
  type CompareRunsOptions,
  type CompareRunsProgress,
  compareRuns,
} from './compare/compare-runs.js';
export type { RunSource } from './compare/pair.js';
export type {
  InsideComparison,
  NonFinite,
  Place,
  RunComparison,
  TensorComparison,
  TensorOrigin,
  Tolerance,
} from './compare/result.js';
export {
  type Contender,
  type EvaluateOptions,
  type EvaluationProgress,
  evaluate,
} from './evaluate.js';
export type { EvaluatedModel, EvaluationReport } from './evaluation-report.js';
export { evaluationToMarkdown } from './evaluation-table.js';
export {
  type PerplexityOptions,
  type PerplexityTexts,
  perplexityTask,
} from './perplexity/perplexity-task.js';
export type { Pooling } from './similarity/embeddings.js';
export { type SimilarityOptions, similarityTask } from './similarity/similarity-task.js';
export {
  type AnswerScore,
  normalizeAnswer,
  type SquadRules,
  scoreAnswer,
} from './squad/answer-scores.js';
export {
  type BestThresholds,
  type SquadMeans,
  type SquadOptions,
  type SquadQuestion,
  type SquadScores,
  scoreSquad,
} from './squad/metrics.js';
export type { SpanOutputs } from './squad/span-logits.js';
export { type SquadTaskOptions, squadTask } from './squad/squad-task.js';
export type { PairedComparison } from './statistics/mcnemar.js';
export type { ClassFigures, Confusion, Score, Scorer, Task, TaskSamples } from './task.js';
export {
  type TokenClassificationOptions,
  tokenClassificationTask,
} from './tokens/token-classification-task.js';
