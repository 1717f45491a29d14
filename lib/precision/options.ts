import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import { type HalfType, halfFormats } from '../onnx/tensor/half-numbers.js';
import { CalibrationTable } from '../quantize/calibration/table.js';
import type { Scales } from './operator-slots.js';

export interface HalfOptions {
  /**
   * `'fp16'`: more digits, numbers up to 65,504. `'bf16'`: the range of FP32 with 8 bits of
   * precision. Default: `'fp16'`.
   */
  type?: HalfType;
  /**
   * Names of nodes that stay in FP32; `*` stands for any characters. Nodes without a name have the
   * name that the report gives them.
   */
  keep?: readonly string[];
  /** What was measured of the model's tensors. Who writes or reads one that does not fit stays FP32. */
  ranges?: CalibrationTable;
  /**
   * The largest value in `ranges` that still fits. Default: half of the largest finite number
   * (32,752 in FP16), since calibration has not seen everything.
   */
  maxRange?: number;
  /**
   * The terms of the longest sum in half precision: of `Reduce*` operators, `Softmax`, `MatMul`,
   * `Gemm` and `Conv`. Default: 256 for `Reduce*`, 16,384 for `Softmax` and no limit for products,
   * which TensorRT sums in FP32.
   */
  maxReduction?: number;
  /** Whether the float32 inputs and outputs of the model keep their type. Default: `'keep'`. */
  io?: 'keep' | 'convert';
  /**
   * How scales of `QuantizeLinear` and `DequantizeLinear` are stored. `'float32'`: as they are, beside
   * tensors in half precision, which needs opset 23. `'half'`: in half precision, which needs opset
   * 19 and loses digits of small scales. `'cast'`: as they are, with tensors in FP32 around
   * them and casts, in any opset. Default: `'float32'`.
   */
  scales?: Scales;
  /**
   * `'float32'` makes float32 of float64 first, which then becomes half precision as all else; inputs
   * and outputs as `io` says. Default: `'keep'`, which leaves float64 alone.
   */
  float64?: 'keep' | 'float32';
  signal?: AbortSignal | undefined;
}

export interface CheckedOptions extends HalfOptions {
  readonly type: HalfType;
  readonly keep: readonly string[];
  readonly maxRange: number;
  readonly io: 'keep' | 'convert';
  readonly scales: Scales;
}

/** @throws TypeError for an option that does not exist or has no sense. */
export function checkHalfOptions(options: HalfOptions): CheckedOptions {
  checkOptions('options', options, [
    'type',
    'keep',
    'ranges',
    'maxRange',
    'maxReduction',
    'io',
    'scales',
    'float64',
    'signal',
  ]);
  const {
    type = 'fp16',
    keep = [],
    ranges,
    maxReduction,
    io = 'keep',
    scales = 'float32',
    float64 = 'keep',
  } = options;
  checkOneOf('options.type', type, ['fp16', 'bf16']);
  checkOneOf('options.io', io, ['keep', 'convert']);
  checkOneOf('options.float64', float64, ['keep', 'float32']);
  checkOneOf('options.scales', scales, ['float32', 'half', 'cast']);
  if (!Array.isArray(keep) || keep.some((name) => typeof name !== 'string')) {
    throw invalidArgument('options.keep', 'an array of node names', keep);
  }
  if (ranges !== undefined && !(ranges instanceof CalibrationTable)) {
    throw invalidArgument('options.ranges', 'a CalibrationTable', ranges);
  }
  if (maxReduction !== undefined) checkInteger('options.maxReduction', maxReduction, 1);
  const { max } = halfFormats[type];
  const { maxRange = max / 2 } = options;
  if (typeof maxRange !== 'number' || !(maxRange > 0 && maxRange <= max)) {
    throw invalidArgument('options.maxRange', `a number above 0 and at most ${max}`, maxRange);
  }
  return { ...options, type, keep, maxRange, io, scales, float64 };
}
