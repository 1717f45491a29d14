/**
 * What INT8 of a real classifier costs in time and memory, model in to quantized model out, beside
 * ONNX Runtime's quantize_static and NVIDIA's ModelOpt on the same samples.
 *
 *   node bench/quantization.mjs [--python python3] [--rounds 3] [--only <text>] [--shared ../shared/models]
 *
 * `--python` names an interpreter with the packages of requirements.txt; what it lacks is left out.
 * `--only` runs the contenders whose names have that text. Percentile of 512 samples takes ONNX
 * Runtime 8 GB.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runWatched } from './lib/process-tree.mjs';
import { batch, sequence, writeSamples } from './lib/quantization-samples.mjs';
import { bar, describeRun, spread, table } from './lib/report.mjs';
import { defaultShared, readTexts, sentimentFiles } from './lib/sentiment.mjs';
import { defaultBuild } from './lib/standins.mjs';
import { median, summarize } from './lib/statistics.mjs';
import { takeTurns } from './lib/turns.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    shared: { type: 'string', default: defaultShared },
    folder: { type: 'string', default: join(defaultBuild, 'quantization') },
  },
});
const { python } = options;
const rounds = Number(options.rounds);
const folder = resolve(options.folder);
const { model: classifier, texts: textsFile } = sentimentFiles(options.shared);
const child = join(project, 'bench/quantization-child.mjs');
const peer = join(project, 'bench/quantization_peer.py');
/** Of the entropy search: a tensor each, of this many values. */
const valuesOf = { normal: 500_000, outliers: 500_000 };
mkdirSync(folder, { recursive: true });

console.log('\n## Quantizing a classifier\n');
console.log(describeRun());
/** @type {Readonly<Record<string, string>>} */
const versions = JSON.parse(execFileSync(python, [peer, 'versions'], { encoding: 'utf8' }));
console.log(
  `- ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}`,
);
await quantizing();
await searching();

