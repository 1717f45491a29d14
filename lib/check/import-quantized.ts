import { checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import { Model } from '../onnx/model.js';
import { foldConstants } from '../onnx/passes/fold-constants.js';
import type { Change } from '../onnx/passes/pass.js';
import { removeIdentities } from '../onnx/passes/remove-identities.js';
import { check } from './check.js';
import type { Finding } from './finding.js';
import { applyMends, type FixNote } from './fix.js';
import { type FixableCode, mends } from './fixes/index.js';
import { axes, zeroPoints } from './imports/explicit.js';
import { floatConstants } from './imports/float-constants.js';
import { sharePairs } from './imports/share-pairs.js';
import { storeWeights } from './imports/store-weights.js';
import { widen } from './imports/widen.js';
import type { CheckCode } from './report.js';

/** What importing did at one place of a model, or could not do. */
export type ImportNote = FixNote<
  | FixableCode
  | 'weight-stored-float'
  | 'constant-quantized'
  | 'range-widened'
  | 'zero-point-implicit'
  | 'axis-negative'
  | 'pair-repeated'
>;

/** A quantized model of another tool, in the form that TensorRT takes. */
export interface ImportedModel extends Model {
  /** Every place that was changed, or had to be left and why. */
  readonly report: readonly ImportNote[];
  /** What folding constants changed before. */
  readonly changes: readonly Change[];
  /** What `check` still says is wrong; empty where TensorRT takes the model. */
  readonly problems: readonly Finding<CheckCode>[];
}

export interface ImportOptions {
  /**
   * What becomes of tensors with a zero point that has no counterpart around 0, which TensorRT
   * refuses. `'keep'`: they stay, and are among the `problems`. `'widen'`: their range becomes
   * symmetric, so that steps get wider, by a factor of two at most. Measure the accuracy afterwards; a
   * calibration of the float model gives better ranges. Default: `'keep'`.
   */
  asymmetric?: 'keep' | 'widen' | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Brings a model that another tool has quantized with Q/DQ (ONNX Runtime, Optimum, ModelOpt, export
 * after quantization-aware training) into the form that TensorRT takes and makes INT8 products of:
 * weights stored as INT8, biases in float, zero points and axes written, one pair for all who
 * read a tensor. The numbers stay as they are, but for `asymmetric: 'widen'`.
 *
 * A promise, because weights are read on the way.
 *
 * @throws TypeError for wrong options.
 * @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` when external weights cannot be read.
 */
export async function importQuantized(
  model: Model,
  options: ImportOptions = {},
): Promise<ImportedModel> {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  checkOptions('options', options, ['asymmetric', 'signal']);
  const { asymmetric = 'keep', signal } = options;
  checkOneOf('options.asymmetric', asymmetric, ['keep', 'widen']);

  // Scales and zero points behind Identity, weights behind Transpose, become constants.
  const folded = await foldConstants(model, { signal });
  const { model: copy, changes } = await removeIdentities(folded.model, { signal });
  const report: ImportNote[] = await applyMends(
    copy,
    [
      storeWeights,
      floatConstants,
      ...(asymmetric === 'widen' ? [widen] : []),
      ...mends.filter(({ onlyByName }) => !onlyByName),
      zeroPoints,
      axes,
      sharePairs,
    ],
    signal,
  );
  const { findings } = await check(copy, { askParser: false, signal });
  const problems = findings.filter(({ severity }) => severity === 'error');
  return Object.assign(copy, { report, changes: [...folded.changes, ...changes], problems });
}
