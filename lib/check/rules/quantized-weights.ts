import { TensorProto_DataType as ElementType, type NodeProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { elementTypeName } from '../../onnx/tensor/element-types.js';
import type { CheckContext } from '../context.js';
import {
  dequantizerOf,
  isBlocked,
  isConstantChain,
  isPerTensor,
  isQuantizedActivation,
  type Quantizer,
  quantizersOf,
  toQuantizer,
  weightedOperators,
} from '../quantizers.js';
import { rule } from '../rule.js';
import type { Scope, Site } from '../scope.js';
import { placeOf } from './zero-points.js';

const perChannelActivation = rule({
  code: 'activation-per-channel',
  severity: 'warning',
  title: 'An activation quantized per channel',
  why: 'TensorRT takes scales per channel for weights only: with one here it builds, and computes the product in float.',
  remedy: 'Quantize activations per tensor, with one scale.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'Q' || isPerTensor(quantizer) || isBlocked(quantizer)) continue;
      if (quantizer.scope.constant(quantizer.input)) continue;
      const { dims = [] } = quantizer.scale ?? {};
      yield {
        ...placeOf(quantizer),
        what: `The activation '${quantizer.input}' has ${dims.join(' x ')} scales.`,
      };
    }
  },
});

const axisOnK = rule({
  code: 'weight-axis',
  severity: 'warning',
  title: 'Weight scales along the summed axis',
  why: 'A scale can leave the sum only where it is the same for all its terms: TensorRT builds the model and computes the product in float.',
  remedy:
    'Quantize the weight along its output channels: axis 1 of [K, N], axis 0 of [N, K] and of a Conv, axis 1 of a ConvTranspose.',
  *find(context) {
    for (const { site, quantizer } of quantizedWeights(context)) {
      if (isPerTensor(quantizer) || isBlocked(quantizer)) continue;
      const rank = quantizer.scope.dims(quantizer.input)?.length;
      const expected = outputAxis(site.node, rank);
      const given = getInt(quantizer.node, 'axis') ?? 1;
      const axis = given < 0 && rank ? given + rank : given;
      if (expected === undefined || axis === expected) continue;
      yield {
        node: site.reference,
        tensor: quantizer.input,
        what: `The weight of ${site.node.opType} has its scales along axis ${axis}; its output channels are axis ${expected}.`,
      };
    }
  },
});

const axisMissing = rule({
  code: 'weight-axis-missing',
  severity: 'info',
  title: 'Scales per channel without an axis',
  why: 'ONNX means axis 1. The parser of TensorRT 10.1 and older took 0, which is another axis.',
  remedy: 'Write the axis.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (isPerTensor(quantizer) || isBlocked(quantizer)) continue;
      if (getInt(quantizer.node, 'axis') !== undefined) continue;
      yield {
        ...placeOf(quantizer),
        what: `${quantizer.node.opType} has scales per channel and no axis.`,
      };
    }
  },
});

const quantizedBias = rule({
  code: 'bias-quantized',
  severity: 'error',
  parserDecides: true,
  title: 'A bias stored as INT32',
  why: "TensorRT's DequantizeLinear takes no INT32: the parser refuses the node.",
  remedy:
    'Keep biases in float: QuantizeBias: False in ONNX Runtime; or let fix() compute the float bias.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'DQ' || quantizer.quantizedType !== ElementType.INT32) continue;
      yield { ...placeOf(quantizer), what: 'DequantizeLinear dequantizes an INT32 tensor.' };
    }
  },
});

/** What TensorRT's Q/DQ layers take (NvInfer.h, IQuantizeLayer); UINT8 and INT32 have rules of their own. */
const takenTypes: ReadonlySet<number> = new Set([
  ElementType.INT8,
  ElementType.INT4,
  ElementType.FLOAT8E4M3FN,
  ElementType.FLOAT4E2M1,
  ElementType.UINT8,
  ElementType.INT32,
]);

const otherType = rule({
  code: 'quantized-type',
  severity: 'error',
  parserDecides: true,
  title: 'Quantized to a type that TensorRT does not take',
  why: 'TensorRT quantizes to INT8, INT4, FP8 (E4M3) and FP4 (E2M1).',
  remedy: 'Quantize to INT8, or to FP8 for GPUs from compute capability 8.9 on.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      const { quantizedType } = quantizer;
      if (quantizedType === undefined || takenTypes.has(quantizedType)) continue;
      yield {
        ...placeOf(quantizer),
        what: `${quantizer.node.opType} works with ${elementTypeName(quantizedType)}.`,
      };
    }
  },
});

