/** What stands on an encoder of the BERT family: the outputs of a model, for a task. */
import { TensorRTError } from 'tensorrt-node';
import { batchAndSequence } from './bert-onnx.js';
import { type FamilyName, families } from './family.js';
import type { GraphBuilder } from './graph-builder.js';
import { addGemm, addLinear, scopeOf } from './linear.js';
import type { Weights } from './weights.js';

/**
 * | head | outputs |
 * | --- | --- |
 * | `'none'` | `last_hidden_state`, `[batch, sequence, hidden]` |
 * | `'pooler'` | the same, and `pooler_output`, `[batch, hidden]` |
 * | `'classification'` | `logits`, `[batch, labels]` |
 * | `'question-answering'` | `start_logits` and `end_logits`, `[batch, sequence]` |
 */
export const headNames = ['none', 'pooler', 'classification', 'question-answering'] as const;

export type Head = (typeof headNames)[number];

/** What a classifier tells apart. */
export const labels = 2;

/** The layer that says how likely an answer begins and ends at each token. */
export const questionAnswering = 'qa_outputs';

/** The last hidden state, by its name in the graph. */
export interface Hidden {
  readonly name: string;
  readonly size: number;
}

/**
 * Adds a head and the outputs of the graph.
 *
 * @throws TensorRTError `ERR_FILE` when the family has no such head, or a weight is missing.
 */
export function addHead(
  graph: GraphBuilder,
  weights: Weights,
  family: FamilyName,
  head: Head,
  hidden: Hidden,
): void {
  if (head === 'question-answering') addSpans(graph, weights, hidden);
  else if (head === 'classification') addClassifier(graph, weights, family, hidden);
  else addHiddenState(graph, hidden);
  if (head === 'pooler') addPooler(graph, weights, family, hidden);
}

function addHiddenState(graph: GraphBuilder, { name, size }: Hidden): void {
  graph.node('Identity', '', [name], { output: 'last_hidden_state' });
  graph.output('last_hidden_state', [...batchAndSequence, size]);
}

function addPooler(
  graph: GraphBuilder,
  weights: Weights,
  family: FamilyName,
  hidden: Hidden,
): void {
  const { pooler } = families[family];
  if (!pooler) {
    throw new TensorRTError('ERR_FILE', `The family '${family}' has no pooler.`, {
      remedy: "Choose the head 'none', which gives the last hidden state.",
    });
  }
  const pooled = addGemm(graph, weights, pooler, firstToken(graph, hidden));
  graph.node('Tanh', scopeOf(pooler), [pooled], { output: 'pooler_output' });
  graph.output('pooler_output', ['batch', hidden.size]);
}

function addClassifier(
  graph: GraphBuilder,
  weights: Weights,
  family: FamilyName,
  hidden: Hidden,
): void {
  const { dense, activation, output } = families[family].classifier;
  const product = addGemm(graph, weights, dense, firstToken(graph, hidden));
  const features = graph.node(activation, scopeOf(dense), [product]);
  addGemm(graph, weights, output, features, { output: 'logits' });
  graph.output('logits', ['batch', labels]);
}

function addSpans(graph: GraphBuilder, weights: Weights, hidden: Hidden): void {
  const logits = addLinear(graph, weights, questionAnswering, hidden.name);
  const columns = ['/start', '/end'];
  graph.nodeOf('Split', '', [logits], columns, { attributes: { axis: -1, num_outputs: 2 } });
  const lastAxis = graph.integers('last_axis', [-1]);
  for (const column of columns) {
    const output = `${column.slice(1)}_logits`;
    graph.node('Squeeze', '', [column, lastAxis], { output });
    graph.output(output, batchAndSequence);
  }
}

/** `[CLS]`, or `<s>`: what speaks for the whole text. */
function firstToken(graph: GraphBuilder, { name }: Hidden): string {
  const index = graph.integer('first_token', 0);
  return graph.node('Gather', '', [name, index], { attributes: { axis: 1 } });
}
