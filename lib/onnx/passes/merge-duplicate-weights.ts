import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { TensorProto } from 'onnx-buf';
import { checkOptions } from '../../arguments.js';
import { isExternal } from '../file/external.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model.js';
import { readRawData } from '../tensor/values.js';
import { type PassResult, type Report, runPass } from './pass.js';

/**
 * Lets weights that are equal (type, dimensions and bytes) be one. Weights of sub-graphs are merged
 * with each other and with those around them.
 *
 * Only weights that begin alike are read as a whole, and those in files piece by piece.
 */
export async function mergeDuplicateWeights(
  model: Model,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<PassResult> {
  checkOptions('options', options, ['signal']);
  return runPass('mergeDuplicateWeights', model, (copy, report) =>
    mergeDuplicateWeightsIn(copy, report, options.signal),
  );
}

export async function mergeDuplicateWeightsIn(
  model: Model,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  const graphs = model.graphs();
  const shared = await lookalikes(model, signal);
  /** By graph, the first weight of each content. */
  const kept = new Map<Graph, Map<string, string>>();
  for (const graph of graphs) {
    const own = new Map<string, string>();
    kept.set(graph, own);
    const merged = new Set<TensorProto>();
    for (const tensor of graph.proto.initializer) {
      if (!shared.has(tensor) || graph.isInput(tensor.name) || graph.isOutput(tensor.name))
        continue;
      const key = `${lookOf(tensor)} ${await digest(model, tensor, Number.POSITIVE_INFINITY, signal)}`;
      const original = find(kept, graph, key);
      if (original === undefined) {
        own.set(key, tensor.name);
        continue;
      }
      graph.replaceUses(tensor.name, original);
      merged.add(tensor);
      report(tensor.name, `merged with '${original}', which is equal`);
    }
    if (merged.size === 0) continue;
    graph.proto.initializer = graph.proto.initializer.filter((tensor) => !merged.has(tensor));
    graph.changed();
  }
}

function find(kept: ReadonlyMap<Graph, ReadonlyMap<string, string>>, graph: Graph, key: string) {
  for (let place: Graph | undefined = graph; place; place = place.outer) {
    const name = kept.get(place)?.get(key);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The tensors that begin like another one of their type and shape, so that all of it is worth reading. */
async function lookalikes(model: Model, signal?: AbortSignal): Promise<Set<TensorProto>> {
  const tensors = model.graphs().flatMap(({ proto }) => proto.initializer);
  const alike = groups(tensors, lookOf);
  const found = new Set<TensorProto>();
  for (const group of alike) {
    const heads = new Map<TensorProto, string>();
    for (const tensor of group) heads.set(tensor, await digest(model, tensor, headBytes, signal));
    for (const same of groups(group, (tensor) => heads.get(tensor) ?? '')) {
      for (const tensor of same) found.add(tensor);
    }
  }
  return found;
}

/** The groups of two or more with one key. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const byKey = new Map<string, T[]>();
  for (const item of items) {
    const group = byKey.get(keyOf(item));
    if (group) group.push(item);
    else byKey.set(keyOf(item), [item]);
  }
  return [...byKey.values()].filter((group) => group.length > 1);
}

function lookOf({ dataType, dims }: TensorProto): string {
  return `${dataType} [${dims}]`;
}

const headBytes = 4096;
/** What is hashed in one go, and the most of a file that is in memory. */
const pieceBytes = 4 * 1024 * 1024;

/** Names the first `length` bytes of a tensor by their content. */
async function digest(
  model: Model,
  tensor: TensorProto,
  length: number,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  if (isExternal(tensor)) {
    const range = model.externalData.locate(tensor).head(length);
    const buffer = new Uint8Array(Math.min(range.byteLength, pieceBytes) || 1);
    await range.copyTo(buffer, signal, async (piece) => {
      hash.update(piece);
    });
    return hash.digest('hex');
  }
  const bytes = (await readRawData(model, tensor)).subarray(0, length);
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
    signal?.throwIfAborted();
    hash.update(bytes.subarray(start, start + pieceBytes));
    // Hashing holds up the event loop, but not for long at a time.
    if (start > 0) await setImmediate();
  }
  return hash.digest('hex');
}
