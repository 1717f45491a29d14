export { type CheckOptions, check } from './check/check.js';
export type { Finding, ParserVerdict, Severity } from './check/finding.js';
export { type FixedModel, type FixNote, type FixOptions, fix } from './check/fix.js';
export type { FixableCode } from './check/fixes/index.js';
export {
  type ImportedModel,
  type ImportNote,
  type ImportOptions,
  importQuantized,
} from './check/import-quantized.js';
export type { CheckCode, CheckReport, ParserAnswer } from './check/report.js';
export { type BuildOptions, buildEngine } from './engine/build/build.js';
export type { BuilderOptions, DlaOptions } from './engine/build/build-options.js';
export type {
  BuilderFlags,
  MemoryPools,
  ParserFlags,
  PreviewFeatures,
  TacticSource,
  Target,
} from './engine/build/build-switches.js';
export type { BuildLogLine, BuildProgress } from './engine/build/build-watch.js';
export {
  type ModelError,
  type ModelSubgraph,
  type ModelSupport,
  type SupportOptions,
  supportsModel,
} from './engine/build/model-support.js';
export type { Profile, ShapeRange, ValueRange } from './engine/build/profiles.js';
export type { EngineIngredients } from './engine/cache/cache-key.js';
export type { CacheOptions } from './engine/cache/cached-build.js';
export { type CacheEntry, EngineCache } from './engine/cache/engine-cache.js';
export type { TimingCacheOptions } from './engine/cache/timing-cache.js';
export {
  allocatePinned,
  type DeviceOptions,
  DeviceTensor,
  trimDeviceMemory,
} from './engine/device/device-tensor.js';
export {
  GpuMonitor,
  type GpuReading,
} from './engine/device/gpu-monitor.js';
export {
  type ContextMemory,
  estimateMemory,
  type MemoryEstimate,
  type MemoryReport,
  type MemoryReportOptions,
} from './engine/device/memory-report.js';
export { Engine } from './engine/engine.js';
export type { EngineTensor } from './engine/engine-tensor.js';
export { checkEngine, type EngineValidity } from './engine/engine-validity.js';
export {
  type DoctorGpu,
  type DoctorLibrary,
  type DoctorProblem,
  type DoctorReport,
  doctor,
} from './engine/library/doctor.js';
export type { LibraryCandidate, Product, TriedFolder } from './engine/library/libraries.js';
export type { LibraryOptions } from './engine/library/library.js';
export type { LoadOptions } from './engine/load-options.js';
export { type CacheOutcome, Plan, type PlanInfo, readPlanInfo } from './engine/plan/plan.js';
export type { PlanInput } from './engine/plan/plan-file.js';
export type {
  EnginePrecisionReport,
  LayerPrecision,
  LayerTensor,
  MissedNode,
  PrecisionReportOptions,
} from './engine/precision-report.js';
export type { NewWeights, RefitOptions } from './engine/refit.js';
export type { SerializeOptions } from './engine/serialize-options.js';
export type {
  Feeds,
  OutputTarget,
  OutputTargets,
  TargetedOutputs,
  WarmupShapes,
} from './engine/session/bindings.js';
export type { InferenceTimes } from './engine/session/inference-times.js';
export {
  type InferOptions,
  type LayerTime,
  Session,
  type SessionOptions,
} from './engine/session/session.js';
export type { GraphStats, SessionStats } from './engine/session/session-stats.js';

