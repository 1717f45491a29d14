import { TensorProto_DataType as ElementType, type NodeProto } from 'onnx-buf';
import { dynamicOperators, isQOperator, type Product, productsOf } from './products.js';
import { StorageByType } from './storage.js';
import type {
  ProductCounts,
  QuantizationKind,
  QuantizationSummary,
  SummaryStorage,
} from './summary.js';
import { typeName } from './values.js';
import { type Body, storedTensors } from './walk.js';

/** Finds out how a model is quantized, and which share of its products is. */
export function summariseQuantization(
  bodies: readonly Body[],
  storage: readonly SummaryStorage[],
): QuantizationSummary {
  const nodes = bodies.flatMap((body) => body.nodes);
  const products = bodies.flatMap(productsOf);
  const withWeights = countProducts(products.filter(({ weight }) => weight));
  const ofActivations = countProducts(products.filter(({ weight }) => !weight));
  const counts = {
    quantizeLinear: count(nodes, ({ opType }) => opType === 'QuantizeLinear'),
    dequantizeLinear: count(nodes, ({ opType }) => opType === 'DequantizeLinear'),
    integerOperators: count(nodes, isInteger),
  };
  const kind = kindOf(nodes, counts.quantizeLinear, withWeights);
  return {
    kind,
    text: textOf(kind, { withWeights, storage, type: quantizedTypeOf(bodies, products) }),
    ...counts,
    withWeights,
    ofActivations,
    weights: weightsOf(products),
  };
}

function isInteger(node: NodeProto): boolean {
  return isQOperator(node) || dynamicOperators.includes(node.opType);
}

function count<T>(items: readonly T[], matches: (item: T) => boolean): number {
  return items.filter(matches).length;
}

function countProducts(products: readonly Product[]): ProductCounts {
  return {
    total: products.length,
    quantized: count(products, ({ precision }) => precision === 'quantized'),
    weightOnly: count(products, ({ precision }) => precision === 'weight-only'),
  };
}

function kindOf(
  nodes: readonly NodeProto[],
  quantizeLinear: number,
  { quantized, weightOnly }: ProductCounts,
): QuantizationKind {
  if (nodes.some(({ opType }) => dynamicOperators.includes(opType))) return 'dynamic';
  if (nodes.some(isQOperator)) return 'qoperator';
  // A Q/DQ pair around weights alone quantizes no activation.
  if (quantizeLinear > 0 && (quantized > 0 || weightOnly === 0)) return 'qdq';
  return weightOnly > 0 ? 'weight-only' : 'none';
}

/** Each stored weight once, although several products may read it. */
function weightsOf(products: readonly Product[]): SummaryStorage[] {
  const byType = new StorageByType();
  const weights = new Set(products.map(({ weight }) => weight));
  for (const weight of weights) if (weight) byType.add(weight);
  return byType.totals();
}

/** What the quantized weights are stored as; where none is, what the zero points say. */
function quantizedTypeOf(bodies: readonly Body[], products: readonly Product[]): string {
  const stored = products.find(({ weight, precision }) => {
    return precision !== 'float' && weight && !floatTypes.includes(weight.dataType);
  });
  const type = stored?.weight?.dataType ?? zeroPointType(bodies);
  const name = type === undefined ? 'uint8' : typeName(type);
  return name.startsWith('float8') ? 'FP8' : name.toUpperCase();
}

const floatTypes: readonly number[] = [
  ElementType.FLOAT,
  ElementType.FLOAT16,
  ElementType.BFLOAT16,
  ElementType.DOUBLE,
];

function zeroPointType(bodies: readonly Body[]): number | undefined {
  for (const body of bodies) {
    const quantize = body.nodes.find(({ opType }) => opType === 'QuantizeLinear');
    for (const { name, tensor } of quantize ? storedTensors(body) : []) {
      if (name === quantize?.input[2]) return tensor.dataType;
    }
  }
  return undefined;
}

function textOf(
  kind: QuantizationKind,
  facts: { withWeights: ProductCounts; storage: readonly SummaryStorage[]; type: string },
): string {
  const { withWeights, type } = facts;
  const share = `${withWeights.quantized} of ${withWeights.total} products with weights`;
  const graph = floatText(facts.storage);
  switch (kind) {
    case 'qdq':
      return `static ${type} Q/DQ, ${share}, in a graph of ${graph}`;
    case 'weight-only':
      return `weight-only ${type}, ${withWeights.weightOnly} of ${withWeights.total} products with weights, in a graph of ${graph}`;
    case 'dynamic':
      return `dynamic ${type}, ${share}: TensorRT refuses it`;
    case 'qoperator':
      return `operators on ${type} (QLinear...), ${share}: TensorRT refuses them`;
    case 'none':
      return `not quantized, ${graph}`;
  }
}

const floatNames: Readonly<Record<string, string>> = {
  float32: 'FP32',
  float16: 'FP16',
  bfloat16: 'BF16',
  float64: 'FP64',
};

/** The float types that a model stores, the one with the most values first; a trace of one is left out. */
function floatText(storage: readonly SummaryStorage[]): string {
  const floats = storage.filter(({ type }) => type in floatNames);
  const all = floats.reduce((sum, { elements }) => sum + elements, 0);
  const names = floats
    .filter(({ elements }) => elements >= all / 100)
    .sort((a, b) => b.elements - a.elements)
    .map(({ type }) => floatNames[type]);
  return names.join(' and ') || 'no floats';
}
