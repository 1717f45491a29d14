import { TensorProto_DataType as ElementType, type NodeProto, type TensorProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { Model } from '../../onnx/model.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { setElementType } from '../../onnx/value-info.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';
import type { CheckContext } from '../context.js';
import { type Quantizer, quantizersOf, toQuantizer } from '../quantizers.js';
import { isAsymmetric } from '../rules/zero-points.js';
import type { Scope } from '../scope.js';
import { type MendNote, mend } from './fix-kind.js';

const exact =
  'stores constants as INT8 around 0 where all values fit, and activations of UINT8 with zero point 128 as INT8 with 0: the numbers stay equal to the last bit';

const notZero = mend({
  code: 'zero-point-not-zero',
  title: exact,
  leavesUnused: true,
  apply: (context, signal) => recentre(context, signal, true),
});

const unsigned = mend({
  code: 'zero-point-uint8',
  title: exact,
  leavesUnused: true,
  apply: (context, signal) => recentre(context, signal, false),
});

/** Takes the zero point out of every quantized tensor that has another form with the same values. */
async function* recentre(
  context: CheckContext,
  signal: AbortSignal | undefined,
  asymmetric: boolean,
): AsyncGenerator<MendNote> {
  const done = new Set<NodeProto>();
  for (const quantizer of quantizersOf(context)) {
    if (done.has(quantizer.node) || isAsymmetric(context, quantizer) !== asymmetric) continue;
    if (!asymmetric && quantizer.quantizedType !== ElementType.UINT8) continue;
    if (
      quantizer.kind === 'DQ' &&
      context.main.producer(quantizer.input)?.opType === 'QuantizeLinear'
    ) {
      // Its QuantizeLinear decides.
      continue;
    }
    const place = { node: quantizer.reference, tensor: quantizer.input };
    const note =
      quantizer.kind === 'Q'
        ? shiftPair(context, quantizer, done)
        : await shiftConstant(context, quantizer, signal);
    yield { ...place, ...note };
  }
}

/** q - 128 of a UINT8 number is the INT8 number of the same value: clipping happens at the same place. */
function shiftPair(context: CheckContext, quantizer: Quantizer, done: Set<NodeProto>): MendNote {
  const { scope, output, node } = quantizer;
  if (quantizer.quantizedType !== ElementType.UINT8 || !isAll(context, quantizer, 128)) {
    return {
      left: 'Only UINT8 with zero point 128 has an INT8 form with the same numbers: calibrate again.',
    };
  }
  const readers = scope.consumers(output);
  const isPair = readers.every(
    (reader) =>
      reader.opType === 'DequantizeLinear' &&
      isAll(context, toQuantizer({ ...quantizer, node: reader }), 128),
  );
  if (!isPair || scope.isOutput(output)) {
    return { left: 'What it quantizes is read by others than DequantizeLinear.' };
  }
  const dims = quantizer.zeroPoint?.dims.map(Number) ?? [];
  const zero = addZeros(scope, `${output}_zero_point`, dims);
  for (const member of [node, ...readers]) {
    scope.graph.replaceInput(member, 2, zero);
    done.add(member);
  }
  for (const declared of scope.graph.proto.valueInfo) {
    if (declared.name === output) setElementType(declared, ElementType.INT8);
  }
  return { done: 'UINT8 with zero point 128 became INT8 with 0.' };
}

function isAll(context: CheckContext, { zeroPoint }: Quantizer, value: number): boolean {
  const values = context.numbers(zeroPoint);
  return values !== undefined && Array.from(values).every((zero) => zero === value);
}

/** Subtracts the zero point from the stored values themselves. */
async function shiftConstant(
  context: CheckContext,
  quantizer: Quantizer,
  signal: AbortSignal | undefined,
): Promise<MendNote> {
  const { scope, input, node, zeroPoint } = quantizer;
  const constant = scope.constant(input);
  if (!constant) return { left: 'What it dequantizes is no constant: calibrate again.' };
  if (quantizer.hasZeroPoint && !zeroPoint) return { left: 'Its zero point is no constant.' };
  if ((getInt(node, 'block_size') ?? 0) > 0) return { left: 'It is quantized in blocks.' };
  const zeros = context.numbers(zeroPoint) ?? [0];
  const values = await shifted(context.model, constant, zeros, getInt(node, 'axis') ?? 1, signal);
  if (!values) {
    return { left: 'Its values less the zero point do not fit INT8: quantize the weight again.' };
  }
  const name = scope.graph.uniqueName(`${input}_int8`);
  scope.graph.addInitializer(name, values);
  scope.graph.replaceInput(node, 0, name);
  const dims = zeroPoint?.dims.map(Number) ?? quantizer.scale?.dims.map(Number) ?? [];
  const zero = addZeros(scope, `${input}_zero_point`, dims);
  if (node.input.length > 2) scope.graph.replaceInput(node, 2, zero);
  else {
    node.input.push(zero);
    scope.graph.changed();
  }
  return { done: 'The constant is stored as INT8 with zero point 0.' };
}

/** The values less the zero point of their channel; undefined where one does not fit INT8. */
async function shifted(
  model: Model,
  constant: TensorProto,
  zeros: ArrayLike<number>,
  axis: number,
  signal: AbortSignal | undefined,
): Promise<Tensor<'int8'> | undefined> {
  const { type, dims, data } = await readWeights(model, constant, { signal });
  if (type !== 'uint8' && type !== 'int8') return undefined;
  const from = axis < 0 ? axis + dims.length : axis;
  const inner = elementCount(dims.slice(from + 1));
  const result = new Int8Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const channel = zeros.length === 1 ? 0 : Math.floor(index / inner) % zeros.length;
    const value = (data[index] as number) - (zeros[channel] as number);
    if (value < -128 || value > 127) return undefined;
    result[index] = value;
  }
  return tensor('int8', dims, result);
}

function addZeros({ graph }: Scope, base: string, dims: readonly number[]): string {
  const name = graph.uniqueName(base);
  graph.addInitializer(name, tensor('int8', dims, new Int8Array(elementCount(dims))));
  return name;
}

export const symmetricMends = [notZero, unsigned] as const;