async function quantizing() {
  const texts = readTexts(textsFile).calibration;
  console.log(
    `- ${classifier.split('/').at(-1)}, ${texts.length} texts, batches of ${batch} padded to ${sequence} tokens; ${rounds} rounds in changing order, a process each; quartiles in brackets`,
  );
  console.log(
    '- the peers need batches of one length; without padding, texts of one length go together, up to 8, the longest first',
  );
  console.log(
    '- ours puts INT8 into linear layers, both products of attention and residual connections; ModelOpt too; ONNX Runtime into all products\n',
  );
  /** @param {number} rows */
  const samplesOf = (rows) => {
    const file = join(folder, `samples-${rows}.bin`);
    if (!existsSync(file)) writeSamples(file, texts, rows);
    return file;
  };
  const output = join(folder, 'int8.onnx');
  /** @param {string} method @param {number} rows @param {'padded' | 'unpadded'} [shape] */
  const ours = (method, rows, shape = 'padded') => {
    const args = [child, 'quantize', classifier, samplesOf(rows), shape, method, output];
    return () => runWatched(process.execPath, args);
  };
  /** @param {string} tool @param {string} method @param {number} rows */
  const theirs = (tool, method, rows) => () =>
    runWatched(python, [peer, tool, classifier, samplesOf(rows), method, output]);
  /** @type {Record<string, () => ReturnType<typeof runWatched>>} */
  const all = {
    'tensorrt-node percentile, 128': ours('percentile', 128),
    'tensorrt-node entropy, 128': ours('entropy', 128),
    'tensorrt-node percentile, 512': ours('percentile', 512),
    'tensorrt-node entropy, 512': ours('entropy', 512),
    'tensorrt-node percentile, 2048': ours('percentile', 2048),
    'tensorrt-node percentile, 512 without padding': ours('percentile', 512, 'unpadded'),
    'tensorrt-node entropy, 512 without padding': ours('entropy', 512, 'unpadded'),
    'tensorrt-node percentile, 128 without padding': ours('percentile', 128, 'unpadded'),
    'tensorrt-node entropy, 128 without padding': ours('entropy', 128, 'unpadded'),
    'ONNX Runtime percentile, 128': theirs('onnxruntime', 'percentile', 128),
    'ONNX Runtime entropy (its default), 128': theirs('onnxruntime', 'entropy', 128),
    'ONNX Runtime percentile, 512': theirs('onnxruntime', 'percentile', 512),
    ...('nvidia-modelopt' in versions && {
      'ModelOpt entropy (its default), 128': theirs('modelopt', 'entropy', 128),
      'ModelOpt max, 128': theirs('modelopt', 'max', 128),
    }),
  };
  const chosen = Object.entries(all).filter(([name]) => name.includes(options.only));
  const turns = await takeTurns(rounds, Object.fromEntries(chosen), { warmUp: false });
  console.log(
    table(
      ['samples are texts', 'load to saved, s', 'whole process, s', 'peak memory, MiB'],
      chosen.map(([name]) => [
        name,
        spread(summarize(turns.all(name, 'seconds')), 2),
        spread(summarize(turns.all(name, 'wall')), 2),
        spread(summarize(turns.all(name, 'peakMiB')), 0),
      ]),
    ),
  );
  console.log('');

  /** @param {string} peer @param {string} ours @param {'seconds' | 'peakMiB'} field */
  const timesLess = (peer, ours, field) =>
    turns.ratios({ peer, ours }, field).map((ratio) => 1 / ratio);
  /** @param {string} what @param {readonly number[]} ratios @param {number} limit */
  const atLeast = (what, ratios, limit) => {
    if (ratios.length === 0 || ratios.some(Number.isNaN)) return;
    const { lower, upper } = summarize(ratios);
    const quartiles = `quartiles ${lower.toFixed(1)} to ${upper.toFixed(1)}`;
    console.log(bar(`${what}, times (${quartiles})`, median(ratios), '>=', limit, 1));
  };
  const largest = 'ONNX Runtime percentile, 512';
  const modelopts = Object.keys(all).filter((name) => name.startsWith('ModelOpt'));
  for (const method of ['percentile', 'entropy']) {
    for (const padding of ['', ' without padding']) {
      const name = `tensorrt-node ${method}, 512${padding}`;
      atLeast(`${name}: faster than ${largest}`, timesLess(largest, name, 'seconds'), 10);
      atLeast(`${name}: less memory`, timesLess(largest, name, 'peakMiB'), 10);
      const small = `tensorrt-node ${method}, 128${padding}`;
      for (const modelopt of modelopts) {
        atLeast(`${small}: faster than ${modelopt}`, timesLess(modelopt, small, 'seconds'), 5);
      }
    }
  }
  const growth = turns.ratios(
    { peer: 'tensorrt-node percentile, 128', ours: 'tensorrt-node percentile, 2048' },
    'peakMiB',
  );
  if (growth.length > 0 && !growth.some(Number.isNaN)) {
    console.log(bar('memory of 2,048 samples to that of 128', median(growth), '<=', 1.1));
  }
}

/** The entropy search alone: ours over its own bins, theirs over 2048. */
async function searching() {
  if (!'search'.includes(options.only)) return;
  console.log('\n### The entropy search of one tensor\n');
  const rows = [];
  for (const [name, count] of Object.entries(valuesOf)) {
    const file = join(folder, `values-${name}.bin`);
    writeFileSync(file, new Uint8Array(normalValues(count, name === 'outliers').buffer));
    const turns = await takeTurns(
      rounds,
      {
        ours: () => runWatched(process.execPath, [child, 'search', file]),
        theirs: () => runWatched(python, [peer, 'search', file]),
      },
      { warmUp: false },
    );
    const ratios = turns.ratios({ ours: 'ours', peer: 'theirs' }, 'milliseconds');
    const ratio = ratios.map((value) => 1 / value);
    rows.push([
      name,
      spread(summarize(turns.all('ours', 'milliseconds')), 2),
      median(turns.all('ours', 'amax')).toFixed(2),
      spread(summarize(turns.all('theirs', 'milliseconds')), 0),
      median(turns.all('theirs', 'amax')).toFixed(2),
      spread(summarize(ratio), 0),
    ]);
    console.log(bar(`entropy search of ${name}, times faster`, median(ratio), '>=', 50, 0));
  }
  const head = [
    '500,000 values',
    'ours, ms',
    'amax',
    'ONNX Runtime, 2048 bins, ms',
    'amax',
    'ratio',
  ];
  console.log(`\n${table(head, rows)}`);
}

/** Values of a standard normal distribution, the same in every run; of the outliers, 50 lie at 20. */
function normalValues(/** @type {number} */ count, /** @type {boolean} */ withOutliers) {
  let state = 7;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / (2 ** 32 + 1);
  };
  const values = Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  });
  if (withOutliers) values.fill(20, 0, 50);
  return values;
}
