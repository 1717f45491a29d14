import type { Product } from '../engine/library/libraries.js';

/**
 * The operators of ONNX that the parser of TensorRT for RTX 1.7.1.116 imports. Asked of that parser:
 * one model with one node for each of the 203 operators that ONNX 1.23 defines. It refuses the others
 * outright, whatever their types and shapes. test/exports/check-rules.test.ts asks again.
 */
export const importedOperators: ReadonlySet<string> = new Set(
  `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
  BatchNormalization BlackmanWindow Cast CastLike CausalConvWithState Ceil Celu Clip Concat Constant
  ConstantOfShape Conv ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div
  Dropout Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND
  Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
  GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity If
  InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual
  LinearAttention Log LogSoftmax Loop LpNormalization LpPool MatMul Max MaxPool Mean
  MeanVarianceNormalization Min Mish Mod Mul Neg NonMaxSuppression NonZero Not OneHot Or PRelu Pad Pow
  QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike
  Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
  ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding
  Round STFT Scan Scatter ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice
  Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh TensorScatter
  ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample Where Xor`.split(/\s+/),
);

/** Those that only TensorRT's own plugins have (onnx-tensorrt 10.1, docs/operators.md). */
const importedByTensorRT: ReadonlySet<string> = new Set(['DeformConv']);

/** Whether the parser has an importer for an operator of ONNX. */
export function isImported(opType: string, product: Product): boolean {
  return (
    importedOperators.has(opType) || (product === 'tensorrt' && importedByTensorRT.has(opType))
  );
}

/** Operators that the parser hands to a plugin of TensorRT's plugin library. */
export const pluginOperators: ReadonlySet<string> = new Set([
  'CausalConvWithState',
  'DeformConv',
  'NonZero',
]);

/** Operators of no ONNX version that the same parser imports, whatever their domain. */
export const extraOperators: ReadonlySet<string> = new Set(
  `DistCollective GroupQueryAttention ImageScaler MatMulNBits MultiHeadAttention ParametricSoftplus
  QMoE ScaledTanh SimplifiedLayerNormalization SkipSimplifiedLayerNormalization TRT_Attention
  TRT_AveragePool TRT_BlockDequantize TRT_BlockQuantize TRT_Conv TRT_Deconv TRT_FP4DynamicQuantize
  TRT_FP8DequantizeLinear TRT_FP8QuantizeLinear TRT_FloorDiv TRT_INT4DequantizeLinear
  TRT_INT4QuantizeLinear TRT_KVCacheUpdate TRT_MXFP8DequantizeLinear TRT_MXFP8DynamicQuantize
  TRT_MXFP8QuantizeLinear TRT_MaxPool TRT_MoE TRT_QuantizedAttention`.split(/\s+/),
);

/**
 * Operators of ONNX Runtime's own domain that mean the same as the operator that the parser takes
 * for them: it looks at the name and not at the domain.
 */
export const sameInOnnxRuntime: ReadonlySet<string> = new Set([
  'DequantizeLinear',
  'Gelu',
  'GroupQueryAttention',
  'MatMulNBits',
  'MultiHeadAttention',
  'QMoE',
  'QuantizeLinear',
  'SkipSimplifiedLayerNormalization',
  'Trilu',
]);

/** Integer operators of ONNX and of ONNX Runtime; whoever quantizes dynamically writes these. */
export const integerOperators: ReadonlySet<string> = new Set([
  'DynamicQuantizeLinear',
  'MatMulInteger',
  'ConvInteger',
  'QLinearMatMul',
  'QLinearConv',
  'DynamicQuantizeMatMul',
  'DynamicQuantizeLSTM',
  'MatMulIntegerToFloat',
  'QAttention',
  'QGemm',
  'QLinearAdd',
  'QLinearMul',
  'QLinearSigmoid',
  'QLinearLeakyRelu',
  'QLinearConcat',
  'QLinearAveragePool',
  'QLinearGlobalAveragePool',
  'QLinearReduceMean',
  'QLinearSoftmax',
  'QLinearWhere',
]);

/** Opsets whose new operators the parser has. It reads newer ones without a word. */
export const newestOpset = 25;

/** Below this opset the parser warns that it guarantees nothing. */
export const oldestOpset = 7;
