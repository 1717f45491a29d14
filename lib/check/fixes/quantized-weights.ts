import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  type NodeProto,
} from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import type { Model } from '../../onnx/model.js';
import { readWeights } from '../../onnx/tensor/weights.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';
import type { CheckContext } from '../context.js';
import { isBlocked, isPerTensor, type Quantizer, quantizersOf } from '../quantizers.js';
import type { Scope, Site } from '../scope.js';
import { type MendNote, mend } from './fix-kind.js';

const bias = mend({
  code: 'bias-quantized',
  title:
    'stores the bias in FP32: its INT32 numbers times their scales, as DequantizeLinear computes them',
  leavesUnused: true,
  async *apply(context, signal) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'DQ' || quantizer.quantizedType !== ElementType.INT32) continue;
      const values = await floatBias(context, quantizer, signal);
      const place = { node: quantizer.reference, tensor: quantizer.input };
      if (typeof values === 'string') {
        yield { ...place, left: values };
        continue;
      }
      const { scope, node, output } = quantizer;
      scope.graph.removeNode(node);
      // The readers keep reading a tensor of the same name.
      scope.graph.addInitializer(output, values);
      yield { ...place, done: 'The bias is stored in FP32.' };
    }
  },
});

async function floatBias(
  context: CheckContext,
  { scope, input, output, scale, zeroPoint, hasZeroPoint }: Quantizer,
  signal: AbortSignal | undefined,
): Promise<Tensor<'float32'> | string> {
  const constant = scope.constant(input);
  const scales = context.numbers(scale);
  if (!constant) return 'It is computed.';
  if (!scales || scale?.dataType !== ElementType.FLOAT) return 'Its scale is no FP32 constant.';
  if (scope.isOutput(output)) return 'It is an output of the graph.';
  const zeros = context.numbers(zeroPoint);
  if (hasZeroPoint && !(zeros && Array.from(zeros).every((zero) => zero === 0))) {
    return 'Its zero point is not 0.';
  }
  const { dims, data } = await readWeights(context.model, constant, { signal });
  if (scales.length !== 1 && (dims.length !== 1 || scales.length !== data.length)) {
    return 'Its scales are neither one nor one for each value.';
  }
  const values = Float32Array.from(
    data as Int32Array,
    // As float32 numbers, which is how ONNX Runtime multiplies them.
    (value, index) => Math.fround(value) * (scales[scales.length === 1 ? 0 : index] as number),
  );
  return tensor('float32', dims, values);
}

const axis = mend({
  code: 'weight-axis-missing',
  title: 'writes `axis = 1`, which is what ONNX means',
  *apply(context) {
    for (const quantizer of quantizersOf(context)) {
      if (isPerTensor(quantizer) || isBlocked(quantizer)) continue;
      if (getInt(quantizer.node, 'axis') !== undefined) continue;
      quantizer.node.attribute.push(
        create(AttributeProtoSchema, { name: 'axis', type: AttributeType.INT, i: 1n }),
      );
      yield { node: quantizer.reference, done: 'The axis is written.' };
    }
  },
});

/** DequantizeLinear takes scales per channel from this opset on. */
const smallestOpset = 13;

const constants = mend({
  code: 'int8-constant-use',
  title:
    'writes Cast and Mul of a weight, and Gather before DequantizeLinear, as DequantizeLinear of the weight',
  leavesUnused: true,
  async *apply(context, signal) {
    for (const site of context.sites) {
      const [name = ''] = site.node.input;
      const type = site.scope.constant(name)?.dataType;
      if (type !== ElementType.INT8) continue;
      const note =
        site.node.opType === 'Cast'
          ? await castToDequantize(context.model, site, signal)
          : site.node.opType === 'Gather'
            ? gatherLast(context, site)
            : undefined;
      if (note) yield { node: site.reference, tensor: name, ...note };
    }
  },
});

