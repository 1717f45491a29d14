import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import { Model } from '../onnx/model.js';
import type { Scales } from '../precision/operator-slots.js';
import { CalibrationTable } from './calibration/table.js';
import {
  checkPlacementOptions,
  type PlacementOptions,
  placementOf,
  placementOptionNames,
} from './placement/options.js';
import { numberTypes, opsetOfBlocks, type QuantizedType } from './qdq/number-types.js';
import type { WeightForm } from './qdq/store-weights.js';
import { checkOverrides, type RangeOverrides } from './ranges.js';

export interface QuantizeOptions extends PlacementOptions {
  /** For the scheme `'weights-only'`. Default: `'int8'`. */
  weightType?: 'int8' | 'int4' | undefined;
  /**
   * For the scheme `'weights-only'`: how many neighbours along the summed axis of a weight share a
   * scale. Default: for INT8 all, which makes one scale per output channel; for INT4 the largest of
   * 128, 64, 32 and 16 that divides the axis.
   */
  blockSize?: number | undefined;
  /**
   * `'quantized'`: weights are stored as what they become, which makes the file smaller. `'float'`: as
   * they are, with a QuantizeLinear behind them; the engine is the same. Default: `'quantized'`.
   */
  storeWeights?: 'quantized' | 'float' | undefined;
  /**
   * How scales are stored in a model of half precision, as in {@link toHalf}. Default: `'float32'`, but
   * `'half'` for INT4, since TensorRT for RTX 1.7 cannot build INT4 with FP32 scales in half precision.
   */
  scales?: Scales | undefined;
  /**
   * Ranges that replace those of the table, by tensor name or pattern with `*`; of several patterns
   * for a tensor the last one counts.
   */
  overrides?: RangeOverrides | undefined;
  /** Called after each weight. */
  onProgress?: ((progress: QuantizeProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface QuantizeProgress {
  /** How many weights have been quantized. */
  readonly weights: number;
  readonly total: number;
  readonly elapsedMs: number;
}

/** Options with their defaults, and what follows from them. */
export interface CheckedOptions {
  readonly placement: PlacementOptions;
  /** Of activations. */
  readonly type: 'int8' | 'fp8';
  readonly weights: WeightForm;
  readonly storeWeights: 'quantized' | 'float';
  readonly precision: 'fp32' | 'fp16' | 'bf16';
  readonly scales: Scales;
  readonly overrides: RangeOverrides;
  readonly onProgress: (progress: QuantizeProgress) => void;
  readonly signal: AbortSignal | undefined;
  /** What the number types and the blocks need. */
  readonly opset: number;
  readonly irVersion: number;
}

const ownOptionNames: readonly (keyof QuantizeOptions)[] = [
  'weightType',
  'blockSize',
  'storeWeights',
  'scales',
  'overrides',
  'onProgress',
  'signal',
];

/** @throws TypeError */
export function checkArguments(
  model: Model,
  table: CalibrationTable | undefined,
  options: QuantizeOptions,
): CheckedOptions {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  checkOptions('options', options, [...placementOptionNames, ...ownOptionNames]);
  const placement = placementOf(options);
  checkPlacementOptions('options', placement);
  const isWeightsOnly = options.scheme === 'weights-only';
  if (!(table instanceof CalibrationTable) && !(isWeightsOnly && table === undefined)) {
    throw invalidArgument('table', 'a CalibrationTable', table);
  }
  const { type = 'int8', storeWeights = 'quantized', precision = 'fp32' } = options;
  const { scales, overrides = {}, onProgress = () => {}, signal } = options;
  checkOneOf('options.storeWeights', storeWeights, ['quantized', 'float']);
  checkOverrides('options.overrides', overrides);
  if (scales !== undefined) {
    checkOneOf('options.scales', scales, ['float32', 'half', 'cast']);
    if (precision === 'fp32') throw onlyWith('scales', "precision 'fp16' or 'bf16'");
  }
  if (typeof onProgress !== 'function') {
    throw invalidArgument('options.onProgress', 'a function', onProgress);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument('options.signal', 'an AbortSignal', signal);
  }
  const weights = isWeightsOnly ? weightsOnlyForm(options) : quantizedForm(options, type);
  return {
    placement,
    type,
    weights,
    storeWeights,
    precision,
    scales: scales ?? (weights.type === 'int4' ? 'half' : 'float32'),
    overrides,
    onProgress,
    signal,
    ...neededVersions(isWeightsOnly ? [] : [type], weights),
  };
}

function weightsOnlyForm({ type, weightType = 'int8', blockSize }: QuantizeOptions): WeightForm {
  checkOneOf('options.weightType', weightType, ['int8', 'int4']);
  if (type !== undefined) throw onlyWith('type', 'activations; weights alone have a weightType');
  if (blockSize !== undefined) checkInteger('options.blockSize', blockSize, 1);
  return { type: weightType, blockSize: blockSize ?? (weightType === 'int4' ? 'auto' : undefined) };
}

function quantizedForm(
  { weightType, blockSize }: QuantizeOptions,
  type: QuantizedType,
): WeightForm {
  const scheme = "the scheme 'weights-only'";
  if (weightType !== undefined) throw onlyWith('weightType', scheme);
  if (blockSize !== undefined) throw onlyWith('blockSize', scheme);
  return { type, blockSize: undefined };
}

function neededVersions(activations: readonly QuantizedType[], weights: WeightForm) {
  const types = [...activations, weights.type].map((type) => numberTypes[type]);
  const forBlocks = weights.blockSize === undefined ? 0 : opsetOfBlocks;
  return {
    opset: Math.max(forBlocks, ...types.map(({ opset }) => opset)),
    irVersion: Math.max(...types.map(({ irVersion }) => irVersion)),
  };
}

function onlyWith(option: string, condition: string): TypeError {
  return new TypeError(`options.${option} is for ${condition} only`);
}
