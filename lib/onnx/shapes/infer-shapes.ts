import type { GraphProto, ModelProto, TypeProto } from 'onnx-buf';
import type { Model } from '../model.js';
import { subgraphsOf } from '../subgraphs.js';
import { type Dim, InferredShapes, type InferredTensor } from './inferred-shapes.js';

export interface InferShapesOptions {
  /** Sizes of inputs that the model leaves open, by input: `{ input_ids: [8, 128] }`. */
  inputs?: Readonly<Record<string, readonly Dim[]>>;
  signal?: AbortSignal;
}

/**
 * Finds the element type, the dimensions and, for small tensors that shapes are computed from, the
 * values of every tensor of a model. What cannot be known stays undefined.
 *
 * A promise, because values may lie in external files.
 */
export async function inferShapes(
  model: Model,
  _options: InferShapesOptions = {},
): Promise<InferredShapes> {
  const graphs = new Map<GraphProto, Map<string, InferredTensor>>();
  addGraph(graphs, (model.proto as ModelProto).graph as GraphProto);
  return new InferredShapes(model.graph.proto, graphs);
}

function addGraph(graphs: Map<GraphProto, Map<string, InferredTensor>>, graph: GraphProto): void {
  const tensors = new Map<string, InferredTensor>();
  graphs.set(graph, tensors);
  for (const { name, type } of [...graph.valueInfo, ...graph.output, ...graph.input]) {
    tensors.set(name, fromType(type));
  }
  for (const { name, dataType, dims } of graph.initializer) {
    tensors.set(name, { elementType: dataType, dims: dims.map(Number) });
  }
  for (const node of graph.node) {
    for (const inner of subgraphsOf(node)) addGraph(graphs, inner);
  }
}

function fromType(type: TypeProto | undefined): InferredTensor {
  if (type?.value.case !== 'tensorType') return { elementType: undefined, dims: undefined };
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }): Dim => {
    if (value.case === 'dimParam') return value.value || undefined;
    return value.case === 'dimValue' && value.value >= 0n ? Number(value.value) : undefined;
  });
  return { elementType: elemType || undefined, dims };
}
