import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import type { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import type { QuantizeOptions } from '../quantize.js';
import type { Evaluate, TuningOptions } from './sensitivity-options.js';
import { checkFunction, checkTuningOptions, tuningOptionNames } from './sensitivity-options.js';
import type { TuningCalibration } from './sensitivity-table.js';
import { smoothQuant } from './smooth-quant.js';

/** A way to quantize a model that {@link autoQuantize} tries. */
export interface QuantizationVariant {
  /** What the report calls it. */
  readonly name: string;
  /** What it changes in the options `quantize`. */
  readonly quantize?: QuantizeOptions | undefined;
  /** What it changes in the options `calibration`. */
  readonly calibration?: TuningCalibration | undefined;
  /** Makes another model that computes the same, before it is calibrated. */
  readonly prepare?:
    | ((model: Model, samples: readonly TensorMap[], signal?: AbortSignal) => Promise<Model>)
    | undefined;
}

export interface AutoQuantizeOptions extends TuningOptions {
  /** How much lower than that of the float model the metric may be. Default: 0.01. */
  maxAccuracyDrop?: number | undefined;
  /** How many times as fast as in half precision the model has to be. Default: 1. */
  minSpeedup?: number | undefined;
  /**
   * `'measured'`: engines are built and timed, which needs a GPU. `'estimated'`: by a cost model.
   * `'auto'`: measured where there is a GPU and TensorRT. Default: `'auto'`.
   */
  speed?: 'auto' | 'measured' | 'estimated' | undefined;
  /**
   * The share of the samples that is not calibrated with, and by which groups are ranked. With a
   * table or one sample all are used for both. Default: 0.25.
   */
  validationSplit?: number | undefined;
  /** What to try, in this order, until one meets the bound. Default: {@link defaultVariants}. */
  variants?: readonly QuantizationVariant[] | undefined;
  /** How often `evaluate` may be called for quantized models. Default: as often as it takes. */
  maxTrials?: number | undefined;
  /**
   * Metrics of trials by what was tried. What is in there is not tried again, and what is tried is
   * added: keep it to resume. It fits one model, data and set of options.
   */
  known?: Map<string, number> | undefined;
  onProgress?: ((progress: AutoQuantizeProgress) => void) | undefined;
}

export interface AutoQuantizeProgress {
  /** `'prepare'`: samples are run to calibrate or prepare a variant. `'rank'`: groups, one by one. */
  phase: 'float' | 'prepare' | 'rank' | 'trial' | 'speed';
  variant: string | undefined;
  /** How many models have been evaluated. */
  trials: number;
  elapsedMs: number;
}

export interface CheckedAutoOptions extends AutoQuantizeOptions {
  readonly evaluate: Evaluate;
  readonly maxAccuracyDrop: number;
  readonly minSpeedup: number;
  readonly validationSplit: number;
  readonly quantize: QuantizeOptions;
  readonly calibration: TuningCalibration;
  readonly variants: readonly QuantizationVariant[];
  readonly maxTrials: number;
  readonly known: Map<string, number>;
}

/**
 * What is tried by default: the options as given, with ranges by the method `'auto'` unless they name
 * another; then without residual connections, whose outliers cost most; then SmoothQuant.
 */
export const defaultVariants: readonly QuantizationVariant[] = [
  { name: 'as given' },
  { name: 'no residuals', quantize: { residuals: false } },
  {
    name: 'SmoothQuant',
    prepare: (model, samples, signal) => smoothQuant(model, samples, { signal }),
  },
];

/** @throws TypeError */
export function checkAutoOptions(
  model: Model,
  evaluate: Evaluate,
  options: AutoQuantizeOptions,
): CheckedAutoOptions {
  checkOptions('options', options, [
    ...tuningOptionNames,
    'maxAccuracyDrop',
    'minSpeedup',
    'speed',
    'validationSplit',
    'variants',
    'maxTrials',
    'known',
    'onProgress',
  ]);
  checkTuningOptions(model, options);
  if (typeof evaluate !== 'function') throw invalidArgument('evaluate', 'a function', evaluate);
  const { maxAccuracyDrop = 0.01, minSpeedup = 1, validationSplit = 0.25, speed } = options;
  checkNumber('options.maxAccuracyDrop', maxAccuracyDrop, 'from 0', (x) => x >= 0);
  checkNumber('options.minSpeedup', minSpeedup, 'from 0', (x) => x >= 0);
  checkNumber(
    'options.validationSplit',
    validationSplit,
    'from 0, below 1',
    (x) => x >= 0 && x < 1,
  );
  if (speed !== undefined) checkOneOf('options.speed', speed, ['auto', 'measured', 'estimated']);
  const { maxTrials, known = new Map(), onProgress, quantize = {}, calibration = {} } = options;
  if (maxTrials !== undefined) checkInteger('options.maxTrials', maxTrials, 1);
  if (!(known instanceof Map)) throw invalidArgument('options.known', 'a Map', known);
  checkFunction('options.onProgress', onProgress);
  return {
    ...options,
    evaluate,
    maxAccuracyDrop,
    minSpeedup,
    validationSplit,
    quantize,
    calibration: { method: 'auto', runtime: options.runtime, ...calibration },
    variants: checkVariants(options),
    maxTrials: maxTrials ?? Number.POSITIVE_INFINITY,
    known,
  };
}

function checkVariants({ variants, table }: AutoQuantizeOptions): readonly QuantizationVariant[] {
  if (variants === undefined) {
    // A table belongs to the model that it was made of.
    return defaultVariants.filter(({ prepare }) => !(table && prepare));
  }
  if (!Array.isArray(variants) || variants.length === 0) {
    throw invalidArgument('options.variants', 'an array of variants', variants);
  }
  variants.forEach((variant, index) => {
    const name = `options.variants[${index}]`;
    checkOptions(name, variant, ['name', 'quantize', 'calibration', 'prepare']);
    if (typeof variant.name !== 'string')
      throw invalidArgument(`${name}.name`, 'a text', variant.name);
    checkFunction(`${name}.prepare`, variant.prepare);
    if (table && (variant.prepare || variant.calibration)) {
      throw invalidArgument(name, 'neither prepare nor calibration beside options.table', variant);
    }
  });
  return variants;
}

function checkNumber(
  name: string,
  value: unknown,
  range: string,
  isIn: (value: number) => boolean,
): void {
  if (typeof value !== 'number' || !isIn(value)) {
    throw invalidArgument(name, `a number ${range}`, value);
  }
}
