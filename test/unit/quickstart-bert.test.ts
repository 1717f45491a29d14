import { Model, Runtime, tensor } from 'tensorrt-node';
import { describe, expect, test } from 'vitest';
import {
  addBert,
  type BertConfig,
  batchAndSequence,
  bertOpset,
} from '../../scripts/models/bert-onnx.js';
import { GraphBuilder } from '../../scripts/models/graph-builder.js';
import type { Weight, Weights } from '../../scripts/models/weights.js';
import { embeddingModel, sentimentModel } from '../../scripts/quickstart/sentiment-model.js';

const config: BertConfig = {
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
};
const vocabulary = 11;
const intermediate = 12;
const weights = randomBert();

/** Two texts, the second with two tokens of padding. */
const ids = [
  [3, 1, 4, 1, 5],
  [9, 2, 6, 0, 0],
];
const lengths = [5, 3];
const types = [
  [0, 0, 1, 1, 1],
  [0, 1, 0, 0, 0],
];

describe('a BERT encoder as ONNX', () => {
  test('computes what BERT computes, for tokens beside padding too', async () => {
    const hidden = await lastHiddenState(weights, { tokenTypeIds: true });
    ids.forEach((text, row) => {
      const expected = bert(text.slice(0, lengths[row]), types[row]?.slice(0, lengths[row]) ?? []);
      expectClose(hidden[row]?.slice(0, lengths[row]) ?? [], expected);
    });
  });

  test('takes every token for one of the first type when it has no input for types', async () => {
    const hidden = await lastHiddenState(weights, {});
    expectClose(hidden[0] ?? [], bert(ids[0] ?? [], [0, 0, 0, 0, 0]));
  });

  test('finds weights behind a prefix', async () => {
    const prefixed = new Map([...weights].map(([name, weight]) => [`bert.${name}`, weight]));
    const hidden = await lastHiddenState(prefixed, { prefix: 'bert.' });
    expectClose(hidden[0] ?? [], bert(ids[0] ?? [], [0, 0, 0, 0, 0]));
  });

  test('names its dynamic sizes and its linear layers', () => {
    const model = encoder(weights, {});
    expect(model.inputs).toEqual(
      ['input_ids', 'attention_mask'].map((name) => ({
        name,
        type: 'int64',
        dims: ['batch', 'sequence'],
      })),
    );
    const linear = model.graph.producer('/encoder/layer.1/attention/self/key/MatMul_output_0');
    expect(linear?.name).toBe('/encoder/layer.1/attention/self/key/MatMul');
    expect(linear?.input[1]).toBe('encoder.layer.1.attention.self.key.weight');
    const names = model.graph.nodes.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('refuses weights that are incomplete, and says which one is missing', () => {
    const missing = 'encoder.layer.1.output.dense.bias';
    const incomplete = new Map([...weights].filter(([name]) => name !== missing));
    expect(() => encoder(incomplete, {})).toThrow(
      expect.objectContaining({ code: 'ERR_FILE', tensor: missing }),
    );
  });

  test('refuses weights of another size than the configuration says', () => {
    const wider = { ...config, hidden_size: 16 };
    const graph = new GraphBuilder('wide', bertOpset);
    expect(() => addBert(graph, weights, wider)).toThrow(/shape \[8\] where \[16\] is needed/);
  });

  test('refuses an activation that it cannot write', () => {
    const graph = new GraphBuilder('relu', bertOpset);
    expect(() => addBert(graph, weights, { ...config, hidden_act: 'relu' })).toThrow(/'relu'/);
  });
});

describe('the models of the quickstart', () => {
  const embeddings = ids.map((text, row) => {
    const tokens = bert(text.slice(0, lengths[row]), [0, 0, 0, 0, 0]);
    const mean = tokens[0]?.map(
      (_, i) => sum(tokens.map((token) => token[i] ?? 0)) / tokens.length,
    );
    const length = Math.hypot(...(mean ?? []));
    return (mean ?? []).map((value) => value / length);
  });

  test('embed a text as the mean of its tokens, scaled to length 1', async () => {
    const { embedding } = await run(embeddingModel(weights, config), feeds({}));
    expectClose(rows(embedding?.data as Float32Array, 8), embeddings);
  });

  test('classify by logits whose difference is the score', async () => {
    const head = {
      weights: Float64Array.from(embeddings[0] ?? [], (v, i) => v * (i - 3)),
      bias: 0.7,
    };
    const { logits } = await run(sentimentModel(weights, config, head), feeds({}));
    expect(logits?.dims).toEqual([2, 2]);
    const scores = rows(logits?.data as Float32Array, 2).map(([low = 0, high = 0]) => [high - low]);
    const expected = embeddings.map((embedding) => [
      sum(embedding.map((value, i) => value * (head.weights[i] ?? 0))) + head.bias,
    ]);
    expectClose(scores, expected);
  });
});

function encoder(from: Weights, options: { prefix?: string; tokenTypeIds?: boolean }): Model {
  const graph = new GraphBuilder('encoder', bertOpset);
  const { lastHiddenState } = addBert(graph, from, config, options);
  graph.output(lastHiddenState, [...batchAndSequence, config.hidden_size]);
  return Model.fromProto(graph.build());
}

async function lastHiddenState(
  from: Weights,
  options: { prefix?: string; tokenTypeIds?: boolean },
): Promise<number[][][]> {
  const outputs = await run(encoder(from, options), feeds(options));
  const [hidden] = Object.values(outputs);
  expect(hidden?.dims).toEqual([2, 5, 8]);
  const tokens = rows(hidden?.data as Float32Array, 8);
  return [tokens.slice(0, 5), tokens.slice(5)];
}

function feeds({ tokenTypeIds = false }) {
  const mask = lengths.map((length) => ids[0]?.map((_, i) => (i < length ? 1 : 0)) ?? []);
  const int64 = (values: number[][]) => tensor('int64', [2, 5], values.flat());
  const always = { input_ids: int64(ids), attention_mask: int64(mask) };
  return tokenTypeIds ? { ...always, token_type_ids: int64(types) } : always;
}

async function run(model: Model, inputs: ReturnType<typeof feeds>) {
  await using runtime = await Runtime.load(model, {
    runtime: 'onnxruntime',
    threads: 1,
    isolate: false,
  });
  return await runtime.infer(inputs);
}

// BERT once more, straight from the paper: one text, one token, one number at a time.

function bert(text: readonly number[], tokenTypes: readonly number[]): number[][] {
  let hidden = text.map((id, position) =>
    layerNorm(
      'embeddings.LayerNorm',
      add(
        row('embeddings.word_embeddings.weight', id),
        row('embeddings.position_embeddings.weight', position),
        row('embeddings.token_type_embeddings.weight', tokenTypes[position] ?? 0),
      ),
    ),
  );
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `encoder.layer.${layer}`;
    const contexts = attention(`${name}.attention.self`, hidden);
    hidden = hidden.map((token, position) => {
      const projected = linear(`${name}.attention.output.dense`, contexts[position] ?? []);
      const attended = layerNorm(`${name}.attention.output.LayerNorm`, add(projected, token));
      const wide = linear(`${name}.intermediate.dense`, attended).map(gelu);
      const narrow = linear(`${name}.output.dense`, wide);
      return layerNorm(`${name}.output.LayerNorm`, add(narrow, attended));
    });
  }
  return hidden;
}

function attention(name: string, tokens: number[][]): number[][] {
  const project = (part: string) => tokens.map((token) => linear(`${name}.${part}`, token));
  const [queries, keys, values] = [project('query'), project('key'), project('value')];
  const size = config.hidden_size / config.num_attention_heads;
  return queries.map((query) =>
    query.map((_, i) => {
      const from = Math.floor(i / size) * size;
      const head = (vector: number[]) => vector.slice(from, from + size);
      const scores = keys.map(
        (key) => sum(head(key).map((k, j) => k * (head(query)[j] ?? 0))) / Math.sqrt(size),
      );
      const total = sum(scores.map(Math.exp));
      return sum(values.map((value, j) => (Math.exp(scores[j] ?? 0) / total) * (value[i] ?? 0)));
    }),
  );
}

function linear(name: string, input: readonly number[]): number[] {
  const bias = weights.get(`${name}.bias`)?.data ?? [];
  return Array.from(
    bias,
    (offset, output) =>
      offset + sum(row(`${name}.weight`, output).map((w, i) => w * (input[i] ?? 0))),
  );
}

function layerNorm(name: string, input: readonly number[]): number[] {
  const mean = sum(input) / input.length;
  const variance = sum(input.map((value) => (value - mean) ** 2)) / input.length;
  const [scale, bias] = [weights.get(`${name}.weight`)?.data, weights.get(`${name}.bias`)?.data];
  return input.map(
    (value, i) =>
      ((value - mean) / Math.sqrt(variance + 1e-12)) * (scale?.[i] ?? 0) + (bias?.[i] ?? 0),
  );
}

function gelu(x: number): number {
  return (x / 2) * (1 + erf(x / Math.SQRT2));
}

/** By its Taylor series, which is exact enough for the small values here. */
function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

function row(name: string, index: number): number[] {
  const { dims, data } = weights.get(name) as Weight;
  const columns = dims[1] ?? 0;
  return [...data.subarray(index * columns, (index + 1) * columns)];
}

function add(...vectors: readonly (readonly number[])[]): number[] {
  return (vectors[0] ?? []).map((_, i) => sum(vectors.map((vector) => vector[i] ?? 0)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rows(data: Float32Array, columns: number): number[][] {
  const count = data.length / columns;
  return Array.from({ length: count }, (_, i) => [
    ...data.subarray(i * columns, (i + 1) * columns),
  ]);
}

function expectClose(actual: readonly number[][], expected: readonly number[][]): void {
  expect(actual.map((vector) => vector.length)).toEqual(expected.map((vector) => vector.length));
  const differences = actual.flatMap((vector, i) =>
    vector.map((value, j) => Math.abs(value - (expected[i]?.[j] ?? Number.NaN))),
  );
  expect(Math.max(...differences)).toBeLessThan(1e-5);
}

function randomBert(): Map<string, Weight> {
  const result = new Map<string, Weight>();
  let state = 42;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const put = (name: string, ...dims: number[]) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    result.set(name, { dims, data: Float32Array.from({ length }, random) });
  };
  const putLinear = (name: string, outputs: number, inputs: number) => {
    put(`${name}.weight`, outputs, inputs);
    put(`${name}.bias`, outputs);
  };
  const putNorm = (name: string) => {
    put(`${name}.weight`, config.hidden_size);
    put(`${name}.bias`, config.hidden_size);
  };
  const size = config.hidden_size;
  put('embeddings.word_embeddings.weight', vocabulary, size);
  put('embeddings.position_embeddings.weight', 16, size);
  put('embeddings.token_type_embeddings.weight', 2, size);
  putNorm('embeddings.LayerNorm');
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value'])
      putLinear(`${name}.attention.self.${part}`, size, size);
    putLinear(`${name}.attention.output.dense`, size, size);
    putNorm(`${name}.attention.output.LayerNorm`);
    putLinear(`${name}.intermediate.dense`, intermediate, size);
    putLinear(`${name}.output.dense`, size, intermediate);
    putNorm(`${name}.output.LayerNorm`);
  }
  return result;
}
