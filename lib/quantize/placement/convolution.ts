import type { NodeProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { elementTypeName, toDataType } from '../../onnx/tensor/element-types.js';
import { better, type Candidate, never, type Obstacle } from './candidate.js';
import { throughIdentities } from './constants.js';
import type { PlacementContext } from './context.js';
import { smallestSide } from './limits.js';

/** A Conv or ConvTranspose. BatchNormalization behind it is fused with it, and needs nothing. */
export function convolutionCandidate(context: PlacementContext, node: NodeProto): Candidate {
  const [input = '', factor = ''] = node.input;
  const weight = throughIdentities(context.graph, factor);
  // Weights are [out, in / group, ...], and those of ConvTranspose [in, out / group, ...].
  const axis = node.opType === 'Conv' ? 0 : 1;
  const problem = whyNot(context, node, weight);
  return {
    node,
    role: 'convolution',
    unit: node.name,
    reason: `constant weight '${weight}', calibrated input '${input}'`,
    activations: [{ index: 0, tensor: input }],
    weight: { index: 1, tensor: weight, axis },
    needs: [],
    obstacle: () => problem,
  };
}

function whyNot(context: PlacementContext, node: NodeProto, weight: string): Obstacle | undefined {
  const { graph } = context;
  const [input = ''] = node.input;
  if (context.hasQdq(input) || context.hasQdq(weight)) {
    return never('the model has Q/DQ nodes here already');
  }
  if (graph.constant(input)) return never('its input is constant');
  const value = graph.constant(weight);
  if (!value) return never('its weight is computed at run time');
  if (toDataType(value.dataType) !== 'float32') {
    return never(`its weight is ${elementTypeName(value.dataType)}, not FLOAT`);
  }
  if (node.opType === 'ConvTranspose') {
    return better('TensorRT for RTX 1.7 computes ConvTranspose in float whatever its Q/DQ');
  }
  return whyChannelsDoNotPay(node, value.dims.map(Number));
}

/** A convolution of each channel by itself waits for memory, which INT8 halves, and may be thin. */
function whyChannelsDoNotPay(node: NodeProto, dims: readonly number[]): Obstacle | undefined {
  const [outputs = 0, inputs = 0] = dims;
  const isDepthwise = inputs === 1 && getInt(node, 'group') === outputs;
  const fewest = isDepthwise ? outputs : Math.min(outputs, inputs);
  if (fewest >= smallestSide) return undefined;
  return better(
    `its weight is [${dims.join(', ')}], and INT8 pays from ${smallestSide} channels on each side`,
  );
}
