import { nameMatcher } from '../../name-patterns.js';
import type { Model } from '../../onnx/model.js';
import { findMatrixProducts, isLinear } from './linear.js';
import type { PlacementOptions } from './options.js';
import type { NodePlan, PlacementPlan } from './plan.js';

/**
 * Decides for every candidate node of a model whether it is quantized, and why.
 *
 * @param model - whose nodes all have names; see `Graph.nameNodes()`.
 * @throws TypeError when a pattern of `keepFloat` matches no candidate.
 */
export async function planPlacement(
  model: Model,
  { keepFloat = [] }: PlacementOptions = {},
): Promise<PlacementPlan> {
  const products = findMatrixProducts(model.graph);
  const isKept = nameMatcher(
    'options.keepFloat',
    keepFloat,
    products.map(({ node }) => node.name),
    'MatMul or Gemm nodes of the model',
  );
  const nodes = products.map((product): NodePlan => {
    const { name, opType } = product.node;
    const common = { node: name, opType, role: 'linear', unit: name } as const;
    const float = { action: 'float', activations: [], weight: undefined } as const;
    if (!isLinear(product)) return { ...common, ...float, reason: product.reason };
    if (isKept(name)) return { ...common, ...float, reason: 'options.keepFloat names it' };
    const { input, weight, axis } = product;
    return {
      ...common,
      action: 'quantize',
      reason: `constant weight '${weight}', calibrated input '${input}'`,
      activations: [{ index: 0, tensor: input }],
      weight: { index: 1, tensor: weight, axis },
    };
  });
  return { nodes, fixed: new Map(), unions: [] };
}
