import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TensorProto } from 'onnx-buf';
import { checkOptions, invalidArgument } from '../arguments.js';
import { TensorRTError } from '../errors.js';
import { loadAddon } from '../native.js';
import { Model } from '../onnx/model.js';
import { readWeights } from '../onnx/tensor/weights.js';
import { elementCount, type Tensor } from '../tensor.js';
import type { QuantizedWeights } from './calibration/native-calibration.js';
import { CalibrationTable, type TensorRange } from './calibration/table.js';
import {
  checkPlacementOptions,
  type PlacementOptions,
  placementOptionNames,
} from './placement/options.js';
import {
  type NodePlan,
  type NodeRole,
  type PlacementPlan,
  type PlannedWeight,
  tensorsToCalibrate,
} from './placement/plan.js';
import { planPlacement } from './placement/plan-placement.js';
import { QdqWriter, scaleOf } from './qdq/insert-qdq.js';

export interface QuantizeOptions extends PlacementOptions {}

/** What was done with one candidate node, and why. */
export interface QuantizationDecision {
  readonly node: string;
  readonly opType: string;
  readonly role: NodeRole;
  readonly action: 'int8' | 'float';
  readonly reason: string;
  /** The ranges of the activations that enter the node quantized, by tensor. */
  readonly amax?: Readonly<Record<string, number>>;
}

/** A model with explicit Q/DQ. */
export interface QuantizedModel extends Model {
  /** Every MatMul and Gemm of the model, in graph order. */
  readonly report: readonly QuantizationDecision[];
}

/**
 * Makes a copy of a model whose MatMul and Gemm nodes with constant weights compute in INT8:
 * activations per tensor, weights per output channel, both symmetric. Weights are stored as INT8,
 * which makes the file smaller. All else stays as it is; `report` tells what was done, node by node.
 *
 * A promise, because weights in external files are read on the way.
 *
 * @throws TensorRTError `ERR_ONNX_INVALID` when the model's opset is below 13, `ERR_CALIBRATION`
 * when nothing can be quantized or the table belongs to another model, `ERR_ONNX_EXTERNAL_DATA`
 * when weights cannot be read.
 */
export async function quantize(
  model: Model,
  table: CalibrationTable,
  options: QuantizeOptions = {},
): Promise<QuantizedModel> {
  checkArguments(model, table, options);
  const copy = model.clone();
  copy.graph.nameNodes();
  const plan = await planPlacement(copy, options);
  checkTable(model, plan, table);
  const decisions = await decideAll(copy, plan, table);
  const writer = new QdqWriter(copy.graph);
  const nodes = new Map(copy.graph.nodes.map((node) => [node.name, node]));
  for (const { plan, int8 } of decisions) {
    const node = nodes.get(plan.node);
    if (!node || !int8) continue;
    plan.activations.forEach((activation, i) => {
      writer.quantizeActivation(node, activation, int8.amax[i] as number);
    });
    if (plan.weight && int8.weights) writer.quantizeWeight(node, plan.weight, int8.weights);
  }
  copy.graph.removeUnused();
  // Up to IR version 3 every initializer had to be an input as well; opset 13 came with 7.
  copy.setOpset(copy.opset, 7);
  return Object.assign(copy, { report: decisions.map(({ entry }) => entry) });
}

function checkArguments(model: Model, table: CalibrationTable, options: QuantizeOptions): void {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  if (!(table instanceof CalibrationTable)) {
    throw invalidArgument('table', 'a CalibrationTable', table);
  }
  checkOptions('options', options, placementOptionNames);
  checkPlacementOptions('options', options);
}

function checkTable(model: Model, plan: PlacementPlan, table: CalibrationTable): void {
  const tensors = tensorsToCalibrate(plan);
  if (tensors.length === 0 || tensors.some((tensor) => table.ranges.has(tensor))) return;
  throw new TensorRTError(
    'ERR_CALIBRATION',
    `The calibration table has no range for any of the ${tensors.length} tensors that quantization needs, such as '${tensors[0]}': it belongs to another model.`,
    { tensor: tensors[0], file: model.path, remedy: 'Calibrate this model.' },
  );
}