/** Cast to FP32 and Mul by a scale are what DequantizeLinear with zero point 0 computes. */
async function castToDequantize(
  model: Model,
  { node, scope }: Site,
  signal: AbortSignal | undefined,
): Promise<MendNote> {
  if (model.opset < smallestOpset) return { left: `It needs opset ${smallestOpset}.` };
  const [cast = ''] = node.output;
  const [mul, ...others] = scope.consumers(cast);
  if (getInt(node, 'to') !== ElementType.FLOAT || mul?.opType !== 'Mul' || others.length > 0) {
    return { left: 'It is not cast to FP32 and multiplied by a scale.' };
  }
  const [input = ''] = node.input;
  const dims = scope.constant(input)?.dims.map(Number) ?? [];
  const scale = scope.constant(mul.input.find((name) => name !== cast) ?? '');
  if (scale?.dataType !== ElementType.FLOAT) return { left: 'Its scale is no FP32 constant.' };
  const channel = channelAxis(dims, scale.dims.map(Number));
  if (channel === undefined) return { left: 'Its scales are not one for each channel.' };
  const { data } = await readWeights(model, scale, { signal });
  const scaleDims = channel === 'none' ? [] : [data.length];
  const { graph } = scope;
  const [scaleName, zeroName] = [`${input}_scale`, `${input}_zero_point`].map((base) =>
    graph.uniqueName(base),
  ) as [string, string];
  graph.addInitializer(scaleName, tensor('float32', scaleDims, data as Float32Array));
  graph.addInitializer(zeroName, tensor('int8', scaleDims, new Int8Array(elementCount(scaleDims))));
  const name = mul.name || graph.uniqueName(`${input}_DequantizeLinear`);
  const output = mul.output[0] ?? '';
  replace(scope, [node, mul], {
    opType: 'DequantizeLinear',
    inputs: [input, scaleName, zeroName],
    outputs: [output],
    name,
    attributes: channel === 'none' ? {} : { axis: channel },
  });
  return { done: 'Cast and Mul became DequantizeLinear.' };
}

/** The one axis that scales differ along, when they multiply a tensor of these dims. */
function channelAxis(
  dims: readonly number[],
  scales: readonly number[],
): number | 'none' | undefined {
  if (scales.length > dims.length) return undefined;
  const axes = scales
    .map((size, index) => ({ size, axis: index + dims.length - scales.length }))
    .filter(({ size }) => size !== 1);
  const [only, ...more] = axes;
  if (!only) return 'none';
  return more.length === 0 && dims[only.axis] === only.size ? only.axis : undefined;
}

/** A table may be dequantized before rows are taken from it, with one scale for all of it. */
function gatherLast(context: CheckContext, { node, scope }: Site): MendNote {
  const [gathered = ''] = node.output;
  const [dq, ...others] = scope.consumers(gathered);
  if (dq?.opType !== 'DequantizeLinear' || others.length > 0 || scope.isOutput(gathered)) {
    return { left: 'What is gathered is not dequantized at once.' };
  }
  const scale = scope.constant(dq.input[1] ?? '');
  if (!scale || context.numbers(scale)?.length !== 1) {
    return { left: 'What is gathered has more than one scale.' };
  }
  const { graph } = scope;
  const [table = '', ...indices] = node.input;
  const dequantized = graph.uniqueName(`${table}_dequantized`);
  const position = { before: node };
  const { name } = dq;
  graph.addNode(
    {
      opType: 'DequantizeLinear',
      inputs: [table, ...dq.input.slice(1)],
      outputs: [dequantized],
      name,
    },
    position,
  );
  const [output = ''] = dq.output;
  graph.removeNode(dq);
  replace(scope, [node], {
    opType: 'Gather',
    inputs: [dequantized, ...indices],
    outputs: [output],
    name: node.name,
    attributes: { axis: getInt(node, 'axis') ?? 0 },
  });
  return { done: 'The table is dequantized before it is read.' };
}

/** Puts one node in the place of others, the last of which wrote its output. */
function replace(
  { graph }: Scope,
  old: readonly NodeProto[],
  spec: Parameters<Scope['graph']['addNode']>[0],
): void {
  const last = old.at(-1) as NodeProto;
  graph.addNode(spec, { before: last });
  for (const node of old) graph.removeNode(node);
  graph.changed();
}

export const quantizedWeightMends = [bias, axis, constants] as const;
