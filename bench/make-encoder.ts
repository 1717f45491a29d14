/**
 * Writes a BERT encoder of a known size with weights drawn from a seed, so that nothing has to be
 * fetched: all-MiniLM-L6 (90 MB), BERT-base (436 MB) or BERT-large (1.3 GB).
 *
 *   npx tsx bench/make-encoder.ts <file> [minilm | base | large]
 */
import { Model } from '../dist/index.js';
import { addBert, batchAndSequence, bertOpset } from '../scripts/quickstart/bert-onnx.js';
import { GraphBuilder } from '../scripts/quickstart/graph-builder.js';
import type { Weight } from '../scripts/quickstart/safetensors.js';

const sizes: Record<string, { layers: number; hidden: number; heads: number }> = {
  minilm: { layers: 6, hidden: 384, heads: 12 },
  base: { layers: 12, hidden: 768, heads: 12 },
  large: { layers: 24, hidden: 1024, heads: 16 },
};
const vocabulary = 30_522;
const positions = 512;

const [file, sizeName = 'minilm'] = process.argv.slice(2);
if (file === undefined) throw new TypeError('Expected the path of the file to write');
const size = sizes[sizeName];
if (!size)
  throw new TypeError(`Expected ${Object.keys(sizes).join(', ')} but received ${sizeName}`);
const { layers, hidden, heads } = size;
const wide = 4 * hidden;

const config = {
  hidden_size: hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
};

let state = 1;

const graph = new GraphBuilder('bench-encoder', bertOpset);
const { lastHiddenState } = addBert(graph, encoderWeights(), config);
graph.output(lastHiddenState, [...batchAndSequence, hidden]);
await Model.fromProto(graph.build()).save(file);

function encoderWeights(): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  const add = (name: string, ...dims: number[]) => weights.set(name, randomWeight(dims));
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
    addDense(`${name}.intermediate.dense`, wide, hidden);
    addDense(`${name}.output.dense`, hidden, wide);
    addNorm(`${name}.output.LayerNorm`);
  }
  return weights;
}

/** Uniform from -0.05 to 0.05: what they are does not matter, that they do not compress does. */
function randomWeight(dims: readonly number[]): Weight {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  for (let i = 0; i < data.length; i++) data[i] = (nextRandom() - 0.5) / 10;
  return { dims, data };
}

/** From 0 to 1, the same numbers in every run: a linear congruential generator, modulo 2^32. */
function nextRandom(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}