interface Decision {
  /** For the report. */
  readonly entry: QuantizationDecision;
  readonly plan: NodePlan;
  /** What to put into the graph, where the action is 'int8'. */
  readonly int8?: { amax: readonly number[]; weights: QuantizedWeights | undefined };
}

async function decideAll(
  model: Model,
  { nodes, fixed }: PlacementPlan,
  table: CalibrationTable,
): Promise<Decision[]> {
  const weightsOf = weightQuantizer(model);
  const rangeOf = (tensor: string): TensorRange | undefined => {
    const amax = fixed.get(tensor);
    return amax === undefined
      ? table.ranges.get(tensor)
      : { amax, absmax: amax, count: 0, nonFinite: 0, method: 'given' };
  };
  const decisions: Decision[] = [];
  for (const plan of nodes) decisions.push(await decide(plan, rangeOf, weightsOf));
  return decisions;
}

async function decide(
  plan: NodePlan,
  rangeOf: (tensor: string) => TensorRange | undefined,
  weightsOf: (weight: PlannedWeight) => Promise<QuantizedWeights | null>,
): Promise<Decision> {
  if (plan.action === 'float') return stayFloat(plan, plan.reason);
  const amax: number[] = [];
  let nonFinite = 0;
  for (const { tensor } of plan.activations) {
    const range = rangeOf(tensor);
    const problem = whyRangeIsUnusable(range);
    if (!range || problem) return stayFloat(plan, `its input '${tensor}' ${problem}`);
    amax.push(range.amax);
    nonFinite += range.nonFinite;
  }
  const weights = plan.weight && (await weightsOf(plan.weight));
  if (weights === null) {
    return stayFloat(plan, `its weight '${plan.weight?.tensor}' has NaN or infinite values`);
  }
  const ignored = nonFinite > 0 ? `, without ${nonFinite} NaN or infinite values` : '';
  const { node, opType, role } = plan;
  const entry: QuantizationDecision = {
    node,
    opType,
    role,
    action: 'int8',
    reason: plan.reason + ignored,
    amax: Object.fromEntries(plan.activations.map(({ tensor }, i) => [tensor, amax[i] as number])),
  };
  return { entry, plan, int8: { amax, weights } };
}

function stayFloat(plan: NodePlan, reason: string): Decision {
  const { node, opType, role } = plan;
  return { entry: { node, opType, role, action: 'float', reason }, plan };
}

const smallestNormal = 2 ** -126;

function whyRangeIsUnusable(range: TensorRange | undefined): string | undefined {
  if (!range) return 'was not calibrated';
  if (range.count > 0 && range.absmax === 0) return 'was always 0 in calibration';
  if (range.count === 0 && range.method !== 'given') {
    return range.nonFinite > 0
      ? 'was never finite in calibration'
      : 'never had a value in calibration';
  }
  if (scaleOf(range.amax) < smallestNormal)
    return `has a range of ${range.amax}, too small to scale`;
  return undefined;
}

/** Quantizes each weight once, however many nodes use it. Null is for weights that are not finite. */
function weightQuantizer(model: Model) {
  const { quantizeWeights } = loadAddon();
  const known = new Map<string, QuantizedWeights | null>();
  return async ({ tensor: name, axis }: PlannedWeight): Promise<QuantizedWeights | null> => {
    const key = `${axis} ${name}`;
    let quantized = known.get(key);
    if (quantized === undefined) {
      // A weight takes milliseconds, a model hundreds of them: the event loop gets its turn between.
      await nextTurn();
      const proto = model.graph.constant(name) as TensorProto;
      const { dims, data } = (await readWeights(model, proto)) as Tensor<'float32'>;
      const outer = elementCount(dims.slice(0, axis));
      const channels = dims[axis] as number;
      quantized = quantizeWeights(data, outer, channels, elementCount(dims.slice(axis + 1)));
      known.set(key, quantized);
    }
    return quantized;
  };
}
