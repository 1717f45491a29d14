import type { NodeProto, TensorProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { Graph } from '../../onnx/graph/graph.js';
import type { Model } from '../../onnx/model.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { type Tensor, tensor } from '../../tensor.js';

/** A constant input of a node whose last axis, or whose `axis`, counts the channels of a tensor. */
interface Share {
  readonly node: NodeProto;
  readonly index: number;
  readonly axis: number;
}

/** What to multiply so that all channels of a tensor are multiplied. */
export interface Donor {
  /** The node that is said to have taken the factors. */
  readonly node: NodeProto;
  readonly shares: readonly Share[];
}

/** f(x / s) = f(x) / s for every s above 0. */
const homogeneous = new Set(['Relu', 'LeakyRelu', 'Identity', 'Dropout']);

const readsShapeOnly = new Set(['Shape', 'Size']);

/**
 * Finds the constants before a tensor that a factor per channel (its last axis) can be multiplied
 * into: scale and bias of a LayerNormalization, whole or written out, the weight and bias of a linear
 * layer, the constant of a Mul, which GELU ends with.
 *
 * @param readers - those who expect the factors; with others the tensor cannot change.
 * @returns why there are none, in words, where there are none.
 */
export function findDonor(
  graph: Graph,
  name: string,
  channels: number,
  readers: readonly NodeProto[],
): Donor | string {
  if (graph.isOutput(name)) return 'it is an output of the model';
  const other = graph
    .consumers(name)
    .find((node) => !readers.includes(node) && !readsShapeOnly.has(node.opType));
  if (other) return `${other.opType} '${other.name}' reads it too`;
  const node = graph.producer(name);
  if (!node) return 'it is an input of the model';
  if (homogeneous.has(node.opType)) {
    return findDonor(graph, node.input[0] as string, channels, [node]);
  }
  switch (node.opType) {
    case 'LayerNormalization':
    case 'SimplifiedLayerNormalization':
    case 'RMSNormalization':
      return normalisation(graph, node, channels);
    case 'Gemm':
    case 'MatMul':
      return linear(graph, node, channels);
    case 'Mul':
      return product(graph, node, channels);
    case 'Add':
      return sum(graph, node, channels);
    default:
      return `${node.opType} '${node.name}', which makes it, takes no factors`;
  }
}

function normalisation(graph: Graph, node: NodeProto, channels: number): Donor | string {
  const axis = getInt(node, 'axis') ?? -1;
  const shares = [1, 2].flatMap((index) => (node.input[index] ? [share(node, index)] : []));
  const fits = shares.every((one) => isVector(graph, one, channels));
  if (axis !== -1 || shares.length === 0 || !fits) {
    return `${node.opType} '${node.name}' has no constant scale per channel`;
  }
  return { node, shares };
}

function linear(graph: Graph, node: NodeProto, channels: number): Donor | string {
  const dims = floatDims(graph, node.input[1] as string);
  const axis = node.opType === 'Gemm' && getInt(node, 'transB') ? 0 : 1;
  const bias = node.input[2] ? [share(node, 2)] : [];
  const fits = bias.every((one) => isVector(graph, one, channels));
  if (dims?.length !== 2 || dims[axis] !== channels || !fits) {
    return `${node.opType} '${node.name}', which makes it, has no constant weight`;
  }
  return { node, shares: [{ node, index: 1, axis }, ...bias] };
}

function product(graph: Graph, node: NodeProto, channels: number): Donor | string {
  const index = constantInput(graph, node);
  const factor = share(node, index);
  return index >= 0 && isVector(graph, factor, channels)
    ? { node, shares: [factor] }
    : `Mul '${node.name}', which makes it, has no constant factor`;
}

function sum(graph: Graph, node: NodeProto, channels: number): Donor | string {
  const index = constantInput(graph, node);
  const bias = share(node, index);
  if (index < 0 || !isVector(graph, bias, channels)) {
    return `Add '${node.name}', which makes it, has no constant bias`;
  }
  const before = findDonor(graph, node.input[1 - index] as string, channels, [node]);
  return typeof before === 'string' ? before : { ...before, shares: [...before.shares, bias] };
}

function constantInput(graph: Graph, node: NodeProto): number {
  return node.input.findIndex((name) => graph.constant(name) !== undefined);
}

function share(node: NodeProto, index: number): Share {
  return { node, index, axis: 0 };
}

/** Whether it is one number, or one for each channel. */
function isVector(graph: Graph, { node, index }: Share, channels: number): boolean {
  const dims = floatDims(graph, node.input[index] as string);
  const others = dims?.slice(0, -1).every((dim) => dim === 1);
  const last = dims?.at(-1) ?? 1;
  return dims !== undefined && others === true && (last === 1 || last === channels);
}

function floatDims(graph: Graph, name: string): number[] | undefined {
  const constant = graph.constant(name);
  return constant && toDataType(constant.dataType) === 'float32'
    ? constant.dims.map(Number)
    : undefined;
}

/** Multiplies the channels of what a donor makes. Constants are replaced: others may read them too. */
export async function giveFactors(
  model: Model,
  { shares }: Donor,
  factors: Float32Array,
): Promise<void> {
  for (const { node, index, axis } of shares)
    await multiplyInput(model, node, index, axis, factors);
}

/** Lets a node read a constant that is multiplied by a factor per entry of an axis. */
export async function multiplyInput(
  model: Model,
  node: NodeProto,
  index: number,
  axis: number,
  factors: Float32Array,
): Promise<void> {
  const { graph } = model;
  const name = node.input[index] as string;
  const values = (await readWeights(
    model,
    graph.constant(name) as TensorProto,
  )) as Tensor<'float32'>;
  const smoothed = graph.uniqueName(`${name}_smooth`);
  graph.addInitializer(smoothed, multiplied(values, axis, factors));
  graph.replaceInput(node, index, smoothed);
}

function multiplied(
  { dims, data }: Tensor<'float32'>,
  axis: number,
  factors: Float32Array,
): Tensor<'float32'> {
  if (data.length === 1) {
    return tensor(
      'float32',
      dims.length > 1 ? [...dims.slice(0, -1), factors.length] : [factors.length],
      factors.map((factor) => factor * (data[0] as number)),
    );
  }
  const isMatrix = data.length > factors.length;
  const inner = isMatrix && axis === 0 ? data.length / factors.length : 1;
  return tensor(
    'float32',
    dims,
    data.map((value, i) => value * (factors[Math.floor(i / inner) % factors.length] as number)),
  );
}
