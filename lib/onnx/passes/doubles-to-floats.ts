import {
  type AttributeProto,
  TensorProto_DataType as ElementType,
  GraphProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  type ValueInfoProto,
} from 'onnx-buf';
import { tensor } from '../../tensor.js';
import type { Graph } from '../graph/graph.js';
import { forEachTensor } from '../messages.js';
import type { Model } from '../model.js';
import { readWeights, toTensorProto } from '../tensor/weights.js';
import { setElementType } from '../value-info.js';

/**
 * Makes float32 of float64 in a model that is the caller's own: weights, attributes and declared
 * types. Finite numbers beyond float32 become the largest that it has.
 *
 * @param keepBoundary - inputs and outputs of the model stay float64, with a cast.
 * @returns how many tensors, types and attributes were changed.
 */
export async function doublesToFloats(
  model: Model,
  keepBoundary: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const { graph } = model;
  const inputs = doublesAmong(graph.inputs);
  const outputs = doublesAmong(graph.outputs);
  let changed = await convertTensors(model, signal);
  for (const each of model.graphs()) changed += convertTypes(each);
  if (!keepBoundary) return changed;
  for (const name of inputs) {
    declare(graph.proto.input, name, ElementType.DOUBLE);
    graph.insertNode(name, cast(ElementType.FLOAT));
  }
  for (const name of outputs) {
    const readers = graph.consumers(name);
    const added = graph.insertNode(name, cast(ElementType.DOUBLE));
    graph.replaceUses(name, added.input[0] as string, { readers });
    declare(graph.proto.output, name, ElementType.DOUBLE);
  }
  return changed;
}

function cast(to: ElementType) {
  return { opType: 'Cast', attributes: { to } };
}

function doublesAmong(values: Graph['inputs']): string[] {
  return values.filter(({ type }) => type === 'float64').map(({ name }) => name);
}

async function convertTensors(model: Model, signal?: AbortSignal): Promise<number> {
  const tensors: TensorProto[] = [];
  forEachTensor(GraphProtoSchema, model.graph.proto, (found) => {
    if (found.dataType === ElementType.DOUBLE) tensors.push(found);
  });
  for (const found of tensors) {
    const { dims, data } = await readWeights(model, found, { signal });
    const floats = Float32Array.from(data as Float64Array, inRange);
    const { rawData } = toTensorProto(found.name, tensor('float32', dims, floats));
    const dataLocation = TensorProto_DataLocation.DEFAULT;
    const dataType = ElementType.FLOAT;
    Object.assign(found, { dataType, dataLocation, rawData, doubleData: [], externalData: [] });
  }
  return tensors.length;
}

const largest = (2 - 2 ** -23) * 2 ** 127;

function inRange(value: number): number {
  return Number.isFinite(value) ? Math.min(largest, Math.max(-largest, value)) : value;
}

/** Attributes that name an element type. */
const typeAttributes = new Set(['to', 'dtype', 'output_dtype', 'output_datatype']);

function convertTypes(graph: Graph): number {
  const { node: nodes, input, output, valueInfo } = graph.proto;
  const doubles = [...input, ...output, ...valueInfo].filter(isDouble);
  for (const value of doubles) setElementType(value, ElementType.FLOAT);
  const attributes = nodes.flatMap(({ attribute }) => attribute).filter(namesDouble);
  for (const attribute of attributes) attribute.i = BigInt(ElementType.FLOAT);
  graph.changed();
  return doubles.length + attributes.length;
}

function isDouble({ type }: ValueInfoProto): boolean {
  return type?.value.case === 'tensorType' && type.value.value.elemType === ElementType.DOUBLE;
}

function namesDouble({ name, i }: AttributeProto): boolean {
  return typeAttributes.has(name) && Number(i) === ElementType.DOUBLE;
}

function declare(values: readonly ValueInfoProto[], name: string, elementType: ElementType): void {
  const declared = values.find((value) => value.name === name);
  if (declared) setElementType(declared, elementType);
}
