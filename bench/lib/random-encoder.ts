import { Model } from '../../dist/index.js';
import { addBert, batchAndSequence, bertOpset } from '../../scripts/quickstart/bert-onnx.js';
import { GraphBuilder } from '../../scripts/quickstart/graph-builder.js';
import type { Weight } from '../../scripts/quickstart/safetensors.js';

export interface EncoderSize {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Default: that of BERT, 30,522. */
  readonly vocabulary?: number;
  /** The longest sequence. Default: 512. */
  readonly positions?: number;
}

/** A BERT encoder with weights drawn from a seed: the same in every run. */
export function randomEncoder(size: EncoderSize): Model {
  const { layers, hidden, heads } = size;
  const config = {
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
  };
  const graph = new GraphBuilder('random-encoder', bertOpset);
  const { lastHiddenState } = addBert(graph, randomWeights(size), config);
  graph.output(lastHiddenState, [...batchAndSequence, hidden]);
  return Model.fromProto(graph.build());
}

function randomWeights({
  layers,
  hidden,
  vocabulary = 30_522,
  positions = 512,
}: EncoderSize): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  const random = randomNumbers(1);
  const add = (name: string, ...dims: number[]) => {
    const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    weights.set(name, { dims, data: data.map(random) });
  };
  const addDense = (name: string, outputs: number, inputs: number) => {
    add(`${name}.weight`, outputs, inputs);
    add(`${name}.bias`, outputs);
  };
  const addNorm = (name: string) => {
    add(`${name}.weight`, hidden);
    add(`${name}.bias`, hidden);
  };
  add('embeddings.word_embeddings.weight', vocabulary, hidden);
  add('embeddings.position_embeddings.weight', positions, hidden);
  add('embeddings.token_type_embeddings.weight', 2, hidden);
  addNorm('embeddings.LayerNorm');
  for (let layer = 0; layer < layers; layer++) {
    const name = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) {
      addDense(`${name}.attention.self.${part}`, hidden, hidden);
    }
    addDense(`${name}.attention.output.dense`, hidden, hidden);
    addNorm(`${name}.attention.output.LayerNorm`);
    addDense(`${name}.intermediate.dense`, 4 * hidden, hidden);
    addDense(`${name}.output.dense`, hidden, 4 * hidden);
    addNorm(`${name}.output.LayerNorm`);
  }
  return weights;
}

/**
 * Uniform from -0.05 to 0.05, by a linear congruential generator modulo 2^32: what they are does not
 * matter, that they do not compress does.
 */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) / 10;
  };
}
