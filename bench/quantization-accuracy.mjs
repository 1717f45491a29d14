/**
 * What INT8 costs a real classifier in accuracy, by method and placement, on texts it was neither
 * trained nor calibrated on. All models are executed by ONNX Runtime on a CPU.
 *
 *   node bench/quantization-accuracy.mjs [--samples 128] [--every 1] [--only <expression>]
 *     [--python <interpreter>] [--shared ../shared/models]
 *
 * `--every 4` judges by every fourth text, `--only` runs rows whose names match the expression. `--python`
 * names an interpreter with the packages of requirements.txt: its peers then quantize the same
 * model from the same texts.
 *
 * Nothing was chosen by the held-out texts: design constants of the package were found with the
 * calibration texts alone, the first 128 to calibrate and the other 384 to judge (docs/accuracy.md).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  calibrate,
  collect,
  correctBias,
  Model,
  quantize,
  smoothQuant,
  tuneRanges,
} from '../dist/index.js';
import { writeSamples } from './lib/quantization-samples.mjs';
import { bar, describeRun, table } from './lib/report.mjs';
import {
  answersOf,
  defaultShared,
  feedsFor,
  readTexts,
  sentimentFiles,
  share,
} from './lib/sentiment.mjs';

/** @typedef {import('./lib/sentiment.mjs').Text} Text */
/** @typedef {import('./lib/sentiment.mjs').Answers} Answers */
/** @typedef {import('../dist/index.js').TensorMap} TensorMap */
/** @typedef {import('../dist/index.js').PlacementOptions} PlacementOptions */

const project = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    samples: { type: 'string', default: '128' },
    every: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    python: { type: 'string' },
    shared: { type: 'string', default: defaultShared },
  },
});
const files = sentimentFiles(options.shared);
const wanted = new RegExp(options.only);

/** What is quantized beside the linear layers. @type {Readonly<Record<string, PlacementOptions>>} */
const placements = {
  linear: { attention: 'float', residuals: false },
  '+ attention': { attention: 'int8', residuals: false },
  '+ residuals': { attention: 'int8', residuals: true },
};

/** The same model and texts, measured before on another machine: facts, not a run of this program. */
const published = [
  ['ONNX Runtime quantize_static, MinMax', '.7907', '.8756'],
  ['ONNX Runtime quantize_static, Percentile 99.99', '.8329', '.9460'],
  ['ONNX Runtime quantize_static, Entropy', '.7907', '.8756'],
  ['ModelOpt int8, max', '.7973', '.8877'],
  ['ModelOpt int8, entropy (its default)', '.8009', '.8858'],
];

console.log(`\n## Accuracy of INT8\n\n${describeRun()}\n`);
if (files.areThere) await measure();
else
  console.log(`The model and its texts are not at hand in ${options.shared}: nothing is measured.`);

async function measure() {
  const data = readTexts(files.texts);
  const model = await Model.load(files.model);
  const held = data.test
    .filter((_, index) => index % Number(options.every) === 0)
    .sort((a, b) => a.ids.length - b.ids.length);
  const texts = data.calibration.slice(0, Number(options.samples));
  const samples = texts.map((ids) => feedsFor(model, [ids]));
  const float = await answersOf(model, held);
  const accuracy = share(
    float.answers,
    held.map(({ label }) => label),
  );
  const noise = Math.sqrt((accuracy * (1 - accuracy)) / held.length);
  console.log(
    `${held.length} held-out texts, ${samples.length} texts to calibrate with, one by one. FP32: ${accuracy.toFixed(4)}; an accuracy has a standard error of ${noise.toFixed(4)}, and the difference of two that agree in .97 one of ${Math.sqrt(0.03 / held.length).toFixed(4)}.\n`,
  );
  const judge = judgeOf(float, held);
  await ours(model, samples, judge);
  await peers(model, texts, judge);
}

/** @param {Answers} float @param {readonly Text[]} held */
function judgeOf(float, held) {
  const labels = held.map(({ label }) => label);
  return async (/** @type {Model} */ quantized) => {
    const { answers, logits } = await answersOf(quantized, held);
    let squares = 0;
    logits.forEach((value, i) => {
      squares += (value - Number(float.logits[i])) ** 2;
    });
    return {
      accuracy: share(answers, labels),
      agreement: share(answers, float.answers),
      rmse: Math.sqrt(squares / logits.length),
    };
  };
}

/**
 * @param {Model} model
 * @param {readonly TensorMap[]} samples
 * @param {ReturnType<typeof judgeOf>} judge
 */
