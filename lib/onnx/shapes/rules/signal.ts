import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { withAxis } from '../dims.js';
import { floorDivide } from '../division.js';
import { add, type Size, subtract } from '../expression.js';
import { fact } from '../fact.js';
import type { Rule, Rules } from '../node-view.js';

/** The bins of a transform of real numbers: the other half repeats them. */
function oneSided(length: Size): Size {
  return add(floorDivide(length, 2), 1);
}

/** `[..., length, 1 or 2]`; the axis was an attribute before opset 20, and 1 by default. */
const fourier: Rule = (n) => {
  const { type, dims } = n.input(0);
  if (!dims) return [fact(type)];
  const asked = n.opset < 20 ? n.int('axis', 1) : n.has(2) ? n.scalar(2) : -2;
  if (typeof asked !== 'number') return [fact(type, [...n.freshDims(dims.length - 1), n.fresh()])];
  const axis = n.axis(asked, dims.length);
  if (axis === undefined) return [fact(type)];
  const length = n.has(1) ? (n.scalar(1) ?? n.fresh()) : (dims[axis] as Size);
  const half = n.int('onesided', 0) === 1;
  if (!half) return [fact(type, [...withAxis(dims, axis, length).slice(0, -1), 2])];
  // Back from one half comes a real signal, of the length that was asked for.
  if (n.int('inverse', 0) === 1) {
    const real = n.has(1) ? length : add(add(length, length), -2);
    return [fact(type, [...withAxis(dims, axis, real).slice(0, -1), 1])];
  }
  return [fact(type, [...withAxis(dims, axis, oneSided(length)).slice(0, -1), 2])];
};

const shortTime: Rule = (n) => {
  const { type, dims } = n.input(0);
  if (!dims) return [fact(type)];
  const [batch, length] = dims as [Size, Size];
  const step = n.scalar(1);
  const frame = n.has(3) ? n.scalar(3) : n.has(2) ? n.dims(2)?.[0] : length;
  if (step === undefined || frame === undefined)
    return [fact(type, [batch, n.fresh(), n.fresh(), 2])];
  const frames = add(floorDivide(subtract(length, frame), step), 1);
  const bins = n.int('onesided', 1) === 1 ? oneSided(frame) : frame;
  return [fact(type, [batch, frames, bins, 2])];
};

const melWeights: Rule = (n) => {
  const [bins, length] = [n.scalar(0), n.scalar(1)];
  const spectrum = length === undefined ? n.fresh() : oneSided(length);
  return [fact(n.int('output_datatype', ElementType.FLOAT), [spectrum, bins ?? n.fresh()])];
};

export const signals: Rules = { DFT: fourier, MelWeightMatrix: melWeights, STFT: shortTime };
