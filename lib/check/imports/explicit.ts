import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { getInt, setAttributes } from '../../onnx/attributes.js';
import { elementCount, tensor } from '../../tensor.js';
import { mend } from '../fixes/fix-kind.js';
import { isPerTensor, quantizersOf } from '../quantizers.js';

/** DequantizeLinear has the type of what it reads; its zero point is 0 where none is given. */
export const zeroPoints = mend({
  code: 'zero-point-implicit',
  title: 'writes the INT8 zero points of 0 that DequantizeLinear has without them',
  *apply(context) {
    for (const quantizer of quantizersOf(context)) {
      const { kind, node, scope, scale, quantizedType, input } = quantizer;
      if (kind !== 'DQ' || quantizer.hasZeroPoint || !scale) continue;
      if (quantizedType !== ElementType.INT8) continue;
      const dims = scale.dims.map(Number);
      const name = scope.graph.uniqueName(`${input}_zero_point`);
      scope.graph.addInitializer(name, tensor('int8', dims, new Int8Array(elementCount(dims))));
      node.input[2] = name;
      yield { node: quantizer.reference, tensor: input, done: 'The zero point is written.' };
    }
  },
});

/** An axis counted from the end is counted from the beginning. */
export const axes = mend({
  code: 'axis-negative',
  title: 'counts the axis of scales per channel from the beginning',
  *apply(context) {
    for (const quantizer of quantizersOf(context)) {
      const { node, scope, input } = quantizer;
      const axis = getInt(node, 'axis');
      if (axis === undefined || axis >= 0 || isPerTensor(quantizer)) continue;
      const rank = scope.dims(input)?.length;
      const place = { node: quantizer.reference, tensor: input };
      if (rank === undefined) {
        yield { ...place, left: 'The rank of the tensor is not known.' };
        continue;
      }
      setAttributes(node, { axis: axis + rank });
      yield { ...place, done: `The axis ${axis} is written as ${axis + rank}.` };
    }
  },
});
