/**
 * Whether `bench` measures what a plain Python loop around ONNX Runtime does: the real classifier in
 * FP32 and in INT8, batches of 8 texts of 64 tokens, the same saved models and threads, each in a
 * process of its own, in turns.
 *
 *   node bench/run-against-python.mjs [--python python3] [--rounds 5] [--seconds 3] [--threads <n>]
 *     [--shared ../shared/models]
 *
 * `--python` names an interpreter with onnxruntime and numpy; best of the version that
 * onnxruntime-node has. INT8 is quantized from the calibration texts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bench } from '../dist/bench/index.js';
import { calibrate, Model, quantize, tensor } from '../dist/index.js';
import { batch, sequence, writeSamples } from './lib/quantization-samples.mjs';
import { bar, describeRun, spread, table } from './lib/report.mjs';
import { defaultShared, feedsFor, readTexts, sentimentFiles } from './lib/sentiment.mjs';
import { summarize } from './lib/statistics.mjs';
import { runMeasured, takeTurns } from './lib/turns.mjs';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    shared: { type: 'string', default: defaultShared },
  },
});
const files = sentimentFiles(options.shared);
if (!files.areThere) throw new Error(`${files.model} or ${files.texts} is not there`);
const threads = Number(options.threads);
const durationMs = 1000 * Number(options.seconds);
const warmupMs = 500;
/** Texts that INT8 is calibrated with. */
const calibrationTexts = 128;
const folder = mkdtempSync(join(tmpdir(), 'against-python-'));
/** Of ONNX Runtime. @type {Map<string, string>} */
const versions = new Map();

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const { calibration } = readTexts(files.texts);
  const samples = join(folder, 'samples.bin');
  writeSamples(samples, calibration, batch);
  const models = { FP32: files.model, INT8: await quantized(calibration) };
  const feeds = paddedFeeds(calibration.slice(0, batch));
  const contenders = Object.entries(models).flatMap(([precision, path]) => [
    [`bench, ${precision}`, () => byBench(path, feeds)],
    [`Python, ${precision}`, () => byPython(path, samples)],
  ]);
  const turns = await takeTurns(Number(options.rounds), Object.fromEntries(contenders));

  console.log(`## bench beside a Python loop\n\n${describeRun()}`);
  console.log(
    `- ${batch} texts of ${sequence} tokens, ${threads} threads, ${options.rounds} rounds`,
  );
  console.log(`- ONNX Runtime ${[...versions].map(([who, it]) => `${it} in ${who}`).join(', ')}`);
  const columns = [
    { field: 'median', digits: 2 },
    { field: 'throughput', digits: 1 },
  ];
  for (const precision of Object.keys(models)) {
    const names = { ours: `bench, ${precision}`, peer: `Python, ${precision}` };
    const rows = turns
      .rows(names, columns)
      .filter(([name]) => /ratio/.test(name ?? '') || name?.endsWith(precision));
    console.log(`\n${table(['', 'median, ms', 'runs a second'], rows)}\n`);
    const { median } = summarize(turns.ratios(names, 'median'));
    console.log(bar(`${precision}: bench to Python, off by`, Math.abs(median - 1), '<=', 0.1));
  }
  const speedup = (/** @type {string} */ who) =>
    summarize(turns.ratios({ ours: `${who}, FP32`, peer: `${who}, INT8` }, 'median'));
  console.log(
    `\nFP32 to INT8 by time: ${spread(speedup('bench'), 3)} by bench, ${spread(speedup('Python'), 3)} by Python.`,
  );
}

/** @param {readonly number[][]} texts @returns {Promise<string>} */
async function quantized(texts) {
  const model = await Model.load(files.model);
  const samples = texts.slice(0, calibrationTexts).map((ids) => feedsFor(model, [ids]));
  const table = await calibrate(model, samples, { padding: { mask: 'attention_mask' } });
  const path = join(folder, 'int8.onnx');
  await (await quantize(model, table)).save(path);
  return path;
}

/** As the file of samples has them. @param {readonly number[][]} texts */
function paddedFeeds(texts) {
  const flat = (/** @type {(ids: readonly number[], i: number) => number} */ valueAt) =>
    tensor(
      'int64',
      [batch, sequence],
      texts.flatMap((ids) => Array.from({ length: sequence }, (_, i) => valueAt(ids, i))),
    );
  return {
    input_ids: flat((ids, i) => ids[i] ?? 0),
    attention_mask: flat((ids, i) => (i < ids.length ? 1 : 0)),
    token_type_ids: flat(() => 0),
  };
}

/** @param {string} path @param {import('../dist/index.js').TensorMap} feeds */
async function byBench(path, feeds) {
  const { cells, versions: used } = await bench(path, {
    runtimes: ['onnxruntime:cpu'],
    samples: [feeds],
    threads,
    warmupMs,
    durationMs,
  });
  const { result, problem } = cells[0] ?? {};
  if (!result) throw new Error(problem);
  versions.set('bench', used['onnxruntime'] ?? 'unknown');
  return { median: result.latency.median, throughput: result.inferencesPerSecond };
}

/** @param {string} path @param {string} samples */
async function byPython(path, samples) {
  const program = fileURLToPath(new URL('run_against_python.py', import.meta.url));
  const numbers = [batch, sequence, threads, warmupMs, durationMs].map(String);
  const measured = await runMeasured(options.python, [program, path, samples, ...numbers]);
  versions.set('Python', `${measured['onnxruntime']}`);
  return measured;
}
