/*
 * What the tests leave out, by name, each with its reason. A name that is listed without need does
 * no harm; one that is needed and not listed fails its test.
 */

/** Models that draw random numbers: two runs of the same file have nothing to do with each other. */
export const differsFromRunToRun = new Map([
  ['test_training_dropout_default', 'draws random numbers'],
  ['test_training_dropout_default_mask', 'draws random numbers'],
  ['test_training_dropout', 'draws random numbers'],
  ['test_training_dropout_mask', 'draws random numbers'],
]);

/** Models of which ONNX Runtime has another opinion than onnx, before this package touches them. */
export const differsFromOnnx = new Map([
  ...differsFromRunToRun,
  ['test_attention_4d_causal_fp16', 'another order of sums in FP16'],
  ['test_maxunpool_export_with_output_shape', 'takes the indices of another shape'],
  ['test_resize_downsample_scales_linear_align_corners', 'aligns corners by the rounded size'],
  ['test_resize_downsample_scales_cubic_align_corners', 'aligns corners by the rounded size'],
]);

/** Models whose numbers FP16 cannot hold: whoever converts them unmeasured gets what they get. */
export const beyondHalf = new Map([
  [
    'test_attention_4d_with_past_and_present_qk_matmul_bias_3d_mask_causal',
    'an output is the lowest number of FP32, and so becomes that of FP16',
  ],
  [
    'test_attention_4d_with_past_and_present_qk_matmul_bias_4d_mask_causal',
    'an output is the lowest number of FP32, and so becomes that of FP16',
  ],
  ['light_inception_v1', 'made-up weights that let activations grow past 65,504'],
  ['light_squeezenet', 'made-up weights that let activations grow past 65,504'],
]);

/** Networks with half a gigabyte of made-up weights, which are run as they are and not again. */
export const tooHeavy = new Map([
  ['light_bvlc_alexnet', 'takes half a gigabyte'],
  ['light_vgg19', 'takes half a gigabyte'],
  ['light_zfnet512', 'takes half a gigabyte'],
]);

/** Models that `upgradeOpset` refuses, and says why. */
export const cannotRaise = new Map([
  ['test_scan_sum', 'the Scan of opset 8 has a batch axis, which opset 9 dropped'],
  [
    'test_upsample_nearest',
    'the scales of Upsample are an input, and Resize cannot be told from them',
  ],
]);

/** Models of onnx that onnx.checker refuses, before this package touches them. */
export const onnxRefuses = new Map([
  [
    'test_mvn',
    'onnx cannot expand MeanVarianceNormalization without axes, before a change neither',
  ],
]);

/** Models that ONNX Runtime runs in their own opset and not in a newer one. */
export const ortLoses = new Map([['test_swish', 'ONNX Runtime 1.30 has no Swish in opset 25']]);
