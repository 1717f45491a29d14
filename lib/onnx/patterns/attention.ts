import type { NodeProto, TensorProto } from 'onnx-buf';
import type { Dim } from '../shapes/inferred-shapes.js';

/** What recognising a pattern asks of a graph; in a sub-graph, the answers may lie further out. */
export interface TensorLookups {
  producer(tensor: string): NodeProto | undefined;
  constant(tensor: string): TensorProto | undefined;
  consumers(tensor: string): readonly NodeProto[];
}

/** Attention as exporters write it: MatMul, something that scales and masks, Softmax, MatMul. */
export interface Attention {
  readonly softmax: NodeProto;
  /** Queries by keys. */
  readonly scores: NodeProto;
  /** Probabilities by values. */
  readonly context: NodeProto;
  /** Products that are added to the scores, as DeBERTa adds those with relative positions. */
  readonly addends: readonly NodeProto[];
}

/** The size of a head, where it is known: the last axis of the queries, the one before of the keys. */
export function headSizeOf(
  { scores }: Pick<Attention, 'scores'>,
  dims: (tensor: string) => readonly Dim[] | undefined,
): number | undefined {
  const [queries = '', keys = ''] = scores.input;
  const size = dims(queries)?.at(-1) ?? dims(keys)?.at(-2);
  return typeof size === 'number' ? size : undefined;
}

/** Stand between the first product and Softmax: scale, mask, and join or split heads. */
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
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Expand',
  'GatherElements',
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
  'Reshape',
]);

/** Operators that move the values of a tensor and change none. */
export const movers: ReadonlySet<string> = new Set([
  'Transpose',
  'Reshape',
  'Flatten',
  'Identity',
  'Cast',
  'Unsqueeze',
  'Squeeze',
  'Expand',
]);

/** How many nodes are followed from Softmax to either product. */
const farthest = 8;

/** The attention that a Softmax belongs to; undefined where it belongs to none. */
export function attentionAround(graph: TensorLookups, softmax: NodeProto): Attention | undefined {
  const [scores, ...addends] = productsBefore(graph, softmax.input[0] ?? '');
  const context = productBehind(graph, softmax.output[0] ?? '');
  return scores && context && { softmax, scores, context, addends };
}

/** The products whose sum is a tensor, in the order of the inputs that they come in by. */
function productsBefore(graph: TensorLookups, tensor: string): NodeProto[] {
  const found = new Set<NodeProto>();
  const seen = new Set<NodeProto>();
  const visit = (name: string, depth: number): void => {
    const producer = graph.producer(name);
    if (!producer || depth > farthest || seen.has(producer)) return;
    seen.add(producer);
    if (producer.opType === 'MatMul') {
      if (isComputed(graph, producer)) found.add(producer);
    } else if (scoreOperators.has(producer.opType)) {
      for (const input of producer.input) {
        if (input !== '' && !graph.constant(input)) visit(input, depth + 1);
      }
    }
  };
  visit(tensor, 0);
  return [...found];
}

function productBehind(graph: TensorLookups, tensor: string, depth = 0): NodeProto | undefined {
  if (depth > farthest) return undefined;
  for (const consumer of graph.consumers(tensor)) {
    if (consumer.opType === 'MatMul' && isComputed(graph, consumer)) return consumer;
    if (!probabilityOperators.has(consumer.opType)) continue;
    const found = productBehind(graph, consumer.output[0] ?? '', depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** Whether no factor of a product is a weight. */
function isComputed(graph: TensorLookups, { input }: NodeProto): boolean {
  return input.every((name) => {
    const producer = graph.producer(name);
    const source = producer?.opType === 'DequantizeLinear' ? (producer.input[0] ?? '') : name;
    return graph.constant(source) === undefined;
  });
}
