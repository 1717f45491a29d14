import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NodeProto, TensorProto } from 'onnx-buf';
import { checkOptions, invalidArgument } from '../arguments.js';
import { TensorRTError } from '../errors.js';
import { nameMatcher } from '../name-patterns.js';
import { loadAddon } from '../native.js';
import { Model } from '../onnx/model.js';
import { readWeights } from '../onnx/tensor/weights.js';
import type { Tensor } from '../tensor.js';
import type { QuantizedWeights } from './calibration/native-calibration.js';
import { CalibrationTable, type TensorRange } from './calibration/table.js';
import {
  findLinearNodes,
  findMatrixProducts,
  isLinear,
  type LinearNode,
} from './placement/linear.js';
import { Placement, scaleOf } from './qdq/insert-qdq.js';

export interface QuantizeOptions {
  /**
   * Names of nodes that stay in float; `*` stands for any characters. Nodes without a name have
   * the name that the report gives them.
   */
  keepFloat?: readonly string[];
}

/** What was done with one MatMul or Gemm, and why. */
export interface QuantizationDecision {
  readonly node: string;
  readonly opType: string;
  readonly action: 'int8' | 'float';
  readonly reason: string;
  /** The range of the tensor that enters the node, where it is INT8. */
  readonly inputAmax?: number;
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
  checkTable(model, table);

  const copy = model.clone();
  copy.graph.nameNodes();
  const decisions = await decideAll(copy, table, options.keepFloat ?? []);
  const placement = new Placement(copy.graph);
  for (const { int8 } of decisions) {
    if (int8) placement.place(int8.linear, int8.amax, int8.weights);
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
  checkOptions('options', options, ['keepFloat']);
  const { keepFloat = [] } = options;
  if (!Array.isArray(keepFloat) || keepFloat.some((name) => typeof name !== 'string')) {
    throw invalidArgument('options.keepFloat', 'an array of node names', keepFloat);
  }
}

function checkTable(model: Model, table: CalibrationTable): void {
  const linear = findLinearNodes(model);
  if (linear.some(({ input }) => table.ranges.has(input))) return;
  throw new TensorRTError(
    'ERR_CALIBRATION',
    `The calibration table has no range for any of the ${linear.length} nodes that could be quantized, such as '${linear[0]?.input}': it belongs to another model.`,
    { tensor: linear[0]?.input, file: model.path, remedy: 'Calibrate this model.' },
  );
}

interface Decision {
  /** For the report. */
  readonly entry: QuantizationDecision;
  /** What to put into the graph, where the action is 'int8'. */
  readonly int8?: { linear: LinearNode; amax: number; weights: QuantizedWeights };
}

async function decideAll(
  model: Model,
  table: CalibrationTable,
  keepFloat: readonly string[],
): Promise<Decision[]> {
  const products = findMatrixProducts(model.graph);
  const isKept = nameMatcher(
    'options.keepFloat',
    keepFloat,
    products.map(({ node }) => node.name),
    'MatMul or Gemm nodes of the model',
  );
  const weightsOf = weightQuantizer(model);
  const decisions: Decision[] = [];
  for (const product of products) {
    const { node } = product;
    if (!isLinear(product)) {
      decisions.push(stayFloat(node, product.reason));
    } else if (isKept(node.name)) {
      decisions.push(stayFloat(node, 'options.keepFloat names it'));
    } else {
      decisions.push(await decide(product, table.ranges.get(product.input), weightsOf));
    }
  }
  return decisions;
}

async function decide(
  linear: LinearNode,
  range: TensorRange | undefined,
  weightsOf: (linear: LinearNode) => Promise<QuantizedWeights | null>,
): Promise<Decision> {
  const { node, input, weight } = linear;
  const problem = whyRangeIsUnusable(range);
  if (!range || problem) return stayFloat(node, `its input '${input}' ${problem}`);
  const weights = await weightsOf(linear);
  if (!weights) return stayFloat(node, `its weight '${weight}' has NaN or infinite values`);

  const { nonFinite, amax } = range;
  const ignored = nonFinite > 0 ? `, without ${nonFinite} NaN or infinite values` : '';
  const reason = `constant weight '${weight}', calibrated input '${input}'${ignored}`;
  const { name, opType } = node;
  return {
    entry: { node: name, opType, action: 'int8', reason, inputAmax: amax },
    int8: { linear, amax, weights },
  };
}

function stayFloat({ name, opType }: NodeProto, reason: string): Decision {
  return { entry: { node: name, opType, action: 'float', reason } };
}

const smallestNormal = 2 ** -126;

function whyRangeIsUnusable(range: TensorRange | undefined): string | undefined {
  if (!range) return 'was not calibrated';
  if (range.count > 0 && range.absmax === 0) return 'was always 0 in calibration';
  if (range.count === 0) {
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
  return async ({ weight, axis }: LinearNode): Promise<QuantizedWeights | null> => {
    const key = `${axis} ${weight}`;
    let quantized = known.get(key);
    if (quantized === undefined) {
      // A weight takes milliseconds, a model hundreds of them: the event loop gets its turn between.
      await nextTurn();
      const proto = model.graph.constant(weight) as TensorProto;
      const { dims, data } = (await readWeights(model, proto)) as Tensor<'float32'>;
      const [rows = 0, columns = 0] = dims;
      quantized =
        axis === 1
          ? quantizeWeights(data, rows, columns, 1)
          : quantizeWeights(data, 1, rows, columns);
      known.set(key, quantized);
    }
    return quantized;
  };
}
