import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { fact } from '../fact.js';
import type { Rule, Rules } from '../node-view.js';

/** The type follows `output_dtype` (opset 21), else the zero point, which is UINT8 where absent. */
const quantize: Rule = (n) => {
  const zeroPoint = n.has(2) ? n.type(2) : ElementType.UINT8;
  return [fact(n.int('output_dtype') || zeroPoint, n.dims(0))];
};

/** The type is that of the scale, but for `output_dtype` (opset 23). Before opset 19 it is FLOAT. */
const dequantize: Rule = (n) => {
  const scale = n.opset < 19 ? ElementType.FLOAT : n.type(1);
  return [fact(n.int('output_dtype') || scale, n.dims(0))];
};

const dynamicQuantize: Rule = (n) => [
  fact(ElementType.UINT8, n.dims(0)),
  fact(ElementType.FLOAT, []),
  fact(ElementType.UINT8, []),
];

/** The contrib forms of ONNX Runtime, from before ONNX had these types; FP16 scales are allowed. */
const contribDequantize: Rule = (n) => [fact(n.int('output_dtype') || n.type(1), n.dims(0))];

export const quantization: Rules = {
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
  QuantizeLinear: quantize,
};

export const contribQuantization: Rules = {
  DequantizeLinear: contribDequantize,
  DynamicQuantizeLinear: dynamicQuantize,
  QuantizeLinear: quantize,
};
