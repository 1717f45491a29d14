import type { NodeProto } from 'onnx-buf';
import type { CheckContext } from './context.js';
import { isQuantizedActivation } from './quantizers.js';
import type { Scope, Site } from './scope.js';

/** Attention as exporters write it: MatMul, something that scales and masks, Softmax, MatMul. */
export interface AttentionBlock {
  readonly scope: Scope;
  readonly softmax: Site;
  /** Queries by keys. */
  readonly scores: NodeProto;
  /** Probabilities by values. */
  readonly context: NodeProto;
  readonly elementType: number | undefined;
  readonly headSize: number | undefined;
  /** What of it is quantized, by the names users know. */
  readonly quantized: Readonly<Record<AttentionPart, boolean>>;
}

export type AttentionPart = 'queries' | 'keys' | 'probabilities' | 'values' | 'output';

/** Stand between the first product and Softmax: scale and mask. */
const scoreOperators = new Set([
  'Add',
  'Mul',
  'Div',
  'Sub',
  'Where',
  'Cast',
  'Identity',
  'Dropout',
  'Clip',
  'Max',
]);

/** Stand between Softmax and the second product. */
const probabilityOperators = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'Cast',
  'Dropout',
  'Identity',
  'Where',
  'Mul',
]);

/** Move the values of a tensor and change none. */
const movers = new Set([
  'Transpose',
  'Reshape',
  'Identity',
  'Cast',
  'Unsqueeze',
  'Squeeze',
  'Expand',
]);

const farthest = 8;

/** The attention blocks of a model that are written out. */
export function attentionBlocks(context: CheckContext): readonly AttentionBlock[] {
  return context.once('attention', () => context.ofType('Softmax').flatMap(blockAround));
}

function blockAround(softmax: Site): AttentionBlock[] {
  const { node, scope } = softmax;
  const scores = scoresBefore(scope, node.input[0] ?? '');
  const product = productBehind(scope, node.output[0] ?? '');
  return scores && product ? [describe(softmax, scores, product)] : [];
}

function describe(softmax: Site, scores: NodeProto, context: NodeProto): AttentionBlock {
  const { scope } = softmax;
  const [queries = '', keys = ''] = scores.input;
  const [probabilities = '', values = ''] = context.input;
  const headSize = scope.dims(queries)?.at(-1) ?? scope.dims(keys)?.at(-2);
  return {
    scope,
    softmax,
    scores,
    context,
    elementType: scope.elementType(scores.output[0] ?? '') ?? scope.elementType(queries),
    headSize: typeof headSize === 'number' ? headSize : undefined,
    quantized: {
      queries: isQuantized(scope, queries),
      keys: isQuantized(scope, keys),
      probabilities: isQuantized(scope, probabilities),
      values: isQuantized(scope, values),
      output: entersQuantizer(scope, context.output[0] ?? ''),
    },
  };
}

/** The product that makes the scores; undefined where the chain leads elsewhere. */
function scoresBefore(scope: Scope, tensor: string, depth = 0): NodeProto | undefined {
  const producer = scope.producer(tensor);
  if (!producer || depth > farthest) return undefined;
  if (producer.opType === 'MatMul') return isComputed(scope, producer) ? producer : undefined;
  if (!scoreOperators.has(producer.opType)) return undefined;
  for (const input of producer.input) {
    if (input === '' || scope.constant(input)) continue;
    const found = scoresBefore(scope, input, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function productBehind(scope: Scope, tensor: string, depth = 0): NodeProto | undefined {
  if (depth > farthest) return undefined;
  for (const consumer of scope.consumers(tensor)) {
    if (consumer.opType === 'MatMul' && isComputed(scope, consumer)) return consumer;
    if (!probabilityOperators.has(consumer.opType)) continue;
    const found = productBehind(scope, consumer.output[0] ?? '', depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** Whether no factor of a product is a weight. */
function isComputed(scope: Scope, { input }: NodeProto): boolean {
  return input.every((name) => {
    const producer = scope.producer(name);
    const source = producer?.opType === 'DequantizeLinear' ? (producer.input[0] ?? '') : name;
    return scope.constant(source) === undefined;
  });
}

/** Whether a tensor was dequantized, at once or before it was moved. */
function isQuantized(scope: Scope, tensor: string, depth = 0): boolean {
  if (isQuantizedActivation(scope, tensor)) return true;
  const producer = scope.producer(tensor);
  if (!producer || !movers.has(producer.opType) || depth > farthest) return false;
  return isQuantized(scope, producer.input[0] ?? '', depth + 1);
}

function entersQuantizer(scope: Scope, tensor: string, depth = 0): boolean {
  return scope.consumers(tensor).some((consumer) => {
    if (consumer.opType === 'QuantizeLinear') return true;
    if (!movers.has(consumer.opType) || depth > farthest) return false;
    return entersQuantizer(scope, consumer.output[0] ?? '', depth + 1);
  });
}
