import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { elementTypeName } from '../../onnx/tensor/element-types.js';
import type { CheckContext } from '../context.js';
import { type Quantizer, quantizersOf } from '../quantizers.js';
import { rule } from '../rule.js';

const quantizeSymmetrically =
  'Quantize symmetrically: INT8 with zero point 0. In ONNX Runtime that is ActivationSymmetric and WeightSymmetric with QuantType.QInt8; quantize() of this package does it.';

const asymmetric = rule({
  code: 'zero-point-not-zero',
  severity: 'error',
  parserDecides: true,
  title: 'Asymmetric quantization',
  why: 'TensorRT quantizes symmetrically only, and its parser refuses every zero point but 0.',
  remedy: quantizeSymmetrically,
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      const values = context.numbers(quantizer.zeroPoint);
      const value = values && Array.from(values).find((zeroPoint) => zeroPoint !== 0);
      if (value === undefined) continue;
      yield {
        ...placeOf(quantizer),
        what: `The zero point of ${quantizer.node.opType} is ${value}, of type ${typeName(quantizer)}.`,
      };
    }
  },
});

const unsigned = rule({
  code: 'zero-point-uint8',
  severity: 'error',
  title: 'UINT8 with zero point 0',
  why: 'TensorRT reads the quantized tensor of a QuantizeLinear as INT8: what is above 127 is cut off and negative numbers are kept, unlike ONNX says. A DequantizeLinear of UINT8 it refuses.',
  remedy: quantizeSymmetrically,
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.quantizedType !== ElementType.UINT8) continue;
      if (quantizer.kind === 'Q' && !quantizer.hasZeroPoint) continue;
      if (isAsymmetric(context, quantizer)) continue;
      yield {
        ...placeOf(quantizer),
        what: `${quantizer.node.opType} works with UINT8 and zero point 0.`,
      };
    }
  },
});

const missing = rule({
  code: 'zero-point-missing',
  severity: 'error',
  title: 'QuantizeLinear without zero point',
  why: 'Without a zero point ONNX means UINT8, and TensorRT reads INT8: the engine computes other numbers than ONNX Runtime.',
  remedy: 'Give it an INT8 zero point of 0 if INT8 was meant, or quantize again with INT8.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'Q' || quantizer.hasZeroPoint) continue;
      if (quantizer.quantizedType !== ElementType.UINT8) continue;
      yield { ...placeOf(quantizer), what: 'QuantizeLinear has no zero point.' };
    }
  },
});

export function isAsymmetric(context: CheckContext, { zeroPoint }: Quantizer): boolean {
  const values = context.numbers(zeroPoint);
  return values !== undefined && Array.from(values).some((value) => value !== 0);
}

export function placeOf({ reference, input }: Quantizer) {
  return { node: reference, tensor: input };
}

function typeName({ quantizedType }: Quantizer): string {
  return quantizedType === undefined ? 'an unknown type' : elementTypeName(quantizedType);
}

export const zeroPointRules = [asymmetric, unsigned, missing] as const;
