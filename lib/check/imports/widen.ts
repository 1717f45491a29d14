import { setImmediate as nextTurn } from 'node:timers/promises';
import { TensorProto_DataType as ElementType, type NodeProto } from 'onnx-buf';
import { loadAddon } from '../../native.js';
import { dequantizeNumbers, type QuantizationNumbers } from '../../onnx/tensor/dequantize.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';
import type { CheckContext } from '../context.js';
import { type MendNote, mend } from '../fixes/fix-kind.js';
import {
  isBlocked,
  isPerTensor,
  type Quantizer,
  quantizersOf,
  toQuantizer,
} from '../quantizers.js';
import { isAsymmetric } from '../rules/zero-points.js';
import { limits, numbersOfQuantizer } from './numbers.js';

/** Operators that give no negative numbers. */
const notNegative = new Set(['Relu', 'Sigmoid', 'Softmax', 'Abs']);

/**
 * Makes asymmetric quantization symmetric, with a range that holds the old one. Not exact: steps
 * become wider, by a factor of two at most. Tools drop a Relu in front of a range that begins at 0,
 * since it cuts off the same numbers: it comes back.
 */
export const widen = mend({
  code: 'range-widened',
  title: 'makes asymmetric quantization symmetric, with a range that holds the old one',
  leavesUnused: true,
  async *apply(context, signal) {
    for (const quantizer of quantizersOf(context)) {
      if (!needsWidening(context, quantizer)) continue;
      const { kind, scope, input, reference } = quantizer;
      if (kind === 'DQ' && scope.producer(input)?.opType === 'QuantizeLinear') continue;
      const note =
        kind === 'Q'
          ? widenPair(context, quantizer)
          : await widenConstant(context, quantizer, signal);
      if (note) yield { node: reference, tensor: input, ...note };
    }
  },
});

/** Whether an activation has no INT8 form around 0 with the same numbers, or a constant perhaps none. */
function needsWidening(context: CheckContext, quantizer: Quantizer): boolean {
  if (!limits[quantizer.quantizedType ?? 0] || isBlocked(quantizer)) return false;
  const isUnsigned = quantizer.quantizedType === ElementType.UINT8;
  if (!isUnsigned) return isAsymmetric(context, quantizer);
  const zeros = context.numbers(quantizer.zeroPoint) ?? [0];
  return !Array.from(zeros).every((zero) => zero === 128);
}

function widenPair(context: CheckContext, quantizer: Quantizer): MendNote {
  const { scope, node, output } = quantizer;
  const numbers = numbersOfQuantizer(context, quantizer);
  if (!isPerTensor(quantizer)) return { left: 'An activation has a scale per channel.' };
  if (typeof numbers === 'string') return { left: numbers };
  const readers = scope.consumers(output);
  if (scope.isOutput(output) || !readers.every((reader) => isSame(context, quantizer, reader))) {
    return { left: 'What it quantizes is read by others than its DequantizeLinear.' };
  }
  const [least, largest] = limits[quantizer.quantizedType ?? 0] as [number, number];
  const [old, zero] = [numbers.scales[0] as number, numbers.zeros[0] as number];
  if (zero === largest) return { left: 'It cuts off all positive numbers.' };
  const steps = Math.max(zero - least, largest - zero);
  const { graph } = scope;
  const cutsNegatives = zero === least;
  if (cutsNegatives && !notNegative.has(scope.producer(quantizer.input)?.opType ?? '')) {
    graph.insertNode(quantizer.input, { opType: 'Relu', name: reluName(quantizer) }, [node]);
  }
  const newScale = graph.uniqueName(`${quantizer.scaleName}_symmetric`);
  const newZero = graph.uniqueName(`${output}_zero_point`);
  graph.addInitializer(newScale, tensor('float32', [], [(old * steps) / 127]));
  graph.addInitializer(newZero, tensor('int8', [], [0]));
  for (const member of [node, ...readers]) member.input.splice(1, 2, newScale, newZero);
  graph.changed();
  return {
    done: `Zero point ${zero} became 0, with steps ${(steps / 127).toFixed(2)} times as wide.`,
  };
}

function reluName({ scope, input }: Quantizer): string {
  return scope.graph.uniqueName(`${input}_Relu`);
}

/** Whether a node dequantizes with the numbers that another quantized with. */
function isSame(context: CheckContext, quantizer: Quantizer, reader: NodeProto): boolean {
  if (reader.opType !== 'DequantizeLinear') return false;
  const other = toQuantizer({ ...quantizer, node: reader });
  const pairs = [
    [quantizer.scale, other.scale],
    [quantizer.zeroPoint, other.zeroPoint],
  ];
  return pairs.every(
    ([a, b]) => a === b || context.numbers(a)?.[0] === (context.numbers(b)?.[0] ?? Number.NaN),
  );
}

async function widenConstant(
  context: CheckContext,
  quantizer: Quantizer,
  signal: AbortSignal | undefined,
): Promise<MendNote | undefined> {
  const { scope, node, input } = quantizer;
  const constant = scope.constant(input);
  const numbers = numbersOfQuantizer(context, quantizer);
  if (!constant) return { left: 'What it dequantizes is no constant.' };
  if (typeof numbers === 'string') return { left: numbers };
  // A large weight takes a while: the event loop gets its turn between two.
  await nextTurn();
  const { type, dims, data } = await readWeights(context.model, constant, { signal });
  const integers = toNumbers(type, data);
  if (fitsInt8(dims, integers, numbers)) return undefined;
  const values = dequantizeNumbers(dims, integers, numbers);
  const axis = numbers.axis < 0 ? numbers.axis + dims.length : numbers.axis;
  const layout: [number, number, number] = isPerTensor(quantizer)
    ? [1, 1, elementCount(dims)]
    : [
        elementCount(dims.slice(0, axis)),
        numbers.scales.length,
        elementCount(dims.slice(axis + 1)),
      ];
  const result = loadAddon().quantizeWeights(values.data, ...layout);
  if (!result) return { left: 'It has values that are not finite.' };
  const { graph } = scope;
  const scaleDims = quantizer.scale?.dims.map(Number) ?? [];
  const add = (suffix: string, value: Tensor) => {
    const name = graph.uniqueName(`${input}_${suffix}`);
    graph.addInitializer(name, value);
    return name;
  };
  node.input = [
    add('int8', tensor('int8', dims, result.values)),
    add('scale_symmetric', tensor('float32', scaleDims, result.scales)),
    add('zero_point', tensor('int8', scaleDims, new Int8Array(elementCount(scaleDims)))),
  ];
  graph.changed();
  return { done: 'The constant was dequantized, and quantized anew around 0.' };
}

/** Whether the values less their zero points are INT8 as they are, which is exact. */
function fitsInt8(
  dims: readonly number[],
  data: ArrayLike<number>,
  numbers: QuantizationNumbers,
): boolean {
  const scales = new Array(numbers.scales.length).fill(1);
  return dequantizeNumbers(dims, data, { ...numbers, scales }).data.every(
    (steps) => steps >= -128 && steps <= 127,
  );
}
