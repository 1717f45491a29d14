import type { GraphProto, NodeProto } from 'onnx-buf';
import { subgraphsOf } from './subgraphs.js';

/** Lets a node, and what its sub-graphs take from around them, read another tensor. */
export function renameReads(node: NodeProto, from: string, to: string): void {
  replaceAll(node.input, from, to);
  for (const subgraph of subgraphsOf(node)) renameReadsIn(subgraph, from, to);
}

function renameReadsIn(graph: GraphProto, from: string, to: string): void {
  if (definesName(graph, from)) return;
  for (const node of graph.node) renameReads(node, from, to);
  for (const output of graph.output) if (output.name === from) output.name = to;
  for (const value of graph.valueInfo) if (value.name === from) value.name = to;
  renameAnnotations(graph, from, to);
}

/** Whether a name means a tensor of the sub-graph itself, which ONNX forbids but exporters do. */
function definesName(graph: GraphProto, name: string): boolean {
  return (
    graph.input.some((input) => input.name === name) ||
    graph.initializer.some((tensor) => tensor.name === name) ||
    graph.sparseInitializer.some(({ values }) => values?.name === name) ||
    graph.node.some((node) => node.output.includes(name))
  );
}

export function renameWrites(node: NodeProto, from: string, to: string): void {
  replaceAll(node.output, from, to);
}

/** Renames a tensor where the graph tells how it is quantized. */
export function renameAnnotations(graph: GraphProto, from: string, to: string): void {
  for (const annotation of graph.quantizationAnnotation) {
    if (annotation.tensorName === from) annotation.tensorName = to;
    for (const entry of annotation.quantParameterTensorNames) {
      if (entry.value === from) entry.value = to;
    }
  }
}

function replaceAll(names: string[], from: string, to: string): void {
  names.forEach((name, index) => {
    if (name === from) names[index] = to;
  });
}
