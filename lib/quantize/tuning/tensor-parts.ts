import type { NodeProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';
import type { PlacementPlan } from '../placement/plan.js';

/** How far above a tensor its layers are told apart: from an FFN's output back to its activation. */
const height = 5;

/**
 * Says what part a tensor plays in its layer, so that the same tensor of every layer has the same
 * answer: who reads it quantized, and by which operators it came to be.
 */
export function partsOfTensors(graph: Graph, plan: PlacementPlan): (tensor: string) => string {
  const readers = new Map<string, Set<string>>();
  for (const { role, activations } of plan.nodes) {
    for (const { index, tensor } of activations) {
      const parts = readers.get(tensor) ?? new Set();
      readers.set(tensor, parts.add(`${role} ${index}`));
    }
  }
  return (tensor) => {
    const parts = [...(readers.get(tensor) ?? [])].sort().join(', ');
    return `${parts} <- ${originOf(graph, tensor).join(' <- ')}`;
  };
}

function originOf(graph: Graph, tensor: string): string[] {
  const operators: string[] = [];
  let node = graph.producer(tensor);
  while (node && operators.length < height) {
    operators.push(node.opType);
    node = firstComputedInput(graph, node);
  }
  return operators;
}

function firstComputedInput(graph: Graph, { input }: NodeProto): NodeProto | undefined {
  const computed = input.find((name) => name && graph.constant(name) === undefined);
  return computed === undefined ? undefined : graph.producer(computed);
}