const blockedWithActivation = rule({
  code: 'block-weight-int8-activation',
  severity: 'error',
  title: 'INT8 weights with scales per block, and an INT8 activation',
  why: 'Scales inside the sum cannot be applied to an INT8 product. TensorRT for RTX 1.7 builds one over all blocks all the same, or its compiler fails.',
  remedy:
    'Give the weight one scale per output channel, or leave the activation in half precision (weight-only).',
  *find(context) {
    for (const { site, quantizer } of quantizedWeights(context)) {
      if (!isBlocked(quantizer) || quantizer.quantizedType !== ElementType.INT8) continue;
      if (!isQuantizedActivation(site.scope, site.node.input[0] ?? '')) continue;
      yield {
        node: site.reference,
        tensor: quantizer.input,
        what: `${site.node.opType} multiplies an INT8 activation by a weight quantized in blocks.`,
      };
    }
  },
});

const weightOnly = rule({
  code: 'weight-only',
  severity: 'info',
  title: 'Weights are INT8, activations are not',
  why: 'TensorRT dequantizes such weights inside a product in float: the engine is smaller, and the arithmetic is that of the float model.',
  remedy:
    'Nothing, if memory is what you want to save; calibrate and quantize activations for speed.',
  *find(context) {
    for (const { site, quantizer } of quantizedWeights(context)) {
      if (isQuantizedActivation(site.scope, site.node.input[0] ?? '')) continue;
      yield {
        node: site.reference,
        tensor: quantizer.input,
        what: `${site.node.opType} has a quantized weight and a float activation.`,
      };
    }
  },
});

const storedFloat = rule({
  code: 'weight-stored-float',
  severity: 'info',
  title: 'Quantized weights stored as float',
  why: 'The file is four times as large as with INT8 weights. The engine is the same: TensorRT quantizes them when it builds.',
  remedy: 'Store weights as INT8 with DequantizeLinear only, as quantize() of this package does.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'Q' || !quantizer.scope.constant(quantizer.input)) continue;
      yield {
        ...placeOf(quantizer),
        what: `The constant '${quantizer.input}' is stored as float and quantized in the graph.`,
      };
    }
  },
});

const notDequantized = rule({
  code: 'int8-constant-use',
  severity: 'error',
  title: 'An INT8 constant that is not dequantized',
  why: 'TensorRT allows a quantized constant only right before a DequantizeLinear: the model parses, and the build fails.',
  remedy:
    'Put DequantizeLinear right behind the constant: before the Gather of an embedding, in place of Cast and Mul of a weight.',
  *find(context) {
    for (const scope of context.scopes) {
      for (const { node, reference } of scope.sites) {
        if (node.opType === 'DequantizeLinear' || node.opType === 'Constant') continue;
        const tensor = node.input.find((name, index) => isInt8Data(scope, node, name, index));
        if (tensor === undefined) continue;
        yield {
          node: reference,
          tensor,
          what: `${node.opType} reads the INT8 constant '${tensor}'.`,
        };
      }
    }
  },
});

function isInt8Data(scope: Scope, { opType }: NodeProto, name: string, index: number): boolean {
  // The zero point of a QuantizeLinear, and those of the operators that TensorRT lacks anyway.
  if (/Quantize|QLinear|Integer/.test(opType) && index > 0) return false;
  const type = scope.constant(name)?.dataType;
  return type === ElementType.INT8 || type === ElementType.INT4;
}

/** The products whose weight is a dequantized constant. */
function* quantizedWeights(context: CheckContext): Generator<{ site: Site; quantizer: Quantizer }> {
  for (const site of context.ofType(...weightedOperators)) {
    const dq = dequantizerOf(site.scope, site.node.input[1] ?? '');
    if (!dq || !isConstantChain(site.scope, dq)) continue;
    yield { site, quantizer: toQuantizer({ ...site, node: dq }) };
  }
}

/** The axis of a weight that counts output channels; undefined for more than two dimensions of a MatMul. */
function outputAxis(node: NodeProto, rank: number | undefined): number | undefined {
  if (node.opType === 'Conv') return 0;
  if (node.opType === 'ConvTranspose') return 1;
  if (rank !== 2) return undefined;
  return node.opType === 'Gemm' && getInt(node, 'transB') ? 0 : 1;
}

export const quantizedWeightRules = [
  perChannelActivation,
  axisOnK,
  axisMissing,
  quantizedBias,
  otherType,
  blockedWithActivation,
  weightOnly,
  storedFloat,
  notDequantized,
] as const;
