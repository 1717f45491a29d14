/**
 * What FP16 costs in accuracy: encoders in FP32 beside their `toHalf`, both run by ONNX Runtime, and
 * a classifier on held-out texts in FP32, FP16, INT8, and INT8 with FP16 around it.
 *
 *   node bench/precision.mjs [--texts 200] [--shared ../shared/models] [encoder.onnx ...]
 *
 * The classifier and its texts lie in the folder `--shared`. Where they do not, the
 * model that `npm run quickstart` leaves in quickstart-output is compared, without accuracy.
 * ONNX Runtime on a CPU computes many operators of FP16 models in FP32, and rounds between them.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { calibrate, Model, quantize, Runtime, toHalf } from '../dist/index.js';
import { bar, describeRun, table } from './lib/report.mjs';
import {
  answersOf,
  defaultShared,
  feedsFor,
  readTexts,
  sentimentFiles,
  share,
} from './lib/sentiment.mjs';

/** @typedef {import('./lib/sentiment.mjs').Texts} Texts */
/** @typedef {import('../dist/index.js').TensorMap} TensorMap */

const project = fileURLToPath(new URL('..', import.meta.url));
const { values: options, positionals } = parseArgs({
  options: {
    texts: { type: 'string', default: '200' },
    shared: { type: 'string', default: defaultShared },
  },
  allowPositionals: true,
});
const files = sentimentFiles(options.shared);
const quickstartPath = join(project, 'quickstart-output/sentiment-fp32.onnx');

const data = files.areThere ? readTexts(files.texts) : undefined;
const texts = (data?.test.map(({ ids }) => ids) ?? madeUpTexts()).slice(0, Number(options.texts));

console.log(`\n## Accuracy of half precision\n\n${describeRun()}\n`);
/** @type {string[]} */
const bars = [];
const encoders = positionals.length > 0 ? positionals : [files.model, quickstartPath];
const found = encoders.filter((path) => existsSync(path));
if (found.length === 0) throw new Error('There is no model: name one, or run npm run quickstart');
console.log(await encoderTable(found));
if (data) console.log(`\n${await classifierTable(data)}`);
console.log(`\n${bars.join('\n')}`);

/** @param {readonly string[]} paths */
async function encoderTable(paths) {
  const rows = [];
  for (const path of paths) {
    const model = await Model.load(path);
    const half = await toHalf(model);
    const worst = await worstCosine(model, half);
    const { float } = half.report.summary;
    const size = `${megabytes(model.byteLength())} -> ${megabytes(half.byteLength())}`;
    rows.push([basename(path), size, `${half.report.summary.half}`, `${float}`, worst.toFixed(7)]);
    bars.push(bar(`${basename(path)}: cosine of FP16 to FP32`, worst, '>=', 0.9999, 7));
  }
  const head = ['encoder', 'MB', 'nodes in FP16', 'in FP32', 'least cosine'];
  return `${texts.length} texts, one by one; the least cosine of any output of any text.\n\n${table(head, rows)}`;
}

/**
 * @param {Model} model
 * @param {Model} half
 */
async function worstCosine(model, half) {
  const expected = await outputsOf(model, texts);
  const actual = await outputsOf(half, texts);
  let worst = 1;
  expected.forEach((outputs, i) => {
    for (const [name, { type, data: values }] of Object.entries(outputs)) {
      if (type !== 'float32') continue;
      worst = Math.min(worst, cosine(values, /** @type {any} */ (actual[i]?.[name]?.data)));
    }
  });
  return worst;
}

/**
 * @param {Model} model
 * @param {readonly (readonly number[])[]} all
 */
async function outputsOf(model, all) {
  const runtime = await Runtime.load(model, { runtime: 'onnxruntime', isolate: false });
  /** @type {TensorMap[]} */
  const outputs = [];
  for (const ids of all) outputs.push(await runtime.infer(feedsFor(model, [ids])));
  await runtime.close();
  return outputs;
}

/** @param {Texts} data */
async function classifierTable({ calibration, test }) {
  const model = await Model.load(files.model);
  const samples = calibration.slice(0, 128).map((ids) => feedsFor(model, [ids]));
  const int8 = await quantize(model, await calibrate(model, samples));
  const variants = {
    FP32: model,
    FP16: await toHalf(model),
    INT8: int8,
    'INT8 + FP16': await toHalf(int8, { scales: 'cast' }),
    'INT8 + FP16, FP16 scales': await toHalf(int8, { scales: 'half' }),
  };
  const sorted = test.toSorted((a, b) => a.ids.length - b.ids.length);
  const labels = sorted.map(({ label }) => label);
  /** @type {number[] | undefined} */
  let reference;
  /** @type {Record<string, number>} */
  const accuracy = {};
  const rows = [];
  for (const [name, variant] of Object.entries(variants)) {
    const { answers } = await answersOf(variant, sorted);
    reference ??= answers;
    accuracy[name] = share(answers, labels);
    const size = megabytes(variant.byteLength());
    rows.push([name, size, accuracy[name].toFixed(4), share(answers, reference).toFixed(4)]);
  }
  const { FP32 = 0, FP16 = 0, INT8 = 0 } = accuracy;
  bars.push(bar('accuracy lost by FP16, in points', 100 * Math.abs(FP32 - FP16), '<=', 0.2));
  const mixed = accuracy['INT8 + FP16'] ?? 0;
  bars.push(bar('accuracy lost by FP16 around INT8, in points', 100 * (INT8 - mixed), '<=', 0.2));
  const head = [`${test.length} held-out texts`, 'MB', 'accuracy', 'same answer as FP32'];
  return table(head, rows);
}

/** Ids of BERT's vocabulary, the same in every run. */
function madeUpTexts() {
  return Array.from({ length: 200 }, (_, text) =>
    Array.from({ length: 8 + (text % 57) }, (_, i) => 1000 + ((text * 7919 + i * 104729) % 28000)),
  );
}

/**
 * @param {ArrayLike<number>} left
 * @param {ArrayLike<number>} right
 */
function cosine(left, right) {
  let product = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let i = 0; i < left.length; i++) {
    const [a, b] = [Number(left[i]), Number(right[i])];
    product += a * b;
    leftSquares += a * a;
    rightSquares += b * b;
  }
  return product / Math.sqrt(leftSquares * rightSquares);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
