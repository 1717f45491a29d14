import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { like } from '../dims.js';
import { fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';

/** `X` with its last dimensions, from `axis` on, reduced to 1. */
function statistics(n: NodeView) {
  const dims = n.dims(0);
  const axis = dims && n.axis(n.int('axis', -1), dims.length);
  if (axis === undefined) return undefined;
  return dims?.map((dim, at) => (at < axis ? dim : 1));
}

/** Mean and inverse deviation come in the type that they are computed in. */
export const layerNormalization: Rule = (n) => {
  const type = n.int('stash_type', ElementType.FLOAT);
  const dims = statistics(n);
  return [like(n.input(0)), fact(type, dims), fact(type, dims)];
};

/** The further outputs are statistics per channel, whose number and order changed with the opset. */
const batchNormalization: Rule = (n) => {
  const channels = n.dims(0)?.[1];
  const dims = n.dims(1) ?? (channels === undefined ? undefined : [channels]);
  const statistic = fact(n.type(3), dims);
  return [like(n.input(0)), statistic, statistic, statistic, statistic];
};

const sameAsInput: Rule = (n) => [like(n.input(0))];

export const normalization: Rules = {
  BatchNormalization: batchNormalization,
  GroupNormalization: sameAsInput,
  InstanceNormalization: sameAsInput,
  LayerNormalization: layerNormalization,
  RMSNormalization: sameAsInput,
  // ONNX Runtime writes it so into the domain of ONNX.
  SimplifiedLayerNormalization: layerNormalization,
};
