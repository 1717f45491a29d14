import {
  TensorProto_DataType as ElementType,
  GraphProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
  type TypeProto,
} from 'onnx-buf';
import type { Graph } from '../onnx/graph/graph.js';
import { forEachTensor } from '../onnx/messages.js';
import type { Model } from '../onnx/model.js';
import { readWeights, toTensorProto } from '../onnx/tensor/weights.js';
import { tensor } from '../tensor.js';

/**
 * Makes float32 of float64 in a model that is the caller's own: weights, attributes and declared
 * types. Finite numbers beyond float32 become the largest that it has.
 *
 * @param keepBoundary - inputs and outputs of the model stay float64, with a cast.
 */
export async function doublesToFloats(
  model: Model,
  keepBoundary: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const { graph } = model;
  const inputs = doublesAmong(graph.inputs);
  const outputs = doublesAmong(graph.outputs);
  await convertTensors(model, signal);
  for (const each of model.graphs()) convertTypes(each);
  if (!keepBoundary) return;
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
}

function cast(to: ElementType) {
  return { opType: 'Cast', attributes: { to } };
}

function doublesAmong(values: Graph['inputs']): string[] {
  return values.filter(({ type }) => type === 'float64').map(({ name }) => name);
}

async function convertTensors(model: Model, signal?: AbortSignal): Promise<void> {
  const tensors: TensorProto[] = [];
  forEachTensor(GraphProtoSchema, model.graph.proto, (found) => {
    if (found.dataType === ElementType.DOUBLE) tensors.push(found);
  });
  for (const found of tensors) {
    const { dims, data } = await readWeights(model, found, signal ? { signal } : {});
    const floats = Float32Array.from(data as Float64Array, inRange);
    const { rawData } = toTensorProto(found.name, tensor('float32', dims, floats));
    const dataLocation = TensorProto_DataLocation.DEFAULT;
    const dataType = ElementType.FLOAT;
    Object.assign(found, { dataType, dataLocation, rawData, doubleData: [], externalData: [] });
  }
}

const largest = (2 - 2 ** -23) * 2 ** 127;

function inRange(value: number): number {
  return Number.isFinite(value) ? Math.min(largest, Math.max(-largest, value)) : value;
}

/** Attributes that name an element type. */
const typeAttributes = new Set(['to', 'dtype', 'output_dtype', 'output_datatype']);

function convertTypes(graph: Graph): void {
  const { node: nodes, input, output, valueInfo } = graph.proto;
  for (const node of nodes) convertAttributes(node);
  for (const { type } of [...input, ...output, ...valueInfo]) {
    if (elementTypeOf(type) === ElementType.DOUBLE) setElementType(type, ElementType.FLOAT);
  }
  graph.changed();
}

function convertAttributes({ attribute }: NodeProto): void {
  for (const item of attribute) {
    if (typeAttributes.has(item.name) && Number(item.i) === ElementType.DOUBLE) {
      item.i = BigInt(ElementType.FLOAT);
    }
  }
}

function elementTypeOf(type: TypeProto | undefined): number | undefined {
  return type?.value.case === 'tensorType' ? type.value.value.elemType : undefined;
}

function setElementType(type: TypeProto | undefined, elementType: ElementType): void {
  if (type?.value.case === 'tensorType') type.value.value.elemType = elementType;
}

function declare(
  values: { name: string; type?: TypeProto | undefined }[],
  name: string,
  elementType: ElementType,
): void {
  setElementType(values.find((value) => value.name === name)?.type, elementType);
}
