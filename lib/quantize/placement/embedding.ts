import type { NodeProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { better, type Candidate, never } from './candidate.js';
import { throughIdentities } from './constants.js';
import type { PlacementContext } from './context.js';
import { smallestSide } from './limits.js';

/** A Gather from a constant FP32 table with a row for each token; null for any other Gather. */
export function embeddingCandidate(
  { graph }: PlacementContext,
  node: NodeProto,
  isWanted: boolean,
): Candidate | null {
  const table = throughIdentities(graph, node.input[0] ?? '');
  const { dims = [], dataType = 0 } = graph.constant(table) ?? {};
  if (toDataType(dataType) !== 'float32' || dims.length !== 2) return null;
  if ((getInt(node, 'axis') ?? 0) !== 0 || graph.constant(node.input[1] ?? '')) return null;
  const isTiny = dims.some((dim) => dim < smallestSide);
  const tiny = `its table is [${dims.join(', ')}], too small to gain anything`;
  const obstacle = isTiny
    ? never(tiny)
    : isWanted
      ? undefined
      : better('options.embeddings is off');
  return {
    node,
    role: 'embedding',
    unit: node.name,
    reason: `constant table '${table}', a scale for each of ${dims[0]} rows`,
    activations: [],
    weight: { index: 0, tensor: table, axis: 0 },
    needs: [],
    obstacle: () => obstacle,
  };
}
