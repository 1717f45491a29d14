import { TensorProto_DataType as ElementType, type NodeProto } from 'onnx-buf';
import type { Target } from '../../engine/build/build-switches.js';
import { nodeText } from '../finding.js';
import { integerOperators } from '../operators.js';
import { isQuantizedActivation, quantizersOf, weightedOperators } from '../quantizers.js';
import { rule } from '../rule.js';
import type { Scope } from '../scope.js';
import { placeOf } from './zero-points.js';

/** Operators that hand INT8 values on as they are; Q moves back and DQ forward past them. */
const movers = new Set([
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'Slice',
  'Split',
  'Gather',
  'Concat',
  'Expand',
  'Tile',
  'MaxPool',
]);

const onlyQuantized = rule({
  code: 'quantize-without-dequantize',
  severity: 'warning',
  title: 'QuantizeLinear without DequantizeLinear',
  why: 'TensorRT makes an INT8 product of a float one between DQ and Q; operators on INT8 tensors themselves it computes as they stand, without their scales.',
  remedy: 'Put a DequantizeLinear with the same scale behind it.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'Q') continue;
      const other = strangeConsumer(quantizer.scope, quantizer.output);
      if (!other) continue;
      yield {
        ...placeOf(quantizer),
        what: `${nodeText(other)} reads what QuantizeLinear wrote, without DequantizeLinear.`,
      };
    }
  },
});

/** The first reader of a quantized tensor, past those that only move values, that is no DQ. */
function strangeConsumer(scope: Scope, tensor: string, depth = 0): NodeProto | undefined {
  for (const consumer of scope.consumers(tensor)) {
    if (consumer.opType === 'DequantizeLinear') continue;
    if (/Integer|QLinear/.test(consumer.opType)) continue;
    if (!movers.has(consumer.opType) || depth > 20) return consumer;
    const further = strangeConsumer(scope, consumer.output[0] ?? '', depth + 1);
    if (further) return further;
  }
  return undefined;
}

const onlyDequantized = rule({
  code: 'dequantize-without-quantize',
  severity: 'warning',
  title: 'DequantizeLinear of a computed tensor that nothing quantized',
  why: 'TensorRT reads the values as they are: there is no scale they were made with, and no INT8 product comes of it.',
  remedy: 'Quantize by QuantizeLinear, with the same scale and zero point.',
  *find(context) {
    for (const quantizer of quantizersOf(context)) {
      if (quantizer.kind !== 'DQ') continue;
      const source = sourceOf(quantizer.scope, quantizer.input);
      if (!source || /Quantize|QLinear|Integer/.test(source.opType)) continue;
      yield {
        ...placeOf(quantizer),
        what: `DequantizeLinear reads what ${nodeText(source)} computed.`,
      };
    }
  },
});

/** The node that computed a tensor, past those that only move values. */
function sourceOf(scope: Scope, tensor: string, depth = 0): NodeProto | undefined {
  const producer = scope.producer(tensor);
  if (!producer || producer.opType === 'Constant' || depth > 20) return undefined;
  if (!movers.has(producer.opType)) return producer;
  return sourceOf(scope, producer.input[0] ?? '', depth + 1);
}

const integer = rule({
  code: 'integer-operator',
  severity: 'error',
  parserDecides: true,
  title: 'Dynamic quantization, or quantized operators',
  why: 'TensorRT has no INT8 arithmetic with scales computed at run time, and none of the QLinear operators: its parser refuses them.',
  remedy:
    'Start again from the float model and quantize it statically in the Q/DQ form: calibrate() and quantize(), or quantize_static with QuantFormat.QDQ.',
  *find(context) {
    for (const { node, reference } of context.ofType(...integerOperators)) {
      const kind = /Dynamic|Integer|QAttention/.test(node.opType)
        ? 'dynamic quantization'
        : 'the QOperator form of quantization';
      yield { node: reference, what: `${node.opType} belongs to ${kind}.` };
    }
  },
});

const fp8Targets: ReadonlySet<Target> = new Set(['sm89', 'sm120', 'sm121', 'current']);

const fp8Target = rule({
  code: 'fp8-target',
  severity: 'error',
  title: 'FP8 for a GPU that has none',
  why: 'FP8 needs compute capability 8.9 or later: for an older one the build fails.',
  remedy: 'Leave the older targets out, or quantize to INT8.',
  *find(context) {
    const old = context.target.targets.filter((target) => !fp8Targets.has(target));
    if (old.length === 0) return;
    const found = quantizersOf(context).find(
      ({ quantizedType }) => quantizedType === ElementType.FLOAT8E4M3FN,
    );
    if (!found) return;
    yield {
      ...placeOf(found),
      what: `The model is quantized to FP8, and the targets have ${old.join(', ')}.`,
    };
  },
});

const residual = rule({
  code: 'residual-not-quantized',
  severity: 'info',
  title: 'A residual Add in float',
  why: "TensorRT's guide asks for Q/DQ on the skip branch, since the Add decides the type of the fused output; quantizing it also costs accuracy, so measure both.",
  remedy:
    'Nothing, unless the profile shows the Add to be slow; then put one Q/DQ pair on the skip branch.',
  *find(context) {
    for (const { node, scope, reference } of context.ofType('Add')) {
      const [first = '', second = ''] = node.input;
      if (scope.constant(first) || scope.constant(second)) continue;
      if (isQuantizedActivation(scope, first) || isQuantizedActivation(scope, second)) continue;
      const product = [first, second].find((input) => comesFromQuantized(scope, input));
      if (product === undefined) continue;
      yield {
        node: reference,
        what: 'Add joins the output of a quantized product with a float tensor.',
      };
    }
  },
});

/** Whether a tensor is the output of a quantized product, its bias added or not. */
function comesFromQuantized(scope: Scope, tensor: string): boolean {
  let producer = scope.producer(tensor);
  if (producer?.opType === 'Add') {
    producer = producer.input
      .map((input) => scope.producer(input))
      .find((node) => weightedOperators.includes(node?.opType ?? ''));
  }
  return (
    producer !== undefined &&
    weightedOperators.includes(producer.opType) &&
    isQuantizedActivation(scope, producer.input[0] ?? '') &&
    scope.producer(producer.input[1] ?? '')?.opType === 'DequantizeLinear'
  );
}

export const quantizedGraphRules = [
  onlyQuantized,
  onlyDequantized,
  integer,
  fp8Target,
  residual,
] as const;
