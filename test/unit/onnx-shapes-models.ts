import { create } from '@bufbuild/protobuf';
import { type GraphProto, GraphProtoSchema } from 'onnx-buf';
import { Graph, type NodeSpec } from '../../dist/onnx/graph/graph.js';
import type { Model, ValueInfo } from '../../dist/onnx/model.js';
import { type InferShapesOptions, inferShapes } from '../../dist/onnx/shapes/infer-shapes.js';
import type { Dim } from '../../dist/onnx/shapes/inferred-shapes.js';
import { toValueInfoProto } from '../../dist/onnx/value-info.js';
import { type DataType, type Tensor, tensor } from '../../dist/tensor.js';
import { buildModel, type ModelSpec } from './helpers.js';

/** A model whose outputs say nothing about themselves, so that what is known was inferred. */
export function bareModel(
  inputs: Readonly<Record<string, readonly Dim[] | [DataType, readonly Dim[]]>>,
  nodes: readonly NodeSpec[],
  rest: Partial<ModelSpec> = {},
): Model {
  return buildModel({
    inputs: Object.entries(inputs).map(([name, value]) => inputInfo(name, value)),
    outputs: [{ name: nodes.at(-1)?.outputs[0] ?? '', type: undefined, dims: undefined }],
    nodes,
    ...rest,
  });
}

function inputInfo(name: string, value: readonly Dim[] | [DataType, readonly Dim[]]): ValueInfo {
  const [type, dims] = Array.isArray(value[1])
    ? (value as [DataType, readonly Dim[]])
    : (['float32', value] as [DataType, readonly Dim[]]);
  return { name, type, dims: [...dims] };
}

/** One node on inputs `a`, `b`, `c` ... with outputs `y`, `y1` ... */
export function oneNode(
  opType: string,
  inputs: Parameters<typeof bareModel>[0],
  options: {
    outputs?: number;
    domain?: string;
    attributes?: NodeSpec['attributes'];
  } & Partial<Omit<ModelSpec, 'outputs'>> = {},
): Model {
  const { outputs = 1, domain, attributes = {}, ...rest } = options;
  const names = [...Object.keys(inputs), ...Object.keys(rest.initializers ?? {})].sort();
  const node = {
    opType,
    inputs: names,
    outputs: Array.from({ length: outputs }, (_, index) => (index ? `y${index}` : 'y')),
    attributes,
    ...(domain !== undefined && { domain }),
  };
  return bareModel(inputs, [node], rest);
}

/** The dims of the tensors named, `y` by default. */
export async function dimsOf(
  model: Model,
  name = 'y',
  options: InferShapesOptions = {},
): Promise<readonly Dim[] | undefined> {
  return (await inferShapes(model, options)).tensor(name).dims;
}

export function int64(...values: number[]): Tensor {
  return tensor('int64', [values.length], values);
}

export function scalar(value: number): Tensor {
  return tensor('int64', [], [value]);
}

/** A graph for the attribute of `If`, `Loop` or `Scan`. */
export function subgraph(
  inputs: readonly string[],
  nodes: readonly NodeSpec[],
  outputs: readonly string[],
): GraphProto {
  const bare = (name: string) => toValueInfoProto({ name, type: undefined, dims: undefined });
  const graph = new Graph(
    create(GraphProtoSchema, { input: inputs.map(bare), output: outputs.map(bare) }),
  );
  for (const node of nodes) graph.addNode(node);
  return graph.proto;
}
