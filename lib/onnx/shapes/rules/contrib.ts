import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { broadcast, like, withAxis } from '../dims.js';
import { add, floorDivide, multiply, type Size } from '../expression.js';
import { fact, unknown } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { headsOf } from './attention.js';
import { convolution, pool } from './convolution.js';
import { elementwise, sameAsInput } from './elementwise.js';
import { gathering } from './gather.js';
import { gemm, matmulDims } from './matmul.js';
import { layerNormalization } from './normalization.js';
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

/** [batch, length, hidden] times weights [hidden, 3 * hidden]: queries, keys and values in one. */
const attention: Rule = (n) => fusedAttention(n, n.dims(2), n.type(0), 4);

/** The same with an INT8 input; the result has the type of the scales. */
const quantizedAttention: Rule = (n) => fusedAttention(n, n.dims(2), n.type(3), 8);

function fusedAttention(
  n: NodeView,
  bias: readonly Size[] | undefined,
  type: number | undefined,
  pastAt: number,
) {
  const dims = n.dims(0);
  const all = n.dims(1)?.[1] ?? bias?.[0];
  const sizes = n.ints('qkv_hidden_sizes');
  const hidden = sizes?.[2] ?? (all === undefined ? n.fresh() : floorDivide(all, 3));
  const output = dims && [dims[0] as Size, dims[1] as Size, hidden];
  const past = n.dims(pastAt);
  const present = past
    ? withAxis(
        past,
        3,
        n.int('past_present_share_buffer', 0)
          ? (past[3] as Size)
          : add(past[3] as Size, dims?.[1] ?? n.fresh()),
      )
    : presentOf(n, dims, hidden);
  return [fact(type, output), fact(type, present)];
}

/** Keys and values together: [2, batch, heads, length, head size]. */
function presentOf(n: NodeView, dims: readonly Size[] | undefined, hidden: Size) {
  const heads = n.int('num_heads');
  if (!dims || !heads) return undefined;
  return [2, dims[0] as Size, heads, dims[1] as Size, floorDivide(hidden, heads)];
}

/** Queries apart from keys and values, or packed as [batch, length, heads, 3, head size]. */
const multiHeadAttention: Rule = (n) => {
  const type = n.type(0);
  const heads = n.int('num_heads');
  const query = n.dims(0);
  if (!query) return [fact(type), fact(type), fact(type)];
  const [batch, length] = query as [Size, Size];
  if (query.length === 5) {
    const [, , count, , size] = query as [Size, Size, Size, Size, Size];
    return [fact(type, [batch, length, multiply(count, size)]), unknown, unknown];
  }
  const value = headsOf(n, n.dims(2), heads);
  const key = headsOf(n, n.dims(1), heads);
  const hidden = value ? multiply(value.heads, value.size) : query[2];
  const total = key && (n.has(6) ? add(n.dims(6)?.[2] ?? n.fresh(), key.length) : key.length);
  const cache = (size: Size | undefined) =>
    total && heads && size !== undefined ? [batch, heads, total, size] : undefined;
  return [
    fact(type, [batch, length, hidden ?? n.fresh()]),
    fact(type, cache(key?.size)),
    fact(type, cache(value?.size)),
    fact(type, total && heads ? [batch, heads, length, total] : undefined),
  ];
};

/** Keys and values may have fewer heads; all three may lie in the first input. */
const groupQueryAttention: Rule = (n) => {
  const { type, dims } = n.input(0);
  const [heads, keyHeads] = [n.int('num_heads'), n.int('kv_num_heads')];
  if (!dims || !heads || !keyHeads) return [fact(type), fact(n.type(3)), fact(n.type(4))];
  const [batch, length, hidden] = dims as [Size, Size, Size];
  const packed = !n.has(1);
  const size = floorDivide(hidden, packed ? heads + 2 * keyHeads : heads);
  const cache = fact(n.type(3) ?? type, [batch, keyHeads, n.fresh(), size]);
  return [fact(type, [batch, length, multiply(size, heads)]), cache, cache];
};

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
  Attention: attention,
  BiasAdd: sameAsInput,
  BiasDropout: (n) => [like(n.input(0)), fact(ElementType.BOOL, n.dims(0))],
  BiasGelu: sameAsInput,
  BiasSoftmax: sameAsInput,
  BiasSplitGelu: splitGelu,
  DynamicQuantizeMatMul: matMulOf(0, 1, firstType),
  EmbedLayerNormalization: embedding(2, 2, 0),
  FastGelu: sameAsInput,
  FusedConv: convolution,
  FusedGemm: gemm,
  FusedMatMul: fusedMatMul,
  FusedMatMulActivation: fusedMatMul,
  GatherND: gathering['GatherND'] as Rule,
  Gelu: sameAsInput,
  GemmFastGelu: matMulOf(0, 1, firstType),
  GroupNorm: sameAsInput,
  GroupQueryAttention: groupQueryAttention,
  Inverse: sameAsInput,
  LayerNormalization: layerNormalization,
  MatMulBnb4: blockedMatMul,
  MatMulInteger16: matMulOf(0, 1, () => ElementType.INT32),
  MatMulIntegerToFloat: matMulOf(0, 1, (n) => n.type(2)),
  MatMulNBits: blockedMatMul,
  MultiHeadAttention: multiHeadAttention,
  QAttention: quantizedAttention,
  QEmbedLayerNormalization: embedding(2, 8, 0),
  QGemm: withInputs(gemm, [0, 3], (n) => (n.has(8) ? n.type(8) : n.type(1))),
  QLinearAdd: quantizedBinary,
  QLinearAveragePool: pool,
  QLinearConcat: concat,
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
};
