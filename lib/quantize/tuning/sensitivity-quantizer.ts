import { TensorRTError } from '../../errors.js';
import type { Model } from '../../onnx/model.js';
import type { CalibrationTable } from '../calibration/table.js';
import { namedCopy } from '../placement/named-copy.js';
import { placementOf } from '../placement/options.js';
import type { NodePlan } from '../placement/plan.js';
import { planPlacement } from '../placement/plan-placement.js';
import { type QuantizeOptions, quantize } from '../quantize.js';
import { type GroupBy, groupNodes, type QuantizationGroup } from './groups.js';

/** One model and its groups, of which any can be quantized. */
export class PartialQuantizer {
  /** The model, with a name of its own for each node. Not to be changed. */
  readonly model: Model;
  readonly groups: readonly QuantizationGroup[];
  readonly table: CalibrationTable | undefined;
  readonly #options: QuantizeOptions;
  /** Every node that could be quantized, also those that the plan leaves in float. */
  readonly #candidates: readonly NodePlan[];

  private constructor(
    model: Model,
    groups: readonly QuantizationGroup[],
    candidates: readonly NodePlan[],
    table: CalibrationTable | undefined,
    options: QuantizeOptions,
  ) {
    this.model = model;
    this.groups = groups;
    this.#candidates = candidates;
    this.table = table;
    this.#options = options;
  }

  /** @param options - how to quantize; what they keep in float is in no group. */
  static async of(
    model: Model,
    table: CalibrationTable | undefined,
    options: QuantizeOptions,
    groupBy: GroupBy,
  ): Promise<PartialQuantizer> {
    const copy = namedCopy(model);
    const plan = await planPlacement(copy, placementOf(options));
    const hasRanges = ({ activations }: NodePlan) =>
      activations.every(({ tensor }) => plan.fixed.has(tensor) || table?.ranges.has(tensor));
    const possible = { ...plan, nodes: plan.nodes.filter(hasRanges) };
    const groups = groupNodes(copy.graph, possible, groupBy);
    return new PartialQuantizer(copy, groups, plan.nodes, table, options);
  }

  /** How many linear layers these groups have, and how many there are in all. */
  countLinear(groups: readonly QuantizationGroup[]): { quantized: number; total: number } {
    const chosen = new Set(groups.flatMap(({ nodes }) => nodes));
    const all = this.groups.flatMap(({ nodes }) => nodes);
    const possible = new Set(all);
    const linear = this.#candidates.filter(
      ({ role, node }) => role === 'linear' && possible.has(node),
    );
    const quantized = linear.filter(({ node }) => chosen.has(node)).length;
    return { quantized, total: linear.length };
  }

  /**
   * A copy of the model with these groups quantized and all else in float32, whatever precision the
   * options give it: what is compared is quantization alone.
   */
  async quantize(groups: readonly QuantizationGroup[]): Promise<Model> {
    const { precision: _, scales: __, ...options } = this.optionsFor(groups);
    if (groups.length === 0) return this.model.clone();
    try {
      return await quantize(this.model, this.table, options);
    } catch (error) {
      // There are nodes that are not worth quantizing unless their neighbours are.
      const isPart = groups.length < this.groups.length;
      const isNothing = error instanceof TensorRTError && error.code === 'ERR_CALIBRATION';
      if (isPart && isNothing) return this.model.clone();
      throw error;
    }
  }

  /** The options that have `quantize` quantize these groups only. */
  optionsFor(groups: readonly QuantizationGroup[]): QuantizeOptions {
    const chosen = new Set(groups.flatMap(({ nodes }) => nodes));
    const others = this.#candidates.filter(({ node }) => !chosen.has(node));
    return { ...this.#options, keepFloat: others.map(({ node }) => node) };
  }
}
