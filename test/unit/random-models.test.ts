import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Model, Runtime, readInlineWeights, type TensorMap, tensor } from 'tensorrt-node';
import { describe, expect, test } from 'vitest';
import {
  type Architecture,
  type ArchitectureName,
  architectures,
  weightDims,
} from '../../scripts/models/architectures.js';
import { addBert, bertOpset } from '../../scripts/models/bert-onnx.js';
import type { FamilyName } from '../../scripts/models/family.js';
import { GraphBuilder } from '../../scripts/models/graph-builder.js';
import { addHead, type Head } from '../../scripts/models/heads.js';
import { randomModel } from '../../scripts/models/random-model.js';
import type { Weight, Weights } from '../../scripts/models/weights.js';

const exportsFolder = fileURLToPath(new URL('../fixtures/exports', import.meta.url));

const tiny = { layers: 2, hidden: 8, heads: 2, vocabulary: 20, positions: 16 };
const dims = [2, 5];
const ids = [3, 7, 4, 9, 5, 8, 2, 6, 1, 1];
const mask = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0];

describe('parameters', () => {
  // Of BertModel, RobertaModel and DistilBertModel in `transformers`, and of all-MiniLM-L6-v2.
  test.each<[ArchitectureName, Head, number]>([
    ['bert-base', 'pooler', 109_482_240],
    ['bert-large', 'pooler', 335_141_888],
    ['roberta-base', 'pooler', 124_645_632],
    ['distilbert-base', 'none', 66_362_880],
    ['minilm', 'pooler', 22_713_216],
  ])('%s has as many as the published model', (name, head, published) => {
    const sizes = [...weightDims(architectures[name], head).values()];
    const count = sizes.reduce(
      (sum, dims) => sum + dims.reduce((product, dim) => product * dim),
      0,
    );
    expect(count).toBe(published);
  });

  test.each<FamilyName>(['bert', 'roberta', 'distilbert'])(
    'all of %s are in the model, under their names',
    (family) => {
      const architecture = tinyOf(family);
      const model = randomModel(architecture, { head: 'classification' });
      const inModel = model.graph.proto.initializer.map(({ name }) => name);
      const expected = [...weightDims(architecture, 'classification').keys()]
        // Of one type of token, one vector is added.
        .filter((name) => !(family === 'roberta' && name.includes('token_type')));
      expect(expected.filter((name) => !inModel.includes(name))).toEqual([]);
    },
  );
});

describe('beside what torch.onnx exports', () => {
  test.each<FamilyName>(['bert', 'roberta', 'distilbert'])('%s', async (family) => {
    const exported = await Model.load(join(exportsFolder, `${family}.torchscript.onnx`));
    const graph = new GraphBuilder(family, bertOpset);
    const weights = weightsOf(exported);
    const { lastHiddenState: name } = addBert(
      graph,
      weights,
      {
        model_type: family,
        hidden_size: 32,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        hidden_act: 'gelu',
        layer_norm_eps: 1e-12,
      },
      { tokenTypeIds: true },
    );
    addHead(graph, weights, family, 'none', { name, size: 32 });
    const ours = Model.fromProto(graph.build());
    expect(ours.inputs).toEqual(exported.inputs);

    const [actual, expected] = [await run(ours), await run(exported)];
    // What padding is worth is read by nobody.
    const tokens = [...mask.keys()].filter((token) => mask[token] === 1);
    for (const token of tokens) {
      const row = ({ last_hidden_state }: TensorMap) =>
        Array.from(last_hidden_state?.data as Float32Array).slice(32 * token, 32 * (token + 1));
      row(expected).forEach((value, i) => {
        expect(row(actual)[i]).toBeCloseTo(value, 5);
      });
    }
  });
});

