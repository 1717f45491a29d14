import type { FunctionProto, NodeProto } from 'onnx-buf';
import type { Graph } from '../graph/graph.js';
import { subgraphsOf } from '../graph/subgraphs.js';
import type { Model } from '../model.js';
import { checkSignal, type PassResult, type Report, runPass } from './pass.js';

/**
 * Removes the nodes and weights that no output depends on, in sub-graphs too, and the functions that
 * nothing calls. Inputs of the model stay, also unused ones.
 */
export async function removeDeadCode(
  model: Model,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<PassResult> {
  checkSignal(options);
  return runPass('removeDeadCode', model, removeDeadCodeIn);
}

export function removeDeadCodeIn(model: Model, report: Report): void {
  // From the inside out: what only dead code of a sub-graph reads is dead too.
  for (const graph of model.graphs().toReversed()) removeUnused(graph, report);
  removeUncalledFunctions(model, report);
}

export function removeUncalledFunctions(model: Model, report: Report): void {
  const called = calledFunctions(model);
  model.proto.functions = model.proto.functions.filter((candidate) => {
    if (called.has(candidate)) return true;
    report(candidate.name, 'removed the function, which nothing calls');
    return false;
  });
}

function removeUnused(graph: Graph, report: Report): void {
  const { node, initializer } = graph.proto;
  if (graph.removeUnused() === 0) return;
  const nodes = new Set(graph.proto.node);
  const tensors = new Set(graph.proto.initializer);
  for (const item of node) if (!nodes.has(item)) report(item, `removed the unused ${item.opType}`);
  for (const item of initializer) {
    if (!tensors.has(item)) report(item.name, 'removed the unused weight');
  }
}

function calledFunctions({ proto }: Model): Set<FunctionProto> {
  const byKey = new Map(proto.functions.map((item) => [keyOf(item.domain, item), item]));
  const called = new Set<FunctionProto>();
  const visit = (nodes: readonly NodeProto[]): void => {
    for (const node of nodes) {
      for (const graph of subgraphsOf(node)) visit(graph.node);
      const target = byKey.get(keyOf(node.domain, { name: node.opType, overload: node.overload }));
      if (!target || called.has(target)) continue;
      called.add(target);
      visit(target.node);
    }
  };
  visit(proto.graph?.node ?? []);
  return called;
}

/** What tells functions apart (onnx.proto, `ModelProto.functions`). */
export function keyOf(domain: string, { name, overload }: { name: string; overload: string }) {
  return JSON.stringify([domain, name, overload]);
}
