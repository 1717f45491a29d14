import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { elementTypeName } from '../../onnx/tensor/element-types.js';
import {
  dequantizerOf,
  isPerTensor,
  isQuantizedActivation,
  quantizersOf,
  toQuantizer,
} from '../quantizers.js';
import { rule } from '../rule.js';
import { placeOf } from './zero-points.js';

/** The smallest numbers with all bits of their mantissa: float16 and bfloat16 or float32. */
const smallestNormal: Readonly<Record<number, number>> = {
  [ElementType.FLOAT16]: 2 ** -14,
  [ElementType.BFLOAT16]: 2 ** -126,
  [ElementType.FLOAT]: 2 ** -126,
};

const notPositive = rule({
  code: 'scale-not-positive',
  severity: 'error',
  title: 'A scale that is zero, negative, infinite or NaN',
  why: "TensorRT's parser wants every scale above zero; one that is infinite it takes, and computes NaN.",
  remedy:
    'Leave a tensor whose range is empty in float, give its channel any positive scale, or store scales as FP32 where FP16 rounds them to zero.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      const values = context.numbers(quantizer.scale);
      const value = values && Array.from(values).find((scale) => !(scale > 0 && scale < Infinity));
      if (value === undefined) continue;
      yield {
        ...placeOf(quantizer),
        what: `${quantizer.node.opType} has a scale of ${value}.`,
      };
    }
  },
});

const subnormal = rule({
  code: 'scale-subnormal',
  severity: 'warning',
  title: 'A scale too small for its type',
  why: 'A subnormal number has only some of its bits left, so that all values of the tensor are off by the same error.',
  remedy: 'Store the scales as FP32; in an FP16 graph that needs opset 23 and output_dtype.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      const values = context.numbers(quantizer.scale);
      const smallest = smallestNormal[quantizer.scale?.dataType ?? 0];
      if (!values || smallest === undefined) continue;
      const value = Array.from(values).find((scale) => scale > 0 && scale < smallest);
      if (value === undefined) continue;
      const type = elementTypeName(quantizer.scale?.dataType ?? 0);
      yield {
        ...placeOf(quantizer),
        what: `${quantizer.node.opType} has the scale ${value.toExponential(2)}, which is subnormal in ${type}.`,
      };
    }
  },
});

const otherType = rule({
  code: 'scale-type',
  severity: 'warning',
  title: 'FP32 scales in a half-precision graph, before opset 23',
  why: 'Before opset 23 ONNX gives what is dequantized the type of the scale: TensorRT runs the operators behind it in FP32, and ONNX Runtime refuses the model.',
  remedy:
    'Raise the opset to 23 and set output_dtype of DequantizeLinear to the type of the graph, or cast to FP32 before the pair and back after it.',
  *find(context) {
    if (context.model.opset >= 23) return;
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'Q') continue;
      const type = quantizer.scope.elementType(quantizer.input);
      if (type !== ElementType.FLOAT16 && type !== ElementType.BFLOAT16) continue;
      if (quantizer.scope.elementType(quantizer.scaleName) !== ElementType.FLOAT) continue;
      yield {
        ...placeOf(quantizer),
        what: `A ${elementTypeName(type)} tensor is quantized with an FP32 scale in opset ${context.model.opset}.`,
      };
    }
  },
});

const computed = rule({
  code: 'scale-computed',
  severity: 'info',
  title: 'A scale that is computed',
  why: 'TensorRT fuses Q/DQ with scales that it knows when it builds; its documentation asks for constants.',
  remedy: 'Fold the constants of the model, or quantize with fixed ranges.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.scale) continue;
      yield {
        ...placeOf(quantizer),
        what: `The scale of ${quantizer.node.opType} is no constant.`,
      };
    }
  },
});

/** From this depth on, products of INT8 numbers add up to more than FP16 holds in practice. */
const deepProduct = 768;

const halfAccumulator = rule({
  code: 'scale-fp16-per-channel',
  severity: 'warning',
  title: 'FP16 scales per channel before a deep product',
  why: 'TensorRT for RTX 1.7 writes the integer sums of such a product to FP16 and scales them afterwards: a sum above 65504 becomes infinite.',
  remedy: 'Store the scales as FP32, with opset 23 and output_dtype.',
  *find(context) {
    for (const { node, scope, reference } of context.ofType('MatMul', 'Gemm')) {
      const dq = dequantizerOf(scope, node.input[1] ?? '');
      if (!dq || !isQuantizedActivation(scope, node.input[0] ?? '')) continue;
      const quantizer = toQuantizer({ node: dq, scope, reference });
      if (isPerTensor(quantizer) || quantizer.scale?.dataType !== ElementType.FLOAT16) continue;
      const depth = depthOf(scope.dims(quantizer.input), quantizer.scale.dims);
      if (depth < deepProduct) continue;
      yield {
        node: reference,
        tensor: quantizer.input,
        what: `${node.opType} adds up ${depth} products of INT8 numbers, with FP16 scales per channel.`,
      };
    }
  },
});

/** The summed side of a weight: the one that is not the channels'. */
function depthOf(dims: readonly unknown[] | undefined, scaleDims: readonly bigint[]): number {
  const sizes = (dims ?? []).filter((dim) => typeof dim === 'number');
  const channels = Number(scaleDims[0] ?? 1n);
  const total = sizes.reduce((product, dim) => product * dim, 1);
  return sizes.length === 0 ? 0 : total / channels;
}

export const scaleRules = [notPositive, subnormal, otherType, computed, halfAccumulator] as const;
