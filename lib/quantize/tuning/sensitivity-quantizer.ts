import type { Model } from '../../onnx/model.js';
import type { CalibrationTable } from '../calibration/table.js';
import { type PlacementOptions, placementOptionNames } from '../placement/options.js';
import type { NodePlan } from '../placement/plan.js';
import { planPlacement } from '../placement/plan-placement.js';
import { type QuantizeOptions, quantize } from '../quantize.js';
import { type GroupBy, groupNodes, type QuantizationGroup } from './groups.js';

/** One model and its groups, of which any can be quantized. */
export class PartialQuantizer {
  /** The model, with names for all nodes. Not to be changed. */
  readonly model: Model;
  readonly groups: readonly QuantizationGroup[];
  readonly #table: CalibrationTable;
  readonly #options: QuantizeOptions;

  private constructor(
    model: Model,
    groups: readonly QuantizationGroup[],
    table: CalibrationTable,
    options: QuantizeOptions,
  ) {
    this.model = model;
    this.groups = groups;
    this.#table = table;
    this.#options = options;
  }

  /** @param options - how to quantize; what they keep in float is in no group. */
  static async of(
    model: Model,
    table: CalibrationTable,
    options: QuantizeOptions,
    groupBy: GroupBy,
  ): Promise<PartialQuantizer> {
    const copy = model.clone();
    copy.graph.nameNodes();
    const plan = await planPlacement(copy, placementOf(options));
    const hasRanges = ({ activations }: NodePlan) =>
      activations.every(({ tensor }) => plan.fixed.has(tensor) || table.ranges.has(tensor));
    const possible = { ...plan, nodes: plan.nodes.filter(hasRanges) };
    return new PartialQuantizer(copy, groupNodes(copy.graph, possible, groupBy), table, options);
  }

  /** A copy of the model with these groups quantized and the others in float. */
  async quantize(groups: readonly QuantizationGroup[]): Promise<Model> {
    return groups.length > 0
      ? quantize(this.model, this.#table, this.optionsFor(groups))
      : this.model.clone();
  }

  /** The options that have `quantize` quantize these groups only. */
  optionsFor(groups: readonly QuantizationGroup[]): QuantizeOptions {
    const chosen = new Set(groups.map(({ name }) => name));
    const others = this.groups.filter(({ name }) => !chosen.has(name));
    const { keepFloat = [] } = this.#options;
    return { ...this.#options, keepFloat: [...keepFloat, ...others.flatMap(({ nodes }) => nodes)] };
  }
}

/** The options of `quantize` that say where. */
export function placementOf(options: QuantizeOptions): PlacementOptions {
  const known = new Set<string>(placementOptionNames);
  return Object.fromEntries(Object.entries(options).filter(([name]) => known.has(name)));
}
