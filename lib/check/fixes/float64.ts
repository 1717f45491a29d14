import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
import type { Model } from '../../onnx/model.js';
import { readWeights, toTensorProto } from '../../onnx/tensor/weights.js';
import { tensor } from '../../tensor.js';
import { mend } from './fix-kind.js';

const float64 = mend({
  code: 'float64',
  title: 'makes FP32 of every FLOAT64 tensor, inputs and outputs too, as the parser does',
  onlyByName: true,
  async *apply(context, signal) {
    const { model, scopes } = context;
    const [bits] = context.ofType('BitCast');
    if (bits) {
      yield { node: bits.reference, left: 'BitCast depends on how many bits a number has.' };
      return;
    }
    let changed = 0;
    for (const { graph } of scopes) {
      const { proto } = graph;
      changed += retype([...proto.input, ...proto.output, ...proto.valueInfo]);
      changed += await convertTensors(model, proto, signal);
      for (const node of proto.node) changed += await convertNode(model, node, signal);
      graph.changed();
    }
    if (changed > 0) yield { done: `${changed} places with FLOAT64 are FP32 now.` };
  },
});

function retype(values: readonly ValueInfoProto[]): number {
  const doubles = values.flatMap(({ type }) =>
    type?.value.case === 'tensorType' && type.value.value.elemType === ElementType.DOUBLE
      ? [type.value.value]
      : [],
  );
  for (const type of doubles) type.elemType = ElementType.FLOAT;
  return doubles.length;
}

async function convertTensors(model: Model, graph: GraphProto, signal?: AbortSignal) {
  let changed = 0;
  for (const [index, initializer] of graph.initializer.entries()) {
    if (initializer.dataType !== ElementType.DOUBLE) continue;
    graph.initializer[index] = await toFloat32(model, initializer, signal);
    changed++;
  }
  return changed;
}

/** Attributes that name an element type: `to` of Cast, `dtype` of those that make tensors. */
const typeAttributes = new Set(['to', 'dtype', 'output_dtype']);

async function convertNode(model: Model, node: NodeProto, signal?: AbortSignal): Promise<number> {
  let changed = 0;
  for (const attribute of node.attribute) {
    if (attribute.t?.dataType === ElementType.DOUBLE) {
      attribute.t = await toFloat32(model, attribute.t, signal);
      changed++;
    }
    const isType = typeAttributes.has(attribute.name) && attribute.type === AttributeType.INT;
    if (isType && attribute.i === BigInt(ElementType.DOUBLE)) {
      attribute.i = BigInt(ElementType.FLOAT);
      changed++;
    }
  }
  return changed;
}

async function toFloat32(model: Model, from: TensorProto, signal?: AbortSignal) {
  const { dims, data } = await readWeights(model, from, signal ? { signal } : {});
  return toTensorProto(from.name, tensor('float32', dims, Float32Array.from(data as Float64Array)));
}

export const float64Mends = [float64] as const;
