import type { NodeProto } from 'onnx-buf';
import { getInt, getInts } from '../attributes.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model.js';
import { constantNumbers } from './constant-numbers.js';
import type { Report } from './pass.js';

/** What keeps the elements and their order. */
const reshapes = ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'];

/** Lets a node that undoes or overrides the one before it read from further up. */
export function mergeChain(model: Model, graph: Graph, node: NodeProto, report: Report): NodeProto {
  if (node.opType === 'Transpose') return mergeTransposes(graph, node, report);
  if (node.opType === 'Reshape') skipReshapes(model, graph, node, report);
  return node;
}

function mergeTransposes(graph: Graph, node: NodeProto, report: Report): NodeProto {
  const before = graph.producer(node.input[0] ?? '');
  const perm = getInts(node, 'perm');
  if (before?.opType !== 'Transpose' || before.domain !== '' || !perm) return node;
  const first = getInts(before, 'perm');
  if (!first) return node;
  report(node, `merged with the Transpose '${before.name}' before it`);
  return graph.replaceNode(node, {
    opType: 'Transpose',
    inputs: [before.input[0] ?? ''],
    attributes: { perm: perm.map((axis) => first[axis] ?? axis) },
  });
}

function skipReshapes(model: Model, graph: Graph, node: NodeProto, report: Report): void {
  const shape = constantNumbers(model, graph, node.input[1]);
  // A zero stands for a dimension of the input, which would be another one.
  if (!shape || (shape.includes(0) && !getInt(node, 'allowzero'))) return;
  for (;;) {
    const before = graph.producer(node.input[0] ?? '');
    if (before?.domain !== '' || !reshapes.includes(before.opType)) return;
    graph.replaceInput(node, 0, before.input[0] ?? '');
    report(node, `reads past the ${before.opType} '${before.name}' before it`);
  }
}
