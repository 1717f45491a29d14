import type { NodeProto } from 'onnx-buf';
import { movers } from '../../onnx/patterns/attention.js';
import { better, type Candidate, never, type Obstacle } from './candidate.js';
import type { PlacementContext } from './context.js';

/** Let Q and DQ pass, as they choose among values or move them. */
const transparent = new Set([...movers, 'MaxPool']);

/** A Concat, and what has to have one scale with it. */
export interface ConcatCandidate extends Candidate {
  readonly union: readonly string[];
}

/**
 * A Concat of computed tensors between quantized layers. With one scale for its inputs and for what
 * is read from it, it moves INT8 values and computes nothing.
 *
 * @param layers - candidates by node.
 */
export function concatCandidate(
  context: PlacementContext,
  node: NodeProto,
  layers: ReadonlyMap<NodeProto, Candidate>,
): ConcatCandidate | null {
  const [output = ''] = node.output;
  const rank = context.dims(output)?.length;
  if (rank === undefined || rank < 3 || !context.isFloat32(output)) return null;
  const readers = readersBehind(context, output, layers);
  const read = readers.flatMap((reader) => ('layer' in reader ? [reader.tensor] : []));
  const fixed = whyNot(context, node, readers);
  return {
    node,
    role: 'concat',
    unit: node.name,
    reason: `one scale for its ${node.input.length} inputs and its output`,
    activations: node.input.map((tensor, index) => ({ index, tensor })),
    weight: undefined,
    needs: readers.flatMap((reader) => ('layer' in reader ? [reader.layer] : [])),
    union: [...new Set([...node.input, ...read])],
    obstacle: (isQuantized) => {
      if (fixed) return fixed;
      const inFloat = readers.find((reader) => 'layer' in reader && !isQuantized(reader.layer));
      return inFloat && better(`it feeds '${inFloat.name}', which stays in float`);
    },
  };
}

/** A layer behind a tensor, and the tensor that it reads; or a node of another kind. */
type Reader =
  | { readonly name: string; readonly layer: NodeProto; readonly tensor: string }
  | { readonly name: string };

function whyNot(
  context: PlacementContext,
  { input, output }: NodeProto,
  readers: readonly Reader[],
): Obstacle | undefined {
  const { graph } = context;
  if ([...input, ...output].some((tensor) => context.hasQdq(tensor))) {
    return never('the model has Q/DQ nodes here already');
  }
  if (input.some((tensor) => graph.constant(tensor))) return never('one of its inputs is constant');
  const other = readers.find((reader) => !('layer' in reader));
  if (other) return better(`it feeds '${other.name}', which is no layer to quantize`);
  return readers.length > 0 ? undefined : better('it feeds no layer');
}

function readersBehind(
  context: PlacementContext,
  tensor: string,
  layers: ReadonlyMap<NodeProto, Candidate>,
): Reader[] {
  const { graph } = context;
  if (graph.isOutput(tensor)) return [{ name: tensor }];
  return graph.consumers(tensor).flatMap((node): Reader[] => {
    if (node.opType === 'Shape') return [];
    if (layers.get(node)?.activations.some((activation) => activation.tensor === tensor)) {
      return [{ name: node.name, layer: node, tensor }];
    }
    return transparent.has(node.opType)
      ? readersBehind(context, node.output[0] ?? '', layers)
      : [{ name: node.name }];
  });
}

/** Joins lists that have a tensor in common. */
export function joinUnions(lists: readonly (readonly string[])[]): string[][] {
  const unions = new Map<string, Set<string>>();
  for (const list of lists) {
    const joined = new Set(list);
    for (const tensor of list) {
      for (const other of unions.get(tensor) ?? []) joined.add(other);
    }
    for (const tensor of joined) unions.set(tensor, joined);
  }
  return [...new Set(unions.values())].map((union) => [...union]);
}