async function ours(model, samples, judge) {
  const rows = [];
  const bars = [];
  for (const [name, placement] of Object.entries(placements)) {
    for (const [method, make] of Object.entries(contenders(model, samples, placement))) {
      if (!wanted.test(`${name} ${method}`)) continue;
      const start = performance.now();
      const quantized = await make();
      const seconds = (performance.now() - start) / 1000;
      const { accuracy, agreement, rmse } = await judge(quantized);
      const numbers = [accuracy, agreement, rmse].map((value) => value.toFixed(4));
      rows.push([name, method, ...numbers, seconds.toFixed(1)]);
      bars.push(...barsOf(name, method, agreement, rmse));
    }
  }
  const head = ['INT8', 'ranges', 'accuracy', 'same answer', 'RMSE of logits', 'seconds'];
  console.log(`${table(head, rows)}\n\nSeconds are for ranges and quantization.\n`);
  console.log(`${bars.join('\n')}\n`);
}

/**
 * @param {string} placement
 * @param {string} method
 * @param {number} agreement
 * @param {number} rmse
 */
function barsOf(placement, method, agreement, rmse) {
  const what = `${placement}, ${method}`;
  if (placement === '+ attention' && method === 'percentile 99.99') {
    return [bar(`${what}: same answer`, agreement, '>=', 0.95, 4)];
  }
  if (placement === 'linear' || method !== 'auto') return [];
  const limits = placement === '+ attention' ? [0.972, 0.145] : [0.962, 0.18];
  return [
    bar(`${what}: same answer`, agreement, '>=', Number(limits[0]), 4),
    bar(`${what}: RMSE`, rmse, '<=', Number(limits[1]), 4),
  ];
}

/**
 * @param {Model} model
 * @param {readonly TensorMap[]} samples
 * @param {PlacementOptions} placement
 * @returns {Record<string, () => Promise<Model>>}
 */
function contenders(model, samples, placement) {
  /** @param {import('../dist/index.js').CalibrateOptions} range */
  const by = (range) => async () =>
    quantize(model, await calibrate(model, samples, { ...range, placement }), placement);
  const auto = async (/** @type {Model} */ source) =>
    tuneRanges(source, await collect(source, samples, { placement }), samples, { placement });
  /** @param {boolean} insert */
  const smooth = (insert) => async () => {
    const smoothed = await smoothQuant(model, samples, { placement, insert });
    return quantize(smoothed, await auto(smoothed), placement);
  };
  return {
    absmax: by({ method: 'absmax' }),
    'percentile 99.99': by({ method: 'percentile' }),
    entropy: by({ method: 'entropy' }),
    mse: by({ method: 'mse' }),
    auto: async () => quantize(model, await auto(model), placement),
    'auto, correctBias': async () =>
      correctBias(await quantize(model, await auto(model), placement), model, [...samples]),
    'smoothQuant, auto': smooth(false),
    'smoothQuant with insert, auto': smooth(true),
  };
}

/**
 * @param {Model} model
 * @param {readonly (readonly number[])[]} texts
 * @param {ReturnType<typeof judgeOf>} judge
 */
async function peers(model, texts, judge) {
  console.log(`${table(['measured before', 'accuracy', 'same answer'], published)}\n`);
  const { python } = options;
  if (!python) {
    console.log('Without --python no peer was run.');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tensorrt-node-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const script = join(project, 'bench/quantization_peer.py');
  const source = join(folder, 'model.onnx');
  const samples = join(folder, 'samples.bin');
  await model.save(source);
  writeSamples(samples, texts, texts.length);
  const rows = [];
  for (const [tool, method] of [
    ['onnxruntime', 'percentile'],
    ['onnxruntime', 'entropy'],
    ['modelopt', 'max'],
    ['modelopt', 'entropy'],
  ]) {
    const name = `${tool} ${method}`;
    if (!wanted.test(name)) continue;
    const output = join(folder, 'int8.onnx');
    try {
      const argv = [script, `${tool}`, source, samples, `${method}`, output];
      execFileSync(python, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
      const { accuracy, agreement, rmse } = await judge(await Model.load(output));
      rows.push([name, ...[accuracy, agreement, rmse].map((value) => value.toFixed(4))]);
    } catch (error) {
      rows.push([name, `failed: ${String(error).split('\n').at(-1)}`, '', '']);
    }
  }
  const head = ['run here, batches of 8 padded to 64', 'accuracy', 'same answer', 'RMSE of logits'];
  console.log(table(head, rows));
}
