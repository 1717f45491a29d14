import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TensorProto } from 'onnx-buf';
import { TensorRTError } from '../errors.js';
import type { Graph } from '../onnx/graph/graph.js';
import type { Model } from '../onnx/model.js';
import type { Change } from '../onnx/passes/pass.js';
import { upgradeOpset } from '../onnx/passes/upgrade-opset.js';
import { readWeights } from '../onnx/tensor/weights.js';
import type { PrecisionReport } from '../precision/report.js';
import { toHalf } from '../precision/to-half.js';
import type { Tensor } from '../tensor.js';
import type { CalibrationTable } from './calibration/table.js';
import { decisionOn, type QuantizationDecision } from './decision.js';
import { type CheckedOptions, checkArguments, type QuantizeOptions } from './options.js';
import { nameApart, namedCopy } from './placement/named-copy.js';
import { type PlacementPlan, type PlannedWeight, tensorsToCalibrate } from './placement/plan.js';
import { planPlacement } from './placement/plan-placement.js';
import { QdqWriter } from './qdq/insert-qdq.js';
import { type StoredWeight, storeWeight } from './qdq/store-weights.js';
import { settleRanges } from './ranges.js';
import { isQuantized, type SettledNode, type StoreWeight, settle } from './settle.js';

export type { QuantizationDecision } from './decision.js';
export type { QuantizeOptions, QuantizeProgress } from './options.js';
export type { RangeOverrides } from './ranges.js';

/** A model with explicit Q/DQ. */
export interface QuantizedModel extends Model {
  /** Every candidate of the model, in graph order. */
  readonly report: readonly QuantizationDecision[];
  /** What raising the opset changed; empty where it was high enough. */
  readonly upgrades: readonly Change[];
  /** What became of all else; undefined with `precision: 'fp32'`. */
  readonly precision: PrecisionReport | undefined;
}

/**
 * Makes a copy of a model that computes in INT8 or FP8, or whose weights are stored in INT8 or INT4:
 * with explicit QuantizeLinear and DequantizeLinear where a placement plan wants them, activations
 * per tensor, weights per output channel or block, all symmetric. All else stays as it is, or
 * becomes FP16 or BF16; `report` tells what was done and why, node by node.
 *
 * The opset is raised where the number types need it: 13 for INT8, 19 for FP8, 21 for INT4 and blocks.
 *
 * A promise, because weights are read on the way, one at a time: what is held in memory is their
 * quantized form. Weights that stay are left where they are.
 *
 * @param table - the ranges of activations, from {@link calibrate}; undefined for the scheme
 * `'weights-only'`, which needs none.
 * @throws TypeError for wrong options, among them patterns that match nothing.
 * @throws TensorRTError `ERR_CALIBRATION` when nothing can be quantized or the table belongs to
 * another model, `ERR_UNSUPPORTED` when the opset cannot be raised, `ERR_ONNX_EXTERNAL_DATA` when
 * weights cannot be read, `ERR_PRECISION` when scales would become zero in half precision.
 */
export async function quantize(
  model: Model,
  table: CalibrationTable | undefined,
  options: QuantizeOptions = {},
): Promise<QuantizedModel> {
  const checked = checkArguments(model, table, options);
  checked.signal?.throwIfAborted();
  const { model: copy, changes: upgrades } = await prepare(model, checked);
  const plan = await planPlacement(copy, checked.placement);
  checkTable(model, plan, table, checked);
  const ranges = settleRanges(plan, table, checked.overrides, checked.type);
  const nodes = await settle(plan, ranges, weightStore(copy, plan, checked));
  write(copy.graph, nodes, checked);
  // Up to IR version 3 every initializer had to be an input as well.
  copy.setOpset(copy.opset, checked.irVersion);
  const report = nodes.map((node) => decisionOn(node, checked));
  const { model: result, precision } = await convertRest(copy, table, checked);
  return Object.assign(result, { report, upgrades, precision });
}

/** A copy with the opset that is needed, whose nodes all have names. */
async function prepare(model: Model, { opset, signal }: CheckedOptions) {
  const copy = namedCopy(model);
  const raised =
    copy.opset < opset ? await upgradeOpset(copy, opset, { signal }) : { model: copy, changes: [] };
  nameApart(raised.model.graph);
  return raised;
}

function checkTable(
  model: Model,
  plan: PlacementPlan,
  table: CalibrationTable | undefined,
  { overrides }: CheckedOptions,
): void {
  const tensors = tensorsToCalibrate(plan);
  const isKnown = (tensor: string) => table?.ranges.has(tensor);
  if (tensors.length === 0 || tensors.some(isKnown) || Object.keys(overrides).length > 0) return;
  throw new TensorRTError(
    'ERR_CALIBRATION',
    `The calibration table has no range for any of the ${tensors.length} tensors that quantization needs, such as '${tensors[0]}': it belongs to another model.`,
    { tensor: tensors[0], file: model.path, remedy: 'Calibrate this model.' },
  );
}

/** Quantizes each weight once, however many nodes use it. */
function weightStore(
  model: Model,
  plan: PlacementPlan,
  { weights: form, onProgress, signal }: CheckedOptions,
): StoreWeight {
  const keyOf = ({ tensor, axis }: PlannedWeight) => `${axis} ${tensor}`;
  const planned = plan.nodes.flatMap(({ weight }) => (weight ? [keyOf(weight)] : []));
  const total = new Set(planned).size;
  const begin = performance.now();
  const known = new Map<string, StoredWeight | string>();
  return async (weight) => {
    const found = known.get(keyOf(weight));
    if (found !== undefined) return found;
    // A weight takes milliseconds, a model hundreds of them: the event loop gets its turn between.
    await nextTurn();
    const proto = model.graph.constant(weight.tensor) as TensorProto;
    const values = await readWeights(model, proto, { signal });
    const stored = storeWeight(values as Tensor<'float32'>, weight, form);
    known.set(keyOf(weight), stored);
    onProgress({ weights: known.size, total, elapsedMs: performance.now() - begin });
    return stored;
  };
}

function write(graph: Graph, nodes: readonly SettledNode[], form: CheckedOptions): void {
  const writer = new QdqWriter(graph, form);
  const byName = new Map(nodes.filter(isQuantized).map((node) => [node.plan.node, node]));
  for (const node of graph.nodes) {
    const settled = byName.get(node.name);
    if (!settled) continue;
    const { plan, ranges, weight } = settled;
    plan.activations.forEach((activation, index) => {
      writer.quantizeActivation(node, activation, ranges[index]?.amax as number);
    });
    if (plan.weight && weight) writer.quantizeWeight(node, plan.weight, weight);
  }
  writer.finish();
}

/** Nodes whose tensors do not fit FP16 by the table stay FP32. */
async function convertRest(
  model: Model,
  table: CalibrationTable | undefined,
  { precision, scales, signal }: CheckedOptions,
): Promise<{ model: Model; precision: PrecisionReport | undefined }> {
  if (precision === 'fp32') return { model, precision: undefined };
  const half = await toHalf(model, {
    type: precision,
    scales,
    ...(table && { ranges: table }),
    signal,
  });
  return { model: half, precision: half.report };
}
