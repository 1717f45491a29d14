import type { NodeProto } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { tensorsReadBy } from './subgraphs.js';

/**
 * The nodes in an order in which each comes after those it reads from. Nodes that stand right
 * already keep their order: only what is read too early moves forward.
 *
 * @param producer - the node of the same graph that writes a tensor.
 * @throws TensorRTError `ERR_ONNX_INVALID` where nodes read from each other in a circle.
 */
export function inTopologicalOrder(
  nodes: readonly NodeProto[],
  producer: (tensor: string) => NodeProto | undefined,
): NodeProto[] {
  const sorted: NodeProto[] = [];
  const done = new Set<NodeProto>();
  const open = new Set<NodeProto>();
  // A stack of our own: chains of 20,000 nodes would overflow that of JavaScript.
  const stack: { node: NodeProto; reads: Iterator<string> }[] = [];
  const enter = (node: NodeProto) => {
    if (open.has(node)) throw circle([...open], node);
    open.add(node);
    stack.push({ node, reads: tensorsReadBy(node).values() });
  };
  for (const first of nodes) {
    if (!done.has(first)) enter(first);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { value, done: allRead } = top.reads.next();
      const before = allRead ? undefined : producer(value);
      if (before && !done.has(before)) enter(before);
      if (!allRead) continue;
      stack.pop();
      open.delete(top.node);
      done.add(top.node);
      sorted.push(top.node);
    }
  }
  return sorted;
}

const longestList = 8;

function circle(open: readonly NodeProto[], again: NodeProto): TensorRTError {
  const nodes = open.slice(open.indexOf(again)).map(describe);
  const listed = nodes.length > longestList ? [...nodes.slice(0, longestList), '...'] : nodes;
  return new TensorRTError(
    'ERR_ONNX_INVALID',
    `The graph has a circle of ${nodes.length} nodes, each of which reads from the next: ${listed.join(', ')}.`,
    {
      node: { name: again.name, opType: again.opType },
      remedy: 'Correct the last edit: a node must not depend on its own output.',
    },
  );
}

function describe({ name, opType, output }: NodeProto): string {
  return `'${name || output[0]}' (${opType})`;
}
