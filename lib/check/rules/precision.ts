import { TensorProto_DataType as ElementType, type NodeProto } from 'onnx-buf';
import { quantizersOf, weightedOperators } from '../quantizers.js';
import { rule } from '../rule.js';
import type { Scope } from '../scope.js';

const halfTypes: ReadonlySet<number> = new Set([ElementType.FLOAT16, ElementType.BFLOAT16]);

const float32Only = rule({
  code: 'float32-only',
  severity: 'warning',
  title: 'A model in FP32 alone',
  why: 'TensorRT 11 and TensorRT for RTX take the precision from the model and have no switch for it: this engine will be FP32.',
  remedy: 'Convert it by toHalf(), or calibrate and quantize it.',
  *find(context) {
    const products = context.ofType(...weightedOperators);
    if (products.length === 0 || quantizersOf(context).length > 0) return;
    const hasHalf = context.scopes.some(({ graph }) =>
      graph.proto.initializer.some(({ dataType }) => halfTypes.has(dataType)),
    );
    if (hasHalf) return;
    const isFloat = products.every(({ node, scope }) =>
      node.input.slice(0, 2).some((name) => scope.elementType(name) === ElementType.FLOAT),
    );
    if (!isFloat) return;
    yield { what: `All ${products.length} products and convolutions of the model are FP32.` };
  },
});

const decomposedNorm = rule({
  code: 'layer-norm-decomposed',
  severity: 'info',
  title: 'LayerNorm written as single operators',
  why: 'In FP16 the squares overflow beyond 256, which makes infinity or NaN of them; as one operator TensorRT computes it in FP32 inside.',
  remedy:
    'Export with opset 17 or later, which has LayerNormalization; toHalf() keeps such a group in FP32.',
  *find(context) {
    const groups = context
      .ofType('Sqrt')
      .filter(({ node, scope }) => isDeviation(scope, node))
      .map((site) => ({ site, type: site.scope.elementType(site.node.input[0] ?? '') }));
    const [first] = groups;
    if (!first) return;
    const half = groups.find(({ type }) => type === ElementType.FLOAT16);
    yield {
      node: (half ?? first).site.reference,
      what: `${groups.length} LayerNorms are written as ReduceMean, Sub, Pow, Sqrt and Div${half ? ', in FP16' : ''}.`,
      ...(half && { severity: 'warning' as const }),
    };
  },
});

/** Whether a Sqrt computes the standard deviation: sqrt(mean((x - mean(x))²) + epsilon). */
function isDeviation(scope: Scope, sqrt: NodeProto): boolean {
  const add = scope.producer(sqrt.input[0] ?? '');
  if (add?.opType !== 'Add') return false;
  const variance = inputBy(scope, add, 'ReduceMean');
  const square = variance && scope.producer(variance.input[0] ?? '');
  if (!square || (square.opType !== 'Pow' && square.opType !== 'Mul')) return false;
  const centred = throughCast(scope, square.input[0] ?? '');
  return centred?.opType === 'Sub' && inputBy(scope, centred, 'ReduceMean') !== undefined;
}

function inputBy(scope: Scope, node: NodeProto, opType: string): NodeProto | undefined {
  return node.input
    .map((name) => scope.producer(name))
    .find((producer) => producer?.opType === opType);
}

function throughCast(scope: Scope, tensor: string): NodeProto | undefined {
  const producer = scope.producer(tensor);
  return producer?.opType === 'Cast' ? scope.producer(producer.input[0] ?? '') : producer;
}

export const precisionRules = [float32Only, decomposedNorm] as const;
