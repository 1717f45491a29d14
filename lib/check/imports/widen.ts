import { TensorProto_DataType as ElementType, type NodeProto } from 'onnx-buf';
import { loadAddon } from '../../native.js';
import { getInt } from '../../onnx/attributes.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { elementCount, tensor } from '../../tensor.js';
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

/** The numbers of the types that asymmetric quantization uses. */
const limits: Readonly<Record<number, readonly [number, number]>> = {
  [ElementType.INT8]: [-128, 127],
  [ElementType.UINT8]: [0, 255],
};

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
      yield { node: reference, tensor: input, ...note };
    }
  },
});

/** Whether there is no INT8 form around 0 with the same numbers. */
function needsWidening(context: CheckContext, quantizer: Quantizer): boolean {
  if (!limits[quantizer.quantizedType ?? 0] || isBlocked(quantizer)) return false;
  const isUnsigned = quantizer.quantizedType === ElementType.UINT8;
  if (!isUnsigned) return isAsymmetric(context, quantizer);
  const zeros = context.numbers(quantizer.zeroPoint) ?? [0];
  return !Array.from(zeros).every((zero) => zero === 128);
}

function widenPair(context: CheckContext, quantizer: Quantizer): MendNote {
  const { scope, node, output, scale } = quantizer;
  const scales = context.numbers(scale);
  const zeros = quantizer.hasZeroPoint ? context.numbers(quantizer.zeroPoint) : [0];
  if (!isPerTensor(quantizer)) return { left: 'An activation has a scale per channel.' };
  if (!scales || !zeros) return { left: 'Its scale or its zero point is no constant.' };
  if (scale?.dataType !== ElementType.FLOAT) return { left: 'Its scale is not FP32.' };
  const readers = scope.consumers(output);
  if (scope.isOutput(output) || !readers.every((reader) => isSame(context, quantizer, reader))) {
    return { left: 'What it quantizes is read by others than its DequantizeLinear.' };
  }
  const [least, largest] = limits[quantizer.quantizedType ?? 0] as [number, number];
  const [old, zero] = [scales[0] as number, zeros[0] as number];
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
): Promise<MendNote> {
  const { scope, node, input, scale } = quantizer;
  const constant = scope.constant(input);
  const scales = context.numbers(scale);
  const zeros = quantizer.hasZeroPoint ? context.numbers(quantizer.zeroPoint) : [0];
  if (!constant) return { left: 'What it dequantizes is no constant.' };
  if (!scales || !zeros || scale?.dataType !== ElementType.FLOAT) {
    return { left: 'Its scale or its zero point is no constant, or not FP32.' };
  }
  const { type, dims, data } = await readWeights(context.model, constant, { signal });
  const given = getInt(node, 'axis') ?? 1;
  const axis = given < 0 ? given + dims.length : given;
  const inner = elementCount(dims.slice(axis + 1));
  const at = (list: ArrayLike<number>, index: number) =>
    list[list.length === 1 ? 0 : Math.floor(index / inner) % list.length] as number;
  const values = Float32Array.from(
    toNumbers(type, data),
    (value, index) => (value - at(zeros, index)) * at(scales, index),
  );
  if (Array.from(toNumbers(type, data)).every((q, i) => Math.abs(q - at(zeros, i)) < 128)) {
    return { left: 'Its values less the zero point fit INT8 as they are.' };
  }
  const channels = scales.length;
  const result = isPerTensor(quantizer)
    ? loadAddon().quantizeWeights(values, 1, 1, values.length)
    : loadAddon().quantizeWeights(values, elementCount(dims.slice(0, axis)), channels, inner);
  if (!result) return { left: 'It has values that are not finite.' };
  const { graph } = scope;
  const scaleDims = scale.dims.map(Number);
  const names = ['int8', 'scale_symmetric', 'zero_point'].map((suffix) =>
    graph.uniqueName(`${input}_${suffix}`),
  ) as [string, string, string];
  graph.addInitializer(names[0], tensor('int8', dims, result.values));
  graph.addInitializer(names[1], tensor('float32', scaleDims, result.scales));
  graph.addInitializer(names[2], tensor('int8', scaleDims, new Int8Array(elementCount(scaleDims))));
  node.input.splice(0, 3, ...names);
  graph.changed();
  return { done: 'The constant was dequantized, and quantized anew around 0.' };
}
