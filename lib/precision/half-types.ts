/**
 * What each operator of ONNX accepts where it accepts float32, by the schemas of onnx 1.23.2
 * (opset 28). Written by scripts/half-types.py.
 *
 * A version is its first opset, its inputs and its outputs: a type variable of the schema that may be
 * float32, `float` where the type is fixed, `-` where it is never float32, and `*` after the one that
 * repeats. Then the variables that also take float16, and those that take bfloat16. Operators that
 * never touch float32 have no version.
 */
export type HalfTypes = readonly [
  since: number,
  inputs: string,
  outputs: string,
  float16: string,
  bfloat16: string,
];

export const halfTypes: Readonly<Record<string, readonly HalfTypes[]>> = {
  Abs: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Acos: [
    [7, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Acosh: [
    [9, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Add: [
    [1, 'T T', 'T', 'T', ''],
    [13, 'T T', 'T', 'T', 'T'],
  ],
  AffineGrid: [[20, 'T1 -', 'T1', 'T1', 'T1']],
  And: [],
  ArgMax: [
    [1, 'T', '-', 'T', ''],
    [13, 'T', '-', 'T', 'T'],
  ],
  ArgMin: [
    [1, 'T', '-', 'T', ''],
    [13, 'T', '-', 'T', 'T'],
  ],
  Asin: [
    [7, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Asinh: [
    [9, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Atan: [
    [7, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Atanh: [
    [9, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Attention: [
    [23, 'T1 T1 T2 U T1 T2', 'T1 T1 T2 T1', 'T1 T2 U', 'T1 T2 U'],
    [24, 'T1 T1 T2 U T1 T2 -', 'T1 T1 T2 T1', 'T1 T2 U', 'T1 T2 U'],
  ],
  AveragePool: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  BatchNormalization: [
    [1, 'T T T T T', 'T T T T T', 'T', ''],
    [14, 'T T T U U', 'T U U', 'T U', 'T U'],
    [15, 'T T1 T1 T2 T2', 'T T2 T2', 'T T1 T2', 'T T1 T2'],
  ],
  Bernoulli: [
    [15, 'T1', 'T2', 'T1 T2', 'T2'],
    [22, 'T1', 'T2', 'T1 T2', 'T1 T2'],
  ],
  BitCast: [[26, 'T1', 'T2', 'T1 T2', 'T1 T2']],
  BitShift: [],
  BitwiseAnd: [],
  BitwiseNot: [],
  BitwiseOr: [],
  BitwiseXor: [],
  BlackmanWindow: [[17, '-', 'T2', 'T2', 'T2']],
  Cast: [
    [1, 'T1', 'T2', 'T1 T2', ''],
    [13, 'T1', 'T2', 'T1 T2', 'T1 T2'],
  ],
  CastLike: [[15, 'T1 T2', 'T2', 'T1 T2', 'T1 T2']],
  CausalConvWithState: [[27, 'T T T T', 'T T', 'T', 'T']],
  Ceil: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Celu: [
    [12, 'T', 'T', '', ''],
    [28, 'T', 'T', 'T', 'T'],
  ],
  CenterCropPad: [[18, 'T -', 'T', 'T', 'T']],
  Clip: [
    [1, 'T', 'T', 'T', ''],
    [11, 'T T T', 'T', 'T', ''],
    [13, 'T T T', 'T', 'T', 'T'],
  ],
  Col2Im: [[18, 'T - -', 'T', 'T', 'T']],
  Compress: [
    [9, 'T -', 'T', 'T', ''],
    [28, 'T -', 'T', 'T', 'T'],
  ],
  Concat: [
    [1, 'T*', 'T', 'T', ''],
    [13, 'T*', 'T', 'T', 'T'],
  ],
  ConcatFromSequence: [[11, '-', 'T', 'T', '']],
  Constant: [
    [1, '', 'T', 'T', ''],
    [13, '', 'T', 'T', 'T'],
  ],
  ConstantOfShape: [
    [9, '-', 'T2', 'T2', ''],
    [20, '-', 'T2', 'T2', 'T2'],
  ],
  Conv: [
    [1, 'T T T', 'T', 'T', ''],
    [22, 'T T T', 'T', 'T', 'T'],
  ],
  ConvInteger: [],
  ConvTranspose: [
    [1, 'T T T', 'T', 'T', ''],
    [22, 'T T T', 'T', 'T', 'T'],
  ],
  Cos: [
    [7, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Cosh: [
    [9, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  CumProd: [[26, 'T -', 'T', 'T', 'T']],
  CumSum: [
    [11, 'T -', 'T', '', ''],
    [14, 'T -', 'T', 'T', 'T'],
  ],
  DFT: [
    [17, 'T1 -', 'T1', 'T1', 'T1'],
    [20, 'T1 - -', 'T1', 'T1', 'T1'],
  ],
  DeformConv: [
    [19, 'T T T T T', 'T', 'T', ''],
    [22, 'T T T T T', 'T', 'T', 'T'],
  ],
  DepthToSpace: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  DequantizeLinear: [
    [10, '- float -', 'float', '', ''],
    [19, '- T2 -', 'T2', 'T2', 'T2'],
    [23, '- T2 -', 'T3', 'T2 T3', 'T2 T3'],
  ],
  Det: [
    [11, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Div: [
    [1, 'T T', 'T', 'T', ''],
    [13, 'T T', 'T', 'T', 'T'],
  ],
  Dropout: [
    [1, 'T', 'T T', 'T', ''],
    [10, 'T', 'T -', 'T', ''],
    [12, 'T T1 -', 'T -', 'T T1', ''],
    [13, 'T T1 -', 'T -', 'T T1', 'T'],
    [22, 'T T1 -', 'T -', 'T T1', 'T T1'],
  ],
  DynamicQuantizeLinear: [[11, 'T1', '- float -', '', '']],
  Einsum: [
    [12, 'T*', 'T', 'T', ''],
    [28, 'T*', 'T', 'T', 'T'],
  ],
  Elu: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Equal: [
    [1, '- -', '-', '', ''],
    [11, 'T T', '-', 'T', ''],
    [13, 'T T', '-', 'T', 'T'],
  ],
  Erf: [
    [9, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Exp: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Expand: [
    [8, 'T -', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  EyeLike: [
    [9, 'T1', 'T2', 'T1 T2', ''],
    [22, 'T1', 'T2', 'T1 T2', 'T1 T2'],
  ],
  Flatten: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Floor: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  GRU: [
    [1, 'T T T T - T', 'T T', 'T', ''],
    [22, 'T T T T - T', 'T T', 'T', 'T'],
  ],
  Gather: [
    [1, 'T -', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  GatherElements: [
    [11, 'T -', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  GatherND: [
    [11, 'T -', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  Gelu: [[20, 'T', 'T', 'T', 'T']],
  Gemm: [
    [1, 'T T T', 'T', 'T', ''],
    [13, 'T T T', 'T', 'T', 'T'],
  ],
  GlobalAveragePool: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  GlobalLpPool: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  GlobalMaxPool: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Greater: [
    [1, 'T T', '-', 'T', ''],
    [13, 'T T', '-', 'T', 'T'],
  ],
  GreaterOrEqual: [
    [12, 'T T', '-', 'T', ''],
    [16, 'T T', '-', 'T', 'T'],
  ],
  GridSample: [
    [16, 'T1 T2', 'T1', 'T1 T2', ''],
    [22, 'T1 T2', 'T1', 'T1 T2', 'T1 T2'],
  ],
  GroupNormalization: [[21, 'T T T', 'T', 'T', 'T']],
  HammingWindow: [[17, '-', 'T2', 'T2', 'T2']],
  HannWindow: [[17, '-', 'T2', 'T2', 'T2']],
  HardSigmoid: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  HardSwish: [
    [14, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Hardmax: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Identity: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [14, 'V', 'V', 'V', 'V'],
  ],
  If: [
    [1, '-', 'V*', 'V', ''],
    [16, '-', 'V*', 'V', 'V'],
  ],
  ImageDecoder: [],
  InstanceNormalization: [
    [1, 'T T T', 'T', 'T', ''],
    [22, 'T T T', 'T', 'T', 'T'],
  ],
  IsInf: [
    [10, 'T1', '-', '', ''],
    [20, 'T1', '-', 'T1', 'T1'],
  ],
  IsNaN: [
    [9, 'T1', '-', 'T1', ''],
    [13, 'T1', '-', 'T1', 'T1'],
  ],
  LRN: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  LSTM: [
    [1, 'T T T T - T T T', 'T T T', 'T', ''],
    [22, 'T T T T - T T T', 'T T T', 'T', 'T'],
  ],
  LayerNormalization: [[17, 'T T T', 'T U U', 'T', 'T U']],
  LeakyRelu: [
    [1, 'T', 'T', 'T', ''],
    [16, 'T', 'T', 'T', 'T'],
  ],
  Less: [
    [1, 'T T', '-', 'T', ''],
    [13, 'T T', '-', 'T', 'T'],
  ],
  LessOrEqual: [
    [12, 'T T', '-', 'T', ''],
    [16, 'T T', '-', 'T', 'T'],
  ],
  LinearAttention: [[27, 'T T T S T T', 'T S', 'S T', 'S T']],
  Log: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  LogSoftmax: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Loop: [
    [1, '- - V*', 'V*', 'V', ''],
    [16, '- - V*', 'V*', 'V', 'V'],
  ],
  LpNormalization: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  LpPool: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  MatMul: [
    [1, 'T T', 'T', 'T', ''],
    [13, 'T T', 'T', 'T', 'T'],
  ],
  MatMulInteger: [],
  Max: [
    [1, 'T*', 'T', 'T', ''],
    [13, 'T*', 'T', 'T', 'T'],
  ],
  MaxPool: [
    [1, 'T', 'T', 'T', ''],
    [8, 'T', 'T -', 'T', ''],
    [22, 'T', 'T -', 'T', 'T'],
  ],
  MaxRoiPool: [
    [1, 'T T', 'T', 'T', ''],
    [22, 'T T', 'T', 'T', 'T'],
  ],
  MaxUnpool: [
    [9, 'T1 - -', 'T1', 'T1', ''],
    [22, 'T1 - -', 'T1', 'T1', 'T1'],
  ],
  Mean: [
    [1, 'T*', 'T', 'T', ''],
    [13, 'T*', 'T', 'T', 'T'],
  ],
  MeanVarianceNormalization: [
    [9, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  MelWeightMatrix: [[17, '- - - T2 T2', 'T3', 'T2 T3', 'T2 T3']],
  Min: [
    [1, 'T*', 'T', 'T', ''],
    [13, 'T*', 'T', 'T', 'T'],
  ],
  Mish: [
    [18, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Mod: [
    [10, 'T T', 'T', 'T', ''],
    [13, 'T T', 'T', 'T', 'T'],
  ],
  Mul: [
    [1, 'T T', 'T', 'T', ''],
    [13, 'T T', 'T', 'T', 'T'],
  ],
  Multinomial: [
    [7, 'T1', '-', 'T1', ''],
    [22, 'T1', '-', 'T1', 'T1'],
  ],
  Neg: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  NegativeLogLikelihoodLoss: [
    [12, 'T - T', 'T', 'T', ''],
    [22, 'T - T', 'T', 'T', 'T'],
  ],
  NonMaxSuppression: [[10, 'float float - float float', '-', '', '']],
  NonZero: [
    [9, 'T', '-', 'T', ''],
    [13, 'T', '-', 'T', 'T'],
  ],
  Not: [],
  OneHot: [
    [9, 'T1 T2 T3', 'T3', 'T1 T2 T3', ''],
    [28, 'T1 T2 T3', 'T3', 'T1 T2 T3', 'T3'],
  ],
  Optional: [
    [15, 'V', '-', 'V', ''],
    [28, 'V', '-', 'V', 'V'],
  ],
  OptionalGetElement: [
    [15, '-', 'V', 'V', ''],
    [18, 'O', 'V', 'O V', ''],
    [28, 'O', 'V', 'O V', 'O V'],
  ],
  OptionalHasElement: [
    [15, '-', '-', '', ''],
    [18, 'O', '-', 'O', ''],
    [28, 'O', '-', 'O', 'O'],
  ],
  Or: [],
  PRelu: [
    [1, 'T T', 'T', 'T', ''],
    [16, 'T T', 'T', 'T', 'T'],
  ],
  Pad: [
    [1, 'T', 'T', 'T', ''],
    [11, 'T - T', 'T', 'T', ''],
    [13, 'T - T', 'T', 'T', 'T'],
    [18, 'T - T -', 'T', 'T', 'T'],
  ],
  Pow: [
    [1, 'T T', 'T', 'T', ''],
    [12, 'T T1', 'T', 'T T1', ''],
    [13, 'T T1', 'T', 'T T1', 'T'],
    [15, 'T T1', 'T', 'T T1', 'T T1'],
  ],
  QLinearConv: [[10, '- float - - float - float - -', '-', '', '']],
  QLinearMatMul: [
    [10, '- float - - float - float -', '-', '', ''],
    [21, '- TS - - TS - TS -', '-', 'TS', 'TS'],
  ],
  QuantizeLinear: [
    [10, 'T1 float -', '-', '', ''],
    [19, 'T1 T1 -', '-', 'T1', 'T1'],
    [23, 'T1 T2 -', '-', 'T1 T2', 'T1 T2'],
  ],
  RMSNormalization: [[23, 'T V', 'V', 'T V', 'T V']],
  RNN: [
    [1, 'T T T T - T', 'T T', 'T', ''],
    [22, 'T T T T - T', 'T T', 'T', 'T'],
  ],
  RandomNormal: [
    [1, '', 'T', 'T', ''],
    [22, '', 'T', 'T', 'T'],
  ],
  RandomNormalLike: [
    [1, 'T1', 'T2', 'T1 T2', ''],
    [22, 'T1', 'T2', 'T1 T2', 'T1 T2'],
  ],
  RandomUniform: [
    [1, '', 'T', 'T', ''],
    [22, '', 'T', 'T', 'T'],
  ],
  RandomUniformLike: [
    [1, 'T1', 'T2', 'T1 T2', ''],
    [22, 'T1', 'T2', 'T1 T2', 'T1 T2'],
  ],
  Range: [
    [11, 'T T T', 'T', '', ''],
    [27, 'T T T', 'T', 'T', 'T'],
  ],
  Reciprocal: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  ReduceL1: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceL2: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceLogSum: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceLogSumExp: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceMax: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceMean: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceMin: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceProd: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  ReduceSum: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  ReduceSumSquare: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
    [18, 'T -', 'T', 'T', 'T'],
  ],
  RegexFullMatch: [],
  Relu: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Reshape: [
    [1, 'T', 'T', 'T', ''],
    [5, 'T -', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  Resize: [
    [10, 'T float', 'T', 'T', ''],
    [11, 'T1 T2 float -', 'T1', 'T1 T2', ''],
    [13, 'T1 T2 float -', 'T1', 'T1 T2', 'T1'],
  ],
  ReverseSequence: [
    [10, 'T -', 'T', 'T', ''],
    [28, 'T -', 'T', 'T', 'T'],
  ],
  RoiAlign: [
    [10, 'T1 T1 -', 'T1', 'T1', ''],
    [22, 'T1 T1 -', 'T1', 'T1', 'T1'],
  ],
  RotaryEmbedding: [[23, 'T T T -', 'T', 'T', 'T']],
  Round: [
    [11, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  STFT: [[17, 'T1 - T1 -', 'T1', 'T1', 'T1']],
  Scan: [
    [8, '- V*', 'V*', 'V', ''],
    [9, 'V*', 'V*', 'V', ''],
    [16, 'V*', 'V*', 'V', 'V'],
  ],
  Scatter: [[9, 'T - T', 'T', 'T', '']],
  ScatterElements: [
    [11, 'T - T', 'T', 'T', ''],
    [13, 'T - T', 'T', 'T', 'T'],
  ],
  ScatterND: [
    [11, 'T - T', 'T', 'T', ''],
    [13, 'T - T', 'T', 'T', 'T'],
  ],
  Selu: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  SequenceAt: [[11, '- -', 'T', 'T', '']],
  SequenceConstruct: [[11, 'T*', '-', 'T', '']],
  SequenceEmpty: [],
  SequenceErase: [],
  SequenceInsert: [[11, '- T -', '-', 'T', '']],
  SequenceLength: [],
  SequenceMap: [[17, '- V*', '-*', 'V', '']],
  Shape: [
    [1, 'T', '-', 'T', ''],
    [13, 'T', '-', 'T', 'T'],
  ],
  Shrink: [[9, 'T', 'T', 'T', '']],
  Sigmoid: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Sign: [
    [9, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Sin: [
    [7, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Sinh: [
    [9, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Size: [
    [1, 'T', '-', 'T', ''],
    [13, 'T', '-', 'T', 'T'],
  ],
  Slice: [
    [1, 'T', 'T', 'T', ''],
    [10, 'T - - - -', 'T', 'T', ''],
    [13, 'T - - - -', 'T', 'T', 'T'],
  ],
  Softmax: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  SoftmaxCrossEntropyLoss: [
    [12, 'T - T', 'T T', 'T', ''],
    [13, 'T - T', 'T T', 'T', 'T'],
  ],
  Softplus: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Softsign: [
    [1, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  SpaceToDepth: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Split: [
    [1, 'T T', 'T*', 'T', ''],
    [2, 'T', 'T*', 'T', ''],
    [13, 'T -', 'T*', 'T', 'T'],
  ],
  SplitToSequence: [
    [11, 'T -', '-', 'T', ''],
    [24, 'T -', '-', 'T', 'T'],
  ],
  Sqrt: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Squeeze: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  StringConcat: [],
  StringNormalizer: [],
  StringSplit: [],
  Sub: [
    [1, 'T T', 'T', 'T', ''],
    [13, 'T T', 'T', 'T', 'T'],
  ],
  Sum: [
    [1, 'T*', 'T', 'T', ''],
    [13, 'T*', 'T', 'T', 'T'],
  ],
  SwiGLU: [[28, 'T T', 'T', 'T', 'T']],
  Swish: [[24, 'T', 'T', 'T', 'T']],
  Tan: [
    [7, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Tanh: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  TensorScatter: [[24, 'T T -', 'T', 'T', 'T']],
  TfIdfVectorizer: [[9, '-', 'T1', '', '']],
  ThresholdedRelu: [
    [10, 'T', 'T', 'T', ''],
    [22, 'T', 'T', 'T', 'T'],
  ],
  Tile: [
    [1, 'T T T', 'T', 'T', ''],
    [6, 'T -', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  TopK: [
    [1, 'T', 'T -', 'T', ''],
    [10, 'T -', 'T -', 'T', ''],
    [24, 'T -', 'T -', 'T', 'T'],
  ],
  Transpose: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T', 'T', 'T', 'T'],
  ],
  Trilu: [[14, 'T -', 'T', 'T', 'T']],
  Unique: [
    [11, 'T', 'T - - -', 'T', ''],
    [28, 'T', 'T - - -', 'T', 'T'],
  ],
  Unsqueeze: [
    [1, 'T', 'T', 'T', ''],
    [13, 'T -', 'T', 'T', 'T'],
  ],
  Upsample: [
    [1, 'T', 'T', 'T', ''],
    [9, 'T float', 'T', 'T', ''],
  ],
  Where: [
    [9, '- T T', 'T', 'T', ''],
    [16, '- T T', 'T', 'T', 'T'],
  ],
  Xor: [],
};
