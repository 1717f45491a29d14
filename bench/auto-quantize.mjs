/**
 * How much of a classifier `autoQuantize` quantizes within a bound on its accuracy.
 *
 *   node bench/auto-quantize.mjs [--drop 0.003] [--method auto] [--group block] [--test-every 1]
 *     [--shared ../shared/models]
 *
 * The texts to calibrate with have no labels. A quarter of them is calibrated with; on the rest a
 * model is worth the mean probability that the float model gives to its answers: what its accuracy
 * would be if those probabilities were right. An answer that changes where the float model was unsure
 * costs little, as it does with labels. The labelled texts are looked at once, at the end.
 */
import { parseArgs } from 'node:util';
import { autoQuantize, Model, Runtime } from '../dist/index.js';
import { bar, describeRun, table } from './lib/report.mjs';
import { defaultShared, feedsFor, readTexts, sentimentFiles, share } from './lib/sentiment.mjs';

/** @typedef {[number, number]} Shares */

const { values: options } = parseArgs({
  options: {
    drop: { type: 'string', default: '0.003' },
    method: { type: 'string', default: 'auto' },
    group: { type: 'string', default: 'block' },
    'test-every': { type: 'string', default: '1' },
    shared: { type: 'string', default: defaultShared },
  },
});
const files = sentimentFiles(options.shared);
if (!files.areThere) {
  throw new Error(
    `There is no classifier with its texts in ${options.shared}: name a folder by --shared`,
  );
}

const data = readTexts(files.texts);
const model = await Model.load(files.model);
const calibration = data.calibration.filter((_, index) => index % 4 === 0);
const validation = data.calibration.filter((_, index) => index % 4 !== 0);
const labelled = data.test.filter((_, index) => index % Number(options['test-every']) === 0);
const test = labelled.map(({ ids }) => ids);

const float = await Runtime.load(model, { runtime: 'onnxruntime' });
const expected = await sharesOf(float, validation);

console.log(`\n## What autoQuantize keeps\n\n${describeRun()}\n`);
const began = performance.now();
const {
  model: result,
  precision,
  report,
} = await autoQuantize(
  model,
  batches(calibration, 8).map(({ feeds }) => feeds),
  async (runtime) => expectedAccuracy(await sharesOf(runtime, validation)),
  {
    maxAccuracyDrop: Number(options.drop),
    groupBy: /** @type {'block'} */ (options.group),
    calibration: {
      method: /** @type {'auto'} */ (options.method),
      padding: { mask: 'attention_mask' },
    },
    onProgress: ({ phase, variant = '', trials, elapsedMs }) => {
      if (!process.stderr.isTTY) return;
      const seconds = (elapsedMs / 1000).toFixed(0);
      process.stderr.write(`\r${phase} ${variant}, ${trials} trials, ${seconds} s \x1b[K`);
    },
  },
);
const seconds = ((performance.now() - began) / 1000).toFixed(1);

console.log(
  `${report.outcome}\n\nBy the ${validation.length} validation texts, in ${seconds} s:\n`,
);
console.log(
  table(
    ['variant', 'groups in float', 'expected accuracy', 'within the bound', 's'],
    report.trials.map(({ variant, float, metric, meets, elapsedMs }) => [
      variant,
      `${float.length}`,
      metric.toFixed(4),
      meets ? 'yes' : 'no',
      (elapsedMs / 1000).toFixed(1),
    ]),
  ),
);
if (report.ranking.length > 0) {
  console.log('\nThe groups by what each does on its own:\n');
  const rows = report.ranking.map(({ name, rmse, agreement }) => [
    name,
    rmse.toFixed(4),
    agreement.toFixed(4),
  ]);
  console.log(table(['group', 'RMSE', 'agreement'], rows));
}

const quantized = await Runtime.load(result, { runtime: 'onnxruntime', int8: 'float' });
const [found, foundInTest] = [
  await sharesOf(quantized, validation),
  await sharesOf(quantized, test),
];
const expectedInTest = await sharesOf(float, test);
await Promise.all([quantized.close(), float.close()]);
const labels = labelled.map(({ label }) => label);
console.log(`\nThe result, on the validation texts and ${labels.length} test texts:\n`);
console.log(
  table(
    ['', 'FP32', precision],
    [
      ['validation: expected accuracy', expectedAccuracy(expected), expectedAccuracy(found)],
      ['validation: agreement', 1, agreement(found, expected)],
      ['test: accuracy', accuracy(expectedInTest, labels), accuracy(foundInTest, labels)],
      ['test: agreement', 1, agreement(foundInTest, expectedInTest)],
    ].map(([name, ...values]) => [`${name}`, ...values.map((value) => Number(value).toFixed(4))]),
  ),
);
const { linear, speed } = report;
if (speed) console.log(`\nSpeed beside FP16, ${speed.kind}: ${speed.speedup.toFixed(2)} times.`);
console.log(
  `\n${bar('validation: points lost', 100 * (report.floatMetric - report.metric), '<=', 100 * Number(options.drop), 2)}`,
);
console.log(
  bar(
    'linear layers in INT8, percent',
    (100 * linear.quantized) / Math.max(1, linear.total),
    '>=',
    90,
    1,
  ),
);

/**
 * Texts of like lengths together, so that there is little padding.
 *
 * @param {readonly number[][]} texts
 * @param {number} size
 */
function batches(texts, size) {
  const order = texts.map((_, index) => index);
  order.sort((a, b) => lengthOf(texts[a]) - lengthOf(texts[b]));
  return Array.from({ length: Math.ceil(order.length / size) }, (_, batch) => {
    const indices = order.slice(batch * size, (batch + 1) * size);
    return {
      indices,
      feeds: feedsFor(
        model,
        indices.map((index) => texts[index] ?? []),
      ),
    };
  });
}

/** @param {readonly number[] | undefined} ids */
function lengthOf(ids) {
  return ids?.length ?? 0;
}

/**
 * The probabilities of both labels for each text.
 *
 * @param {import('../dist/index.js').Runtime} runtime
 * @param {readonly number[][]} texts
 */
async function sharesOf(runtime, texts) {
  /** @type {Shares[]} */
  const shares = [];
  for (const { indices, feeds } of batches(texts, 16)) {
    const { logits } = await runtime.infer(feeds);
    indices.forEach((index, row) => {
      const [no, yes] = [0, 1].map((label) => Number(logits?.data[2 * row + label]));
      const share = 1 / (1 + Math.exp(Number(no) - Number(yes)));
      shares[index] = [1 - share, share];
    });
  }
  return shares;
}

/** @param {Shares} shares */
function answer([no, yes]) {
  return yes > no ? 1 : 0;
}

/** @param {readonly Shares[]} shares */
function expectedAccuracy(shares) {
  const sum = shares.reduce((sum, own, i) => sum + Number(expected[i]?.[answer(own)]), 0);
  return sum / shares.length;
}

/**
 * @param {readonly Shares[]} shares
 * @param {readonly number[]} labels
 */
function accuracy(shares, labels) {
  return share(shares.map(answer), labels);
}

/**
 * @param {readonly Shares[]} shares
 * @param {readonly Shares[]} others
 */
function agreement(shares, others) {
  return accuracy(shares, others.map(answer));
}
