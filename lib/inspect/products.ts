import type { NodeProto, TensorProto } from 'onnx-buf';
import { elementTypeName } from '../onnx/tensor/element-types.js';
import { elementCount } from '../tensor.js';
import { dimsOf } from './values.js';
import { type Body, storedTensors } from './walk.js';

/** The operators that multiply matrices, with the position of the second operand. */
const secondOperand: Readonly<Record<string, number>> = {
  MatMul: 1,
  Gemm: 1,
  Conv: 1,
  ConvTranspose: 1,
  FusedMatMul: 1,
  FusedGemm: 1,
  FusedConv: 1,
  MatMulNBits: 1,
  MatMulInteger: 1,
  ConvInteger: 1,
  MatMulIntegerToFloat: 1,
  DynamicQuantizeMatMul: 1,
  QLinearMatMul: 3,
  QLinearConv: 3,
  QGemm: 3,
};

/** Ranges are found while the model runs, or products are of integers: TensorRT has no such thing. */
export const dynamicOperators: readonly string[] = [
  'DynamicQuantizeLinear',
  'DynamicQuantizeMatMul',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'ConvInteger',
  'DynamicQuantizeLSTM',
];

/** Operators on quantized tensors, such as QLinearMatMul, which TensorRT's parser does not know. */
export function isQOperator({ opType }: NodeProto): boolean {
  return /^(QLinear|QGemm|QAttention|QEmbedLayer|QOrdered)/.test(opType);
}

/** The operators that move values or change their type, and so leave them quantized or not. */
const moving: ReadonlySet<string> = new Set([
  'Transpose',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Identity',
  'Cast',
  'Slice',
  'Split',
  'Expand',
  'Gather',
]);

const quantizedType = /^U?INT(8|4|2)$|^FLOAT(8|4)/;

/** One operand of a product. */
interface Operand {
  /** The stored tensor that it comes from, where it is no computed tensor. */
  readonly weight: TensorProto | undefined;
  readonly quantized: boolean;
}

/** A node that multiplies, as far as its precision goes. */
export interface Product {
  readonly node: NodeProto;
  readonly weight: TensorProto | undefined;
  readonly precision: 'quantized' | 'weight-only' | 'float';
}

/** The nodes of a body that multiply, each with the weight it reads and the precision it has. */
export function productsOf(body: Body): Product[] {
  const origins = new Origins(body);
  return body.nodes.flatMap((node) => {
    const second = secondOperand[node.opType];
    if (second === undefined) return [];
    return [classify(node, origins.of(node.input[0] ?? ''), origins.of(node.input[second] ?? ''))];
  });
}

function classify(node: NodeProto, a: Operand, b: Operand): Product {
  const stored = b.weight ? b : a;
  const integer = isQOperator(node) || dynamicOperators.includes(node.opType);
  if (integer || (a.quantized && b.quantized)) {
    return { node, weight: stored.weight, precision: 'quantized' };
  }
  const weightOnly = stored.weight !== undefined && stored.quantized;
  return { node, weight: stored.weight, precision: weightOnly ? 'weight-only' : 'float' };
}

/** Where the tensors of a body come from. */
class Origins {
  readonly #producers = new Map<string, NodeProto>();
  /** Stored tensors, and those computed from stored ones alone, with the largest behind each. */
  readonly #stored = new Map<string, Operand>();

  constructor(body: Body) {
    for (const { name, tensor } of storedTensors(body)) {
      const quantized = quantizedType.test(elementTypeName(tensor.dataType));
      this.#stored.set(name, { weight: tensor, quantized });
    }
    for (const node of body.nodes) {
      for (const output of node.output) this.#producers.set(output, node);
      this.#followStored(node);
    }
  }

  of(name: string): Operand {
    const stored = this.#stored.get(name);
    if (stored) return stored;
    let producer = this.#producers.get(name);
    while (producer && moving.has(producer.opType)) {
      producer = this.#producers.get(producer.input[0] ?? '');
    }
    return { weight: undefined, quantized: producer?.opType === 'DequantizeLinear' };
  }

  #followStored(node: NodeProto): void {
    const sources = node.input
      .filter((name) => name !== '')
      .map((name) => this.#stored.get(name))
      .filter((source) => source !== undefined);
    if (sources.length === 0 || sources.length < node.input.filter(Boolean).length) return;
    const largest = sources.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
    const quantized = largest.quantized || node.opType === 'DequantizeLinear';
    for (const output of node.output) {
      if (output !== '') this.#stored.set(output, { ...largest, quantized });
    }
  }
}

function sizeOf({ weight }: Operand): number {
  return weight ? elementCount(dimsOf(weight)) : 0;
}
