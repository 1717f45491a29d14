import type { NodeProto } from 'onnx-buf';
import { type Attention, attentionAround, headSizeOf, movers } from '../onnx/patterns/attention.js';
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

/** How many nodes are followed from a tensor to where it is quantized. */
const farthest = 8;

/** The attention blocks of a model that are written out. */
export function attentionBlocks(context: CheckContext): readonly AttentionBlock[] {
  return context.once('attention', () => context.ofType('Softmax').flatMap(blockAround));
}

function blockAround(site: Site): AttentionBlock[] {
  const found = attentionAround(site.scope, site.node);
  return found ? [describe(site, found)] : [];
}

function describe(softmax: Site, { scores, context }: Attention): AttentionBlock {
  const { scope } = softmax;
  const [queries = '', keys = ''] = scores.input;
  const [probabilities = '', values = ''] = context.input;
  return {
    scope,
    softmax,
    scores,
    context,
    elementType: scope.elementType(scores.output[0] ?? '') ?? scope.elementType(queries),
    headSize: headSizeOf({ scores }, (tensor) => scope.dims(tensor)),
    quantized: {
      queries: isQuantized(scope, queries),
      keys: isQuantized(scope, keys),
      probabilities: isQuantized(scope, probabilities),
      values: isQuantized(scope, values),
      output: entersQuantizer(scope, context.output[0] ?? ''),
    },
  };
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
