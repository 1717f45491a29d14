/**
 * The model of the quickstart: a sentence encoder, its pooling, and a linear classifier that says
 * whether a film review is favourable.
 */
import { Model } from 'tensorrt-node';
import { addBert, type BertConfig, batchAndSequence, bertOpset } from '../models/bert-onnx.js';
import { GraphBuilder } from '../models/graph-builder.js';
import type { Weights } from '../models/weights.js';
import type { LogisticModel } from './logistic.js';

/** Reads token ids and gives `embedding`, FP32 `[batch, hidden_size]` of length 1. */
export function embeddingModel(weights: Weights, config: BertConfig): Model {
  const graph = new GraphBuilder('sentence-encoder', bertOpset);
  addPooledEncoder(graph, weights, config);
  graph.output('embedding', ['batch', config.hidden_size]);
  return Model.fromProto(graph.build());
}

/** Reads token ids and gives `logits`, FP32 `[batch, 2]`: unfavourable, favourable. */
export function sentimentModel(weights: Weights, config: BertConfig, head: LogisticModel): Model {
  const graph = new GraphBuilder('sentiment', bertOpset);
  const embedding = addPooledEncoder(graph, weights, config);
  addClassifier(graph, embedding, head);
  graph.output('logits', ['batch', 2]);
  return Model.fromProto(graph.build());
}

/**
 * Pools as sentence-transformers does for this encoder: the mean of the tokens, scaled to length 1.
 * The sum takes the place of the mean, since scaling makes them equal.
 */
function addPooledEncoder(graph: GraphBuilder, weights: Weights, config: BertConfig): string {
  const { lastHiddenState, mask } = addBert(graph, weights, config);
  const scope = '/pooling';
  const column = graph.node('Unsqueeze', scope, [mask, graph.integers('last_axis', [-1])]);
  const tokens = graph.node('Mul', scope, [lastHiddenState, column]);
  const sequenceAxis = graph.integers('sequence_axis', [batchAndSequence.indexOf('sequence')]);
  const sum = graph.node('ReduceSum', scope, [tokens, sequenceAxis], {
    attributes: { keepdims: 0 },
  });
  const length = graph.node('ReduceL2', scope, [sum, 'last_axis'], { attributes: { keepdims: 1 } });
  return graph.node('Div', scope, [sum, length], { output: 'embedding' });
}

/** Two logits that differ by the score of the logistic regression, so that softmax gives its odds. */
function addClassifier(graph: GraphBuilder, embedding: string, { weights, bias }: LogisticModel) {
  const half = Float32Array.from(weights, (weight) => weight / 2);
  const rows = Float32Array.of(...half.map((weight) => -weight), ...half);
  const weight = graph.floats('classifier.weight', [2, weights.length], rows);
  const offset = graph.floats('classifier.bias', [2], Float32Array.of(-bias / 2, bias / 2));
  graph.node('Gemm', '/classifier', [embedding, weight, offset], {
    attributes: { transB: 1 },
    output: 'logits',
  });
}
