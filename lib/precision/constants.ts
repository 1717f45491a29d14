import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TensorProto } from 'onnx-buf';
import { TensorRTError } from '../errors.js';
import { getTensor } from '../onnx/attributes.js';
import { isExternal } from '../onnx/file/external.js';
import type { Model } from '../onnx/model.js';
import type { Conversion } from '../onnx/tensor/converted-range.js';
import {
  type ConversionCounts,
  type HalfType,
  halfFormats,
  toHalfBits,
} from '../onnx/tensor/half-numbers.js';
import { readWeights } from '../onnx/tensor/weights.js';
import { elementCount, typedArrayOf } from '../tensor.js';
import { quantizers } from './operator-slots.js';
import { maskedTensors } from './rules/masks.js';
import { show } from './rules/ranges.js';
import { type Islands, keepFloat, typeNames } from './rules/rule.js';
import { float32, type Step, type Use, type Value, type ValueGraph } from './value-graph.js';

/** A constant in half precision. */
export interface HalfConstant {
  readonly counts: ConversionCounts;
  /** How many numbers it has. */
  readonly count: number;
  /** Undefined where they lie in an external file, and are converted when they are read from it. */
  readonly bits: Uint16Array | undefined;
  /** Absolute values above it become it. */
  readonly limit: number;
  /** Whether its huge numbers only mask, and were brought into range. */
  readonly masks: boolean;
}

const pieceBytes = 4 * 1024 * 1024;

/** What became of the constants of a model. */
export interface HalfConstants {
  /** By the tensor; also of `ConstantOfShape`, by its output. */
  readonly converted: ReadonlyMap<Value, HalfConstant>;
  /** Tensors that hold masking numbers. */
  readonly masked: ReadonlySet<Value>;
}

/**
 * Converts the constants that nodes outside of the islands read, tensor by tensor, and keeps those
 * nodes in FP32 whose constants half precision cannot hold: with numbers out of its range, or with
 * nothing but numbers too small for it. Numbers that only mask are brought into range instead.
 *
 * @throws TensorRTError `ERR_PRECISION` for scales that would become zero.
 */
export async function convertConstants(
  model: Model,
  graph: ValueGraph,
  type: HalfType,
  islands: Islands,
  signal?: AbortSignal,
): Promise<HalfConstants> {
  const converted = new Map<Value, HalfConstant>();
  const masked = new Set<Value>();
  for (const value of constantsOf(graph)) {
    const readers = value.uses.filter((use) => mayTakeHalf(use, islands));
    if (readers.length === 0) continue;
    signal?.throwIfAborted();
    const plain = await convert(model, value, type, Infinity, signal);
    const { saturated, absmax } = plain.counts;
    const masks = saturated > 0 ? maskedTensors(value) : undefined;
    converted.set(
      value,
      masks ? await convert(model, value, type, maskLimit(type), signal) : plain,
    );
    for (const tensor of masks ?? []) masked.add(tensor);
    if (isScale(value)) refuseLostScales(value, plain.counts, type);
    else if (!masks && (saturated > 0 || (absmax > 0 && absmax < halfFormats[type].smallest))) {
      const reason = constantReason(value, saturated > 0, absmax, type);
      for (const step of stepsWith(value, readers)) keepFloat(islands, step, reason);
    }
    // A large weight takes a good part of a second: the event loop gets its turn between.
    if (plain.count > 1e5) await nextTurn();
  }
  return { converted, masked };
}

function isScale({ uses }: Value): boolean {
  return uses.some(({ step, index }) => step && index === 1 && quantizers.has(step.node.opType));
}

/** A scale of zero quantizes nothing, and TensorRT refuses it. */
function refuseLostScales({ name }: Value, counts: ConversionCounts, type: HalfType): void {
  if (counts.flushed === 0 && counts.saturated === 0) return;
  const lost = counts.flushed > 0 ? `${counts.flushed} of them become 0` : 'they are too large';
  throw new TensorRTError(
    'ERR_PRECISION',
    `The scales '${name}' do not fit into ${typeNames[type]}: ${lost}.`,
    { tensor: name, remedy: "Use scales: 'float32', or 'cast' where the opset is below 23." },
  );
}

/**
 * What a mask becomes: a quarter of the largest number. Its exponential is 0 just the same, while
 * a score and a second mask can be added to it without reaching infinity, and a row in which all is
 * masked does not become NaN.
 */
function maskLimit(type: HalfType): number {
  return halfFormats[type].max / 4;
}

/** Float32 initializers, `Constant` nodes and the nodes that fill a shape with one value. */
function* constantsOf({ scopes }: ValueGraph): Iterable<Value> {
  for (const { values } of scopes) {
    for (const value of values.values()) {
      if (value.elementType === float32 && (value.constant || fillOf(value))) yield value;
    }
  }
}

/** The value that a `ConstantOfShape` fills with, where it has one. */
export function fillOf({ producer }: Value) {
  return producer?.node.opType === 'ConstantOfShape'
    ? getTensor(producer.node, 'value')
    : undefined;
}

async function convert(
  model: Model,
  value: Value,
  type: HalfType,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<HalfConstant> {
  const tensor = value.constant ?? fillOf(value);
  if (!tensor) throw new Error(`Tensor '${value.name}' is no constant`);
  const masks = limit !== Infinity;
  if (isExternal(tensor) && !value.producer) {
    const counts = await countExternal(model, tensor, { type, limit }, signal);
    const count = elementCount(tensor.dims.map(Number));
    return { counts, count, bits: undefined, limit, masks };
  }
  const { data } = await readWeights(model, tensor, { signal });
  const { bits, counts } = toHalfBits(type, data as Float32Array, limit);
  return { counts, count: bits.length, bits, limit, masks };
}

/** What a conversion will do to weights in a file, read piece by piece. */
async function countExternal(
  model: Model,
  tensor: TensorProto,
  { type, limit }: Conversion,
  signal: AbortSignal | undefined,
): Promise<ConversionCounts> {
  const total = { saturated: 0, flushed: 0, subnormal: 0, nan: 0, infinite: 0, absmax: 0 };
  const buffer = new Uint8Array(pieceBytes);
  await model.externalData.locate(tensor).copyTo(buffer, signal, async (piece) => {
    const { counts } = toHalfBits(type, typedArrayOf('float32', piece), limit);
    total.absmax = Math.max(total.absmax, counts.absmax);
    for (const key of ['saturated', 'flushed', 'subnormal', 'nan', 'infinite'] as const) {
      total[key] += counts[key];
    }
  });
  return total;
}

function mayTakeHalf({ step, index }: Use, islands: Islands): boolean {
  return !step || (!islands.has(step) && step.slots?.input(index) === 'either');
}

/** The nodes whose numbers a constant decides: its readers, and the node that fills. */
function stepsWith(value: Value, readers: readonly Use[]): Step[] {
  const steps = readers.flatMap(({ step, scope }) => step ?? scope.owner ?? []);
  return value.producer && !value.constant ? [value.producer, ...steps] : steps;
}

function constantReason({ name }: Value, tooLarge: boolean, absmax: number, type: HalfType) {
  const typeName = typeNames[type];
  return tooLarge
    ? `constant '${name}' reaches ${show(absmax)}, beyond ${typeName}`
    : `constant '${name}' never exceeds ${show(absmax)}, too small for ${typeName}`;
}
