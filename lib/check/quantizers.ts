import { TensorProto_DataType as ElementType, type NodeProto, type TensorProto } from 'onnx-buf';
import { getInt } from '../onnx/attributes.js';
import type { CheckContext } from './context.js';
import type { Scope, Site } from './scope.js';

/** A QuantizeLinear or DequantizeLinear, with what it is told. */
export interface Quantizer extends Site {
  readonly kind: 'Q' | 'DQ';
  /** The tensor that enters it. */
  readonly input: string;
  readonly output: string;
  /** Undefined where it is computed. */
  readonly scale: TensorProto | undefined;
  readonly scaleName: string;
  /** Undefined where there is none, or where it is computed. */
  readonly zeroPoint: TensorProto | undefined;
  readonly hasZeroPoint: boolean;
  /** The element type of the quantized tensor, as ONNX defines it. */
  readonly quantizedType: number | undefined;
}

/** Every Q and DQ of ONNX in a model. */
export function quantizersOf(context: CheckContext): readonly Quantizer[] {
  return context.once('quantizers', () =>
    context.ofType('QuantizeLinear', 'DequantizeLinear').map(toQuantizer),
  );
}

export function toQuantizer(site: Site): Quantizer {
  const { node, scope } = site;
  const [input = '', scaleName = '', zeroPointName = ''] = node.input;
  const kind = node.opType === 'QuantizeLinear' ? 'Q' : 'DQ';
  return {
    ...site,
    kind,
    input,
    output: node.output[0] ?? '',
    scaleName,
    scale: scope.constant(scaleName),
    zeroPoint: scope.constant(zeroPointName),
    hasZeroPoint: zeroPointName !== '',
    quantizedType:
      kind === 'DQ'
        ? (scope.elementType(input) ?? zeroPointType(scope, zeroPointName))
        : (zeroPointType(scope, zeroPointName) ?? outputType(node)),
  };
}

function zeroPointType(scope: Scope, name: string): number | undefined {
  return name === '' ? undefined : scope.elementType(name);
}

/** ONNX, QuantizeLinear: without a zero point, `output_dtype` decides, and without that it is UINT8. */
function outputType(node: NodeProto): number {
  return getInt(node, 'output_dtype') || ElementType.UINT8;
}

/** More than one scale: one per channel, or one per block. */
export function isPerTensor({ scale }: Quantizer): boolean {
  return scale === undefined || scale.dims.length === 0 || scale.dims.every((dim) => dim === 1n);
}

export function isBlocked({ node }: Quantizer): boolean {
  return (getInt(node, 'block_size') ?? 0) > 0;
}

/** The DequantizeLinear whose output a node's input is, if any. */
export function dequantizerOf(scope: Scope, tensor: string): NodeProto | undefined {
  const producer = scope.producer(tensor);
  return producer?.opType === 'DequantizeLinear' ? producer : undefined;
}

/** Whether a tensor is what Q and DQ made of an activation, not of a constant. */
export function isQuantizedActivation(scope: Scope, tensor: string): boolean {
  const dq = dequantizerOf(scope, tensor);
  return dq !== undefined && !isConstantChain(scope, dq);
}

/** Whether a DQ dequantizes a constant: stored as integers, or quantized in the graph. */
export function isConstantChain(scope: Scope, dq: NodeProto): boolean {
  const input = dq.input[0] ?? '';
  if (scope.constant(input)) return true;
  const q = scope.producer(input);
  return q?.opType === 'QuantizeLinear' && scope.constant(q.input[0] ?? '') !== undefined;
}

/** The nodes that do the work: what quantization is for. */
export const weightedOperators = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose'];
