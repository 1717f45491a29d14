import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { calibrate } from '../../dist/quantize/calibrate.js';
import { quantize } from '../../dist/quantize/quantize.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type TensorMap, tensor } from '../../dist/tensor.js';
import { sharedModel } from './helpers.js';

interface Sentiment {
  /** Token ids of texts to calibrate with. */
  calibration: number[][];
  /** Texts the model was not trained on, with the label 0 or 1. */
  test: { ids: number[]; label: number }[];
}

/** Texts of one length limit, padded to the longest. */
function batchOf(texts: readonly number[][]): TensorMap {
  const length = Math.max(...texts.map((ids) => ids.length));
  const dims = [texts.length, length];
  const padded = texts.flatMap((ids) => [...ids, ...new Array(length - ids.length).fill(0)]);
  const mask = texts.flatMap((ids) => Array.from({ length }, (_, i) => (i < ids.length ? 1 : 0)));
  return {
    input_ids: tensor('int64', dims, padded),
    attention_mask: tensor('int64', dims, mask),
    token_type_ids: tensor('int64', dims, new BigInt64Array(texts.length * length)),
  };
}

async function classify(model: Model, texts: readonly number[][]): Promise<number[]> {
  await using runtime = await openOnnxRuntime(model);
  const labels: number[] = [];
  for (let begin = 0; begin < texts.length; begin += 10) {
    const { logits } = await runtime.infer(batchOf(texts.slice(begin, begin + 10)));
    const values = logits?.data as Float32Array;
    for (let i = 0; i < values.length; i += 2) {
      labels.push((values[i + 1] as number) > (values[i] as number) ? 1 : 0);
    }
  }
  return labels;
}

function share(labels: readonly number[], others: readonly number[]): number {
  return labels.filter((label, i) => label === others[i]).length / labels.length;
}

test('a sentiment classifier keeps its answers in INT8', { timeout: 600_000 }, async (context) => {
  const modelPath = sharedModel('minilm-movie-sentiment.onnx');
  const dataPath = sharedModel('movie-sentiment.json.gz');
  if (!modelPath || !dataPath) {
    return context.skip('the sentiment model is not at hand in ../shared/models');
  }
  const data: Sentiment = JSON.parse(gunzipSync(await readFile(dataPath)).toString());
  const held = data.test
    .filter((_, index) => index % 8 === 0)
    .sort((a, b) => a.ids.length - b.ids.length);
  const texts = held.map(({ ids }) => ids);
  const model = await Model.load(modelPath);
  const samples = Array.from({ length: 16 }, (_, i) =>
    batchOf(data.calibration.slice(i * 4, i * 4 + 4)),
  );

  const table = await calibrate(model, samples, { padding: { mask: 'attention_mask' } });
  const quantized = await quantize(model, table);
  const actions = quantized.report.map(({ action }) => action);
  // Six layers of six linear nodes, two attention products and two residual Adds, and the pooler; in
  // float the classifier and three embeddings.
  expect(actions.filter((action) => action === 'int8').length).toBe(61);
  expect(actions.filter((action) => action === 'float').length).toBe(4);

  const float = await classify(model, texts);
  const int8 = await classify(quantized, texts);
  const labels = held.map(({ label }) => label);
  console.log(
    `accuracy ${share(float, labels)} in float32, ${share(int8, labels)} in INT8; agreement ${share(int8, float)}`,
  );
  expect(share(float, labels)).toBeGreaterThan(0.78);
  // Careless static quantization gives .88 on this model.
  expect(share(int8, float)).toBeGreaterThan(0.92);
});
