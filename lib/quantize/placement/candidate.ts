import type { NodeProto } from 'onnx-buf';
import type { NodeRole, PlannedActivation, PlannedWeight } from './plan.js';

/** Why a node is to stay in float. */
export interface Obstacle {
  /** A clause that follows "stays in float:". */
  readonly reason: string;
  /** Whether it cannot be quantized at all. What merely would not pay, a rule of the user may order. */
  readonly isFinal: boolean;
}

/** A node that quantization has to say something about. */
export interface Candidate {
  readonly node: NodeProto;
  readonly role: NodeRole;
  readonly unit: string;
  /** Why it is quantized, where nothing speaks against it. */
  readonly reason: string;
  readonly activations: readonly PlannedActivation[];
  readonly weight: PlannedWeight | undefined;
  /** Nodes without whose quantization this one would gain nothing. */
  readonly needs: readonly NodeProto[];
  /**
   * What speaks against it.
   *
   * @param isQuantized - whether another node is quantized. Layers are decided first, then attention,
   * residuals and concats.
   */
  readonly obstacle: (isQuantized: (node: NodeProto) => boolean) => Obstacle | undefined;
}

/** The node cannot be quantized. */
export function never(reason: string): Obstacle {
  return { reason, isFinal: true };
}

/** It could be quantized, but had better not. */
export function better(reason: string): Obstacle {
  return { reason, isFinal: false };
}

/** A candidate that stays in float whatever becomes of the others. */
export function stays(node: NodeProto, role: NodeRole, obstacle: Obstacle): Candidate {
  const nothing = { reason: '', activations: [], weight: undefined, needs: [] };
  return { node, role, unit: node.name, ...nothing, obstacle: () => obstacle };
}