export type { WeightStreaming } from './engine/weight-streaming.js';
export {
  type NodeReference,
  type RecordedError,
  TensorRTError,
  type TensorRTErrorCode,
  type TensorRTErrorDetails,
} from './errors.js';
export { compareModels } from './inspect/diff/compare.js';
export type {
  ChangedNode,
  ChangedWeight,
  DifferentNode,
  DifferentWeight,
  ModelDifference,
  PropertyChange,
  ValueDistance,
} from './inspect/diff/difference.js';
export { type InspectOptions, inspect } from './inspect/inspect.js';
export { type RenderOptions, renderGraphHtml } from './inspect/render-html.js';
export type {
  ModelSummary,
  ProductCounts,
  QuantizationKind,
  QuantizationSummary,
  SummaryDim,
  SummaryExternalFile,
  SummaryOperator,
  SummaryStorage,
  SummarySymbol,
  SummaryValue,
  SummaryWeight,
} from './inspect/summary.js';
export type { LatencySummary } from './latency.js';
export {
  type Attributes,
  type AttributeValue,
  float,
  getAttribute,
  getFloat,
  getFloats,
  getGraph,
  getInt,
  getInts,
  getString,
  getStrings,
  getTensor,
  setAttributes,
} from './onnx/attributes.js';
export { Graph, type InsertedNode, type NodeSpec } from './onnx/graph/graph.js';
export {
  type CapturesOf,
  type Match,
  type NodeOptions,
  type NodePattern,
  type Pattern,
  pattern,
} from './onnx/graph/pattern.js';
export {
  type ExternalDataChoice,
  type ExternalFiles,
  Model,
  type SaveOptions,
  type ValueInfo,
} from './onnx/model.js';
export type { Evaluator } from './onnx/passes/evaluate-rest.js';
export { type FoldOptions, foldConstants } from './onnx/passes/fold-constants.js';
export { inlineFunctions } from './onnx/passes/inline-functions.js';
export { mergeDuplicateWeights } from './onnx/passes/merge-duplicate-weights.js';
export type { Change, PassResult } from './onnx/passes/pass.js';
export { removeDeadCode } from './onnx/passes/remove-dead-code.js';
export { removeIdentities } from './onnx/passes/remove-identities.js';
export { type SimplifyOptions, simplify } from './onnx/passes/simplify.js';
export { upgradeOpset } from './onnx/passes/upgrade-opset.js';
export { type InferShapesOptions, inferShapes } from './onnx/shapes/infer-shapes.js';
export type { ShapeProblem } from './onnx/shapes/inference.js';
export { type Dim, InferredShapes, type InferredTensor } from './onnx/shapes/inferred-shapes.js';
export type { ShapeConflict } from './onnx/shapes/stated.js';
export type { ConversionCounts, HalfType } from './onnx/tensor/half-numbers.js';
export { readSparse } from './onnx/tensor/sparse.js';
export {
  type OtherDataMap,
  readRawData,
  readValues,
  unpack,
  type Values,
} from './onnx/tensor/values.js';
export { readInlineWeights, readWeights } from './onnx/tensor/weights.js';
export type { Scales } from './precision/operator-slots.js';
export type { HalfOptions } from './precision/options.js';
export type {
  ConvertedTensor,
  HalfModel,
  PrecisionDecision,
  PrecisionReport,
  PrecisionSummary,
  RangeFinding,
} from './precision/report.js';
export { toHalf } from './precision/to-half.js';
export { type CalibrateOptions, calibrate } from './quantize/calibrate.js';
export { Calibration, type CalibrationFields } from './quantize/calibration/calibration.js';
export { type CollectOptions, collect } from './quantize/calibration/collect.js';
export type { HistogramSnapshot } from './quantize/calibration/native-calibration.js';
export type {
  RangeMethod,
  RangeOptions,
  RangeOverride,
} from './quantize/calibration/ranges.js';
export type { CalibrationProgress, Samples } from './quantize/calibration/run-samples.js';
export type { RuntimeOpener } from './quantize/calibration/runtime-executor.js';
export {
  type CalibrationMethod,
  CalibrationTable,
  type TensorRange,
} from './quantize/calibration/table.js';
export type {
  PlacementCandidate,
  PlacementOptions,
  PlacementRule,
  SchemeName,
} from './quantize/placement/options.js';
export type { NodeRole } from './quantize/placement/plan.js';
export {
  type QuantizationDecision,
  type QuantizedModel,
  type QuantizeOptions,
  type QuantizeProgress,
  quantize,
  type RangeOverrides,
} from './quantize/quantize.js';
export {
  type AutoQuantizeReport,
  type AutoQuantizeResult,
  autoQuantize,
} from './quantize/tuning/auto-quantize.js';
export {
  type AutoQuantizeOptions,
  type AutoQuantizeProgress,
  defaultVariants,
  type QuantizationVariant,
} from './quantize/tuning/auto-quantize-options.js';
export type { Speedup } from './quantize/tuning/auto-quantize-speed.js';
export type { QuantizationTrial } from './quantize/tuning/auto-quantize-trials.js';
export {
  type TuneRangesOptions,
  type TuningProgress,
  tuneRanges,
} from './quantize/tuning/auto-ranges.js';
export {
  type BiasCorrection,
  type BiasCorrectionOptions,
  type BiasCorrectionProgress,
  correctBias,
} from './quantize/tuning/bias-correction.js';
export type { GroupBy, QuantizationGroup } from './quantize/tuning/groups.js';
export { type OutputDistance, outputDistance } from './quantize/tuning/output-distance.js';
export {
  type GroupSensitivity,
  type SensitivityReport,
  sensitivity,
} from './quantize/tuning/sensitivity.js';
export type {
  Evaluate,
  SensitivityOptions,
  SensitivityProgress,
  TuningOptions,
} from './quantize/tuning/sensitivity-options.js';
export type { TuningCalibration } from './quantize/tuning/sensitivity-table.js';
export {
  type SmoothedModel,
  type SmoothingDecision,
  type SmoothQuantOptions,
  smoothQuant,
} from './quantize/tuning/smooth-quant.js';
export {
  type QuantizationReport,
  renderQuantizationHtml,
} from './report/render-quantization-html.js';
export type {
  ReportDecision,
  ReportDistance,
  ReportGroup,
  ReportSensitivity,
} from './report/report-data.js';
export { onnxRuntimeEvaluator } from './runtime/evaluator.js';
export { Runtime, type RuntimeLoadOptions } from './runtime/load.js';
export type { RunOptions, RunTimes, RuntimeName, RuntimeStats } from './runtime/runtime.js';
export {
  type PassedOverRuntime,
  type SelectedRuntime,
  type SelectRuntimeOptions,
  selectRuntime,
} from './runtime/select-runtime.js';
export {
  type LabelOptions,
  readLabelLists,
  readLabels,
  readScores,
} from './samples/read-labels.js';
export { readSamples, type SampleFile, type SampleOptions } from './samples/read-samples.js';
export {
  type DataType,
  type Tensor,
  type TensorDataMap,
  type TensorMap,
  tensor,
} from './tensor.js';
export {
  inPrecision,
  type PrecisionOptions,
  type PrecisionVariant,
} from './variants/in-precision.js';
export type { Precision } from './variants/precision.js';
