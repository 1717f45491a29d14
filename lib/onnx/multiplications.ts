import type { NodeProto } from 'onnx-buf';
import { elementCount } from '../tensor.js';
import { getInt, getString } from './attributes.js';

/** The dims of a tensor; undefined where a size is not known. */
export type DimsOf = (tensor: string) => readonly number[] | undefined;

/**
 * How often a node multiplies and adds: matrix products, convolutions, recurrent layers and
 * attention. Elementwise work is not counted.
 *
 * @returns 0 for nodes that are no products; undefined for those whose sizes are not known.
 */
export function multiplicationsOf(node: NodeProto, dimsOf: DimsOf): number | undefined {
  const count = counters[`${node.domain}:${node.opType}`] ?? counters[node.opType];
  if (!count) return 0;
  const result = count({
    node,
    inputs: node.input.map((name) => (name === '' ? undefined : dimsOf(name))),
    output: dimsOf(node.output[0] ?? ''),
  });
  return Number.isFinite(result) ? result : undefined;
}

interface Sized {
  readonly node: NodeProto;
  readonly inputs: readonly (readonly number[] | undefined)[];
  readonly output: readonly number[] | undefined;
}

/** NaN where a size is not known. */
type Counter = (node: Sized) => number;

const unknown = Number.NaN;

function sizeOf(dims: readonly number[] | undefined): number {
  return dims ? elementCount(dims) : unknown;
}

function sizeAt(dims: readonly number[] | undefined, axis: number): number {
  return dims?.at(axis) ?? unknown;
}

/** Each output element is a sum over the last axis of the first factor, or the one before. */
const matMul: Counter = ({ node, inputs, output }) =>
  sizeOf(output) *
  (inputs[0]?.length === 1
    ? sizeOf(inputs[0])
    : sizeAt(inputs[0], getInt(node, 'transA') ? -2 : -1));

/** @param weight - the position of the weight, of which each output element reads one filter. */
const convolution =
  (weight: number): Counter =>
  ({ inputs, output }) =>
    sizeOf(output) * sizeOf(inputs[weight]?.slice(1));

/** Each input element is multiplied with all that one input channel has of the weight. */
const transposedConvolution: Counter = ({ inputs }) =>
  sizeOf(inputs[0]) * sizeOf(inputs[1]?.slice(1));

/** X [length, batch, input], W [directions, gates * hidden, input], R [directions, gates * hidden, hidden]. */
const recurrent: Counter = ({ inputs: [x, w, r] }) =>
  sizeAt(x, 0) * sizeAt(x, 1) * (sizeOf(w) + sizeOf(r));

/**
 * Queries [..., q, size], keys [..., k, size]: scores, then the context. Whether heads have an axis of
 * their own or lie side by side, the sizes multiply to the same.
 */
const attention: Counter = ({ inputs: [query, key, , , past], output }) => {
  const keys = sizeAt(key, -2) + (past ? sizeAt(past, -2) : 0);
  return (sizeOf(query) + sizeOf(output)) * keys;
};

/** ONNX Runtime's, which projects first: input [batch, length, size], weight [size, 3 * hidden]. */
const projectedAttention: Counter = ({ inputs: [input, weight], output }) =>
  (sizeOf(input) / sizeAt(input, -1)) * sizeOf(weight) + 2 * sizeOf(output) * sizeAt(input, -2);

/** Keys and values may be packed into the queries, or be those of a cache. */
const multiHeadAttention: Counter = ({ inputs: [query, key], output }) =>
  query?.length === 3 && key?.length === 3
    ? (sizeOf(query) + sizeOf(output)) * sizeAt(key, -2)
    : unknown;

/** `bhid,bhjd->bhij`: the product of the sizes of all letters. */
const einsum: Counter = ({ node, inputs }) => {
  const equation = getString(node, 'equation')?.replaceAll(' ', '') ?? '...';
  if (equation.includes('.')) return unknown;
  const sizes = new Map<string, number>();
  const terms = equation.split('->')[0]?.split(',') ?? [];
  terms.forEach((term, index) => {
    [...term].forEach((letter, axis) => {
      sizes.set(letter, inputs[index]?.[axis] ?? unknown);
    });
  });
  return terms.length < 2 ? 0 : [...sizes.values()].reduce((product, size) => product * size, 1);
};

const counters: Readonly<Record<string, Counter | undefined>> = {
  MatMul: matMul,
  Gemm: matMul,
  FusedMatMul: matMul,
  FusedGemm: matMul,
  MatMulInteger: matMul,
  MatMulIntegerToFloat: matMul,
  DynamicQuantizeMatMul: matMul,
  MatMulNBits: matMul,
  QLinearMatMul: matMul,
  QGemm: matMul,
  Conv: convolution(1),
  FusedConv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: transposedConvolution,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Attention: attention,
  'com.microsoft:Attention': projectedAttention,
  MultiHeadAttention: multiHeadAttention,
  Einsum: einsum,
};

/** Operators that read all of a tensor before they write, and so stand between fused products. */
export const readsWholeTensors =
  /Normalization$|^(Log)?Softmax$|^Reduce|Pool$|^(Gather|Resize|TopK|CumSum|Einsum)$/;
