import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { broadcast, like, withAxis } from '../dims.js';
import { floorDivide } from '../division.js';
import { multiply, type Size } from '../expression.js';
import { fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { convolution, pool } from './convolution.js';
import { elementwise, sameAsInput } from './elementwise.js';
import { gather, gathering } from './gather.js';
import { gemm, matmulDims } from './matmul.js';
import { layerNormalization } from './normalization.js';
import { recurrence } from './recurrent.js';
import { reductions } from './reductions.js';
import { reshaping } from './reshape.js';
import { shapeTensors } from './shape-tensors.js';

/*
 * The domain com.microsoft: what ONNX Runtime's optimiser and quantizer make of models
 * (ONNX Runtime, docs/ContribOperators.md).
 */

/** The rule of an operator whose inputs lie elsewhere here; one that did not change with the opset. */
function withInputs(
  rule: Rule,
  positions: readonly number[],
  type?: (n: NodeView) => number | undefined,
): Rule {
  return (n) => {
    const outputs = rule(n.withInputs(positions.map((at) => n.inputs[at])));
    if (!type) return outputs;
    return outputs.map((output) => fact(type(n), output?.dims));
  };
}

/** Mean and inverse deviation are per row; the last output is the sum before the normalization. */
const skipLayerNormalization: Rule = (n) => {
  const { type, dims } = n.input(0);
  const statistics = fact(ElementType.FLOAT, dims && withAxis(dims, dims.length - 1, 1));
  return [fact(type, dims), statistics, statistics, fact(type, dims)];
};

/** Ids [batch, length] to embeddings of the width of the table at `tableAt`. */
function embedding(tableAt: number, typeAt: number, sumType: number): Rule {
  return (n) => {
    const ids = n.dims(0);
    const hidden = n.dims(tableAt)?.[1];
    const dims = ids && [...ids, hidden ?? n.fresh()];
    const type = n.type(typeAt);
    return [
      fact(type, dims),
      fact(ElementType.INT32, ids && [ids[0] as Size]),
      fact(sumType || type, dims),
    ];
  };
}

/** A matrix product that may transpose its last two dimensions. */
const fusedMatMul: Rule = (n) => {
  // Transposed batches move the first dimension of a matrix behind the others; nothing makes them.
  if (n.int('transBatchA', 0) || n.int('transBatchB', 0)) return [fact(n.type(0))];
  const [a, b] = [swapped(n, 0, 'transA'), swapped(n, 1, 'transB')];
  return [fact(n.type(0) ?? n.type(1), matmulDims(n, a, b))];
};

function swapped(n: NodeView, index: number, attribute: string): readonly Size[] | undefined {
  const dims = n.dims(index);
  if (!dims || dims.length < 2 || !n.int(attribute, 0)) return dims;
  return [...dims.slice(0, -2), dims.at(-1) as Size, dims.at(-2) as Size];
}

/** Weights in blocks of a few bits: their shape is in the attributes. */
const blockedMatMul: Rule = (n) => [
  fact(n.type(0), n.dims(0) && [...(n.dims(0)?.slice(0, -1) ?? []), n.int('N') ?? n.fresh()]),
];

function matMulOf(left: number, right: number, type: (n: NodeView) => number | undefined): Rule {
  return (n) => [fact(type(n), matmulDims(n, n.dims(left), n.dims(right)))];
}

/** Each tensor is followed by its scale and its zero point. */
const quantizedBinary: Rule = (n) => [fact(n.type(0), broadcast(n, n.dims(0), n.dims(3)))];

/** Keeps the channels, which come last by option; everything else is one value. */
const globalPool: Rule = (n) => {
  const { type, dims } = n.input(0);
  const channels = n.int('channels_last', 0) && dims ? dims.length - 1 : 1;
  return [
    fact(
      type,
      dims?.map((dim, axis) => (axis === 0 || axis === channels ? dim : 1)),
    ),
  ];
};

/** A gather from a table in blocks of a few bits, of which one byte may hold two. */
const gatherBlocks: Rule = (n) => {
  const packed = n.type(0) === ElementType.UINT8 && n.int('bits', 4) === 4;
  const table = n.input(0);
  const dims = table.dims?.map((dim, axis, all) =>
    packed && axis === all.length - 1 ? multiply(dim, 2) : dim,
  );
  const [output] = gather(n.withInputs([{ ...table, dims }, n.inputs[1]]), 'gather_axis');
  return [fact(n.type(2), output?.dims)];
};

const expandDims: Rule = (n) => {
  const { type, dims } = n.input(0);
  const asked = n.scalar(1);
  const axis = dims && typeof asked === 'number' ? n.axis(asked, dims.length + 1) : undefined;
  if (!dims || axis === undefined) return [fact(type, dims && n.freshDims(dims.length + 1))];
  return [fact(type, [...dims.slice(0, axis), 1, ...dims.slice(axis)])];
};

/** The distances between the rows of two matrices. */
const distances: Rule = (n) => {
  return [fact(n.type(0), [n.dims(0)?.[0] ?? n.fresh(), n.dims(1)?.[0] ?? n.fresh()])];
};

/** Without the places of the first ones. */
const unique: Rule = (n) => {
  const [values, , inverse, counts] = (gathering['Unique'] as Rule)(n);
  return [values, inverse, counts];
};

/** Two halves, of which one gates the other. */
const splitGelu: Rule = (n) => {
  const { type, dims } = n.input(0);
  return [fact(type, dims && [...dims.slice(0, -1), floorDivide(dims.at(-1) as Size, 2)])];
};

const concat: Rule = (n) => {
  const positions = n.inputs.map((_, at) => at).filter((at) => at >= 2 && (at - 2) % 3 === 0);
  return withInputs(reshaping['Concat'] as Rule, positions, (view) => view.type(1))(n);
};

const firstType = (n: NodeView) => n.type(0);

export const contrib: Rules = {
  BiasAdd: sameAsInput,
  BiasDropout: (n) => [like(n.input(0)), fact(ElementType.BOOL, n.dims(0))],
  BiasGelu: sameAsInput,
  BiasSoftmax: sameAsInput,
  BiasSplitGelu: splitGelu,
  CDist: distances,
  DynamicQuantizeLSTM: recurrence['LSTM'] as Rule,
  DynamicQuantizeMatMul: matMulOf(0, 1, firstType),
  EmbedLayerNormalization: embedding(2, 2, 0),
  ExpandDims: expandDims,
  FastGelu: sameAsInput,
  FusedConv: convolution,
  FusedGemm: gemm,
  FusedMatMul: fusedMatMul,
  FusedMatMulActivation: fusedMatMul,
  GatherBlockQuantized: gatherBlocks,
  GatherND: gathering['GatherND'] as Rule,
  Gelu: sameAsInput,
  GemmFastGelu: matMulOf(0, 1, firstType),
  GroupNorm: sameAsInput,
  Inverse: sameAsInput,
  LayerNormalization: layerNormalization,
  MatMulBnb4: blockedMatMul,
  MatMulInteger16: matMulOf(0, 1, () => ElementType.INT32),
  MatMulIntegerToFloat: matMulOf(0, 1, (n) => n.type(2)),
  MatMulNBits: blockedMatMul,
  QEmbedLayerNormalization: embedding(2, 8, 0),
  QGemm: withInputs(gemm, [0, 3], (n) => (n.has(8) ? n.type(8) : n.type(1))),
  QLinearAdd: quantizedBinary,
  QLinearAveragePool: pool,
  QLinearConcat: concat,
  QLinearGlobalAveragePool: globalPool,
  QLinearLeakyRelu: sameAsInput,
  QLinearMul: quantizedBinary,
  QLinearReduceMean: reductions['ReduceMean'] as Rule,
  QLinearSigmoid: sameAsInput,
  QLinearSoftmax: sameAsInput,
  QLinearWhere: withInputs(elementwise['Where'] as Rule, [0, 1, 4]),
  QuickGelu: sameAsInput,
  Range: shapeTensors['Range'] as Rule,
  RotaryEmbedding: sameAsInput,
  SkipGroupNorm: (n) => [like(n.input(0)), like(n.input(0))],
  SkipLayerNormalization: skipLayerNormalization,
  SkipSimplifiedLayerNormalization: skipLayerNormalization,
  TransposeMatMul: fusedMatMul,
  Trilu: sameAsInput,
  Unique: unique,
};
