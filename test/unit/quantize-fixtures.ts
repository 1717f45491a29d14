import type { NodeProto } from 'onnx-buf';
import type { Model } from '../../dist/onnx/model.js';
import { CalibrationTable, type TensorRange } from '../../dist/quantize/calibration/table.js';
import { buildModel, type ModelSpec, randomTensor } from './helpers.js';

/** Evenly spread numbers from 0 to 1, the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A table that says of each tensor how large it gets. */
export function tableOf(ranges: Record<string, number | Partial<TensorRange>>): CalibrationTable {
  const entries = Object.entries(ranges).map(([name, given]) => {
    const range = typeof given === 'number' ? { amax: given } : given;
    const { amax = 1, absmax = amax, count = 1, nonFinite = 0 } = range;
    return [name, { amax, absmax, count, nonFinite, method: 'absmax' }] as const;
  });
  return new CalibrationTable({ method: 'absmax', samples: 1, ranges: new Map(entries) });
}

/** One node that reads `x` [n, 16] and writes `y`. */
export function oneNode(node: ModelSpec['nodes'][number], changes: Partial<ModelSpec> = {}): Model {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 16] }],
    outputs: [{ name: 'y', type: 'float32', dims: undefined }],
    initializers: { w: randomTensor([16, 16]) },
    nodes: [node],
    ...changes,
  });
}

export const product = { opType: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['y'] };

/** @throws Error when there is none of that name. */
export function node(model: Model, name: string): NodeProto {
  const found = model.graph.nodes.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`No node ${name}`);
  return found;
}