describe('heads', () => {
  test.each<FamilyName>(['bert', 'roberta', 'distilbert'])('of %s run', async (family) => {
    const outputs = await Promise.all(
      (['none', 'classification', 'question-answering'] as const).map((head) =>
        run(randomModel(tinyOf(family), { head })),
      ),
    );
    const shapes = outputs.flatMap((map) => Object.entries(map).map(([k, { dims }]) => [k, dims]));
    expect(Object.fromEntries(shapes)).toEqual({
      last_hidden_state: [2, 5, 8],
      logits: [2, 2],
      start_logits: [2, 5],
      end_logits: [2, 5],
    });
  });

  test('read the last hidden state of the same encoder', async () => {
    const answering = randomModel(tinyOf('bert'), { head: 'question-answering' });
    const weight = floatsOf(answering, 'qa_outputs.weight').data;
    const bias = floatsOf(answering, 'qa_outputs.bias').data;
    const { last_hidden_state } = await run(randomModel(tinyOf('bert')));
    const hidden = last_hidden_state?.data as Float32Array;
    const logitOf = (token: number, column: number) => {
      const own = Array.from(hidden.subarray(8 * token, 8 * (token + 1)));
      return own.reduce((sum, x, i) => sum + x * Number(weight[2 * i + column]), bias[column] ?? 0);
    };
    const { start_logits, end_logits } = await run(answering);
    [start_logits, end_logits].forEach((logits, column) => {
      Array.from(logits?.data as Float32Array).forEach((value, token) => {
        expect(value).toBeCloseTo(logitOf(token, column), 5);
      });
    });
  });

  test('of a family without a pooler are refused', () => {
    expect(() => randomModel(tinyOf('distilbert'), { head: 'pooler' })).toThrow(/no pooler/);
  });
});

test('the same seed gives the same model, and another one another', () => {
  const bytes = (seed: number) => Buffer.from(randomModel(tinyOf('bert'), { seed }).toBytes());
  expect(bytes(1).equals(bytes(1))).toBe(true);
  expect(bytes(1).equals(bytes(2))).toBe(false);
});

function tinyOf(family: FamilyName): Architecture {
  const like = {
    bert: 'bert-base',
    roberta: 'roberta-base',
    distilbert: 'distilbert-base',
  } as const;
  return { ...architectures[like[family]], ...tiny };
}

async function run(model: Model): Promise<TensorMap> {
  const all: TensorMap = {
    input_ids: tensor('int64', dims, ids),
    attention_mask: tensor('int64', dims, mask),
    token_type_ids: tensor('int64', dims, [0, 0, 1, 1, 1, 0, 1, 0, 0, 0]),
  };
  const names = model.inputs.map(({ name }) => name);
  const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  await using runtime = await Runtime.load(model, {
    runtime: 'onnxruntime',
    threads: 1,
    isolate: false,
  });
  return await runtime.infer(feeds);
}

function floatsOf(model: Model, name: string): Weight {
  const stored = model.graph.proto.initializer.find((candidate) => candidate.name === name);
  if (!stored) throw new Error(`There is no initializer '${name}'`);
  const { dims, data } = readInlineWeights(stored);
  return { dims, data: data as Float32Array };
}

/** Under the names of the checkpoint, which the file has of nodes where not of weights. */
function weightsOf(exported: Model): Weights {
  const { nodes } = exported.graph;
  const inputOf = (name: string, index: number) =>
    nodes.find((node) => node.name === name)?.input[index] ?? '';
  return {
    get(name) {
      // Weights that are alike are stored once, and the others are copies of it.
      const copy = nodes.find(({ output }) => output[0] === `model.${name}`);
      if (copy) return floatsOf(exported, copy.input[0] ?? '');
      const scope = name
        .replace(/\.weight$/, '')
        .replaceAll('.', '/')
        .replace(/\/(\d)/g, '.$1');
      const product = inputOf(`/model/${scope}/MatMul`, 1);
      if (!name.endsWith('.weight') || product === '') return floatsOf(exported, `model.${name}`);
      const { dims, data } = floatsOf(exported, product);
      const [inputs = 0, outputs = 0] = dims;
      const values = Float32Array.from(data, (_, i) => {
        return data[(i % inputs) * outputs + Math.floor(i / inputs)] as number;
      });
      return { dims: [outputs, inputs], data: values };
    },
  };
}
