import type { NodeProto, TensorProto } from 'onnx-buf';
import { getInt } from '../onnx/attributes.js';
import type { Graph } from '../onnx/graph/graph.js';
import { movers } from '../onnx/patterns/attention.js';

/** Stand between a table and the `Gather` that reads it, and keep its shape. */
const shapeKeepers = new Set(['Cast', 'Identity', 'QuantizeLinear', 'DequantizeLinear']);

/**
 * How many rows the smallest of the tables has that a tensor of integers picks from by `Gather`;
 * undefined where it picks from none whose size is known.
 */
export function rowsIndexedBy(graph: Graph, tensor: string): number | undefined {
  const seen = new Set([tensor]);
  let rows: number | undefined;
  // The set grows by what the tensor becomes on its way.
  for (const name of seen) {
    for (const node of graph.consumers(name)) {
      if (movers.has(node.opType) && node.input[0] === name) seen.add(node.output[0] ?? '');
      if (node.opType !== 'Gather' || node.input[1] !== name) continue;
      const size = rowsOf(graph, node);
      if (size !== undefined) rows = Math.min(rows ?? size, size);
    }
  }
  return rows;
}

function rowsOf(graph: Graph, gather: NodeProto): number | undefined {
  const table = tableOf(graph, gather.input[0] ?? '');
  const axis = getInt(gather, 'axis') ?? 0;
  const size = table?.dims.at(axis);
  return size === undefined ? undefined : Number(size);
}

function tableOf(graph: Graph, tensor: string): TensorProto | undefined {
  let name = tensor;
  for (;;) {
    const constant = graph.constant(name);
    if (constant) return constant;
    const producer = graph.producer(name);
    if (!producer || !shapeKeepers.has(producer.opType)) return undefined;
    name = producer.input[0] ?? '';
  }
}
