import { create } from '@bufbuild/protobuf';
import {
  type GraphProto,
  TensorShapeProtoSchema,
  type TypeProto,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { subgraphsOf } from '../graph/subgraphs.js';
import { shallowCopy } from '../messages.js';
import { toDimension } from '../value-info.js';
import type { InferredTensor } from './inferred-shapes.js';

/** What is known about a tensor of a graph. */
type Look = (name: string, graph: GraphProto) => InferredTensor;

/**
 * Writes into a graph and its sub-graphs what is known about their tensors.
 *
 * @param source - the graph that the knowledge is about, of which `target` is a copy.
 * @param wrong - tensors about which the graph states what is not so.
 */
export function annotateGraph(
  target: GraphProto,
  source: GraphProto,
  look: Look,
  wrong: ReadonlySet<string>,
): void {
  const stated = new Map(target.valueInfo.map((value) => [value.name, value]));
  const outputs = new Set(target.output.map(({ name }) => name));
  for (const name of target.node.flatMap((node) => node.output)) {
    const type = outputs.has(name) ? undefined : typeOf(look(name, source));
    if (name === '' || !type) continue;
    stated.set(name, withType(stated.get(name) ?? create(ValueInfoProtoSchema, { name }), type));
  }
  target.valueInfo = [...stated.values()];
  target.output = target.output.map((output) => {
    const type =
      isIncomplete(output) || wrong.has(output.name)
        ? typeOf(look(output.name, source))
        : undefined;
    return type ? withType(output, type) : output;
  });
  target.node.forEach((node, index) => {
    const originals = subgraphsOf(source.node[index] as GraphProto['node'][number]);
    subgraphsOf(node).forEach((inner, at) => {
      annotateGraph(inner, originals[at] as GraphProto, look, wrong);
    });
  });
}

function isIncomplete({ type }: ValueInfoProto): boolean {
  if (!type || type.value.case === undefined) return true;
  return (
    type.value.case === 'tensorType' && (!type.value.value.shape || !type.value.value.elemType)
  );
}

function typeOf({ elementType, dims }: InferredTensor): TypeProto | undefined {
  if (elementType === undefined) return undefined;
  const tensorType = create(TypeProto_TensorSchema, { elemType: elementType });
  if (dims) tensorType.shape = create(TensorShapeProtoSchema, { dim: dims.map(toDimension) });
  return create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } });
}

function withType(value: ValueInfoProto, type: TypeProto): ValueInfoProto {
  return Object.assign(shallowCopy(value), { type });
}
