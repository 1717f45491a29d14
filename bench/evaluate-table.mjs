/**
 * `evaluate` beside Python: the INT8 models of other tools, judged by both on the same held-out texts, and the
 * figures that were published of them (docs/accuracy.md).
 *
 *   node bench/evaluate-table.mjs --python <interpreter> [--models <folder>] [--int8 kernels | float]
 *     [--only <expression>] [--alone] [--shared ../shared/models]
 *
 * `--python` has the packages of requirements.txt. `--models` keeps the models, so that another run need not
 * make them; `--only` takes rows whose names match; `--alone` leaves Python's answers out.
 *
 * Calibration: the first 128 or 512 texts. Held-out texts: all 2,556. Both in batches of 8, padded to 64 tokens.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { classificationTask, evaluate } from '../dist/evaluate/index.js';
import { Runtime, tensor } from '../dist/index.js';
import { batch, sequence, writeSamples } from './lib/quantization-samples.mjs';
import { describeRun, table } from './lib/report.mjs';
import { defaultShared, readTexts, sentimentFiles, share } from './lib/sentiment.mjs';

/** @typedef {import('./lib/sentiment.mjs').Text} Text */
/** @typedef {import('../dist/evaluate/index.js').EvaluatedModel} EvaluatedModel */

const project = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    models: { type: 'string' },
    int8: { type: 'string', default: 'kernels' },
    only: { type: 'string', default: '' },
    alone: { type: 'boolean', default: false },
    shared: { type: 'string', default: defaultShared },
  },
});
const files = sentimentFiles(options.shared);
const { model: float } = files;
const folder = options.models ?? mkdtempSync(join(tmpdir(), 'evaluate-'));
mkdirSync(folder, { recursive: true });

/** Accuracy and agreement with FP32, measured before on another machine: facts, not a run of this program. */
const allRows = [
  { tool: 'onnxruntime', method: 'minmax', texts: 128, published: ['.7907', '.8756'] },
  { tool: 'onnxruntime', method: 'percentile', texts: 128, published: ['.8329', '.9460'] },
  { tool: 'onnxruntime', method: 'percentile', texts: 512, published: ['.8341', '.9441'] },
  { tool: 'onnxruntime', method: 'entropy', texts: 128, published: ['.7907', '.8756'] },
  { tool: 'modelopt', method: 'max', texts: 128, published: ['.7973', '.8877'] },
  { tool: 'modelopt', method: 'entropy', texts: 128, published: ['.8009', '.8858'] },
]
  .map((row) => ({ ...row, name: `${row.tool} ${row.method} ${row.texts}` }))
  .filter(({ name }) => new RegExp(options.only).test(name));

console.log(`\n## evaluate beside Python\n\n${describeRun()}`);
if (!options.python) console.log('\nNo --python: there is nothing to make the models with.');
else if (!files.areThere) console.log(`\nThe model is not at hand in ${options.shared}.`);
else await measure(options.python);

/** @param {string} python */
async function measure(python) {
  const versions = peer(python, 'versions');
  console.log(`- ${JSON.stringify(versions)}`);
  const data = readTexts(files.texts);
  const rows = allRows.filter(({ tool }) => tool !== 'modelopt' || versions['nvidia-modelopt']);
  const paths = rows.map((row) => made(python, row, data.calibration));
  const report = await evaluate(
    [float, ...paths].map((path, index) => ({
      name: rows[index - 1]?.name ?? 'FP32',
      runtime: () =>
        Runtime.load(path, {
          runtime: 'onnxruntime',
          int8: options.int8 === 'float' ? 'float' : 'kernels',
        }),
    })),
    classificationTask({
      samples: () => batches(data.test),
      labels: data.test.map(({ label }) => label),
    }),
  );
  const others = options.alone ? undefined : byPython(python, [float, ...paths], data.test);
  const cells = report.models.map((model, index) => [
    model.name,
    ...(rows[index - 1]?.published ?? ['.8384', '']),
    ...(others?.[index] ?? ['', '']),
    ...figures(model.metrics['accuracy'] ?? Number.NaN, model.agreement),
    model.paired ? `${model.paired.onlyReference} / ${model.paired.onlyThis}` : '',
  ]);
  const head = ['model', 'published', 'agreement', 'Python', 'agreement', 'evaluate', 'agreement'];
  console.log(`\n${table([...head, 'FP32 only / INT8 only right'], cells)}`);
}

/**
 * Accuracy and agreement of each by Python's ONNX Runtime.
 * @param {string} python
 * @param {readonly string[]} paths
 * @param {readonly Text[]} texts
 */
function byPython(python, paths, texts) {
  const file = samplesFile(
    'held-out',
    texts.map(({ ids }) => ids),
  );
  const answers = paths.map((path) =>
    /** @type {number[]} */ (peer(python, 'answers', path, file).answers).slice(0, texts.length),
  );
  const labels = texts.map(({ label }) => label);
  return answers.map((given, index) =>
    figures(share(given, labels), index === 0 ? undefined : share(given, answers[0] ?? [])),
  );
}

/** @param {number} accuracy @param {number | undefined} agreement */
function figures(accuracy, agreement) {
  return [accuracy, agreement].map((value) => value?.toFixed(4).replace(/^0/, '') ?? '');
}

/**
 * The path of a model that a tool wrote.
 * @param {string} python
 * @param {(typeof allRows)[number]} row
 * @param {readonly number[][]} texts
 */
function made(python, { tool, method, texts: count }, texts) {
  const path = join(folder, `${tool}-${method}-${count}.onnx`);
  if (existsSync(path)) return path;
  const samples = samplesFile(`calibration-${count}`, texts.slice(0, count));
  peer(python, 'make', tool, method, float, samples, path);
  return path;
}

/** @param {string} name @param {readonly number[][]} texts */
function samplesFile(name, texts) {
  const path = join(folder, `${name}.bin`);
  writeSamples(path, texts, Math.ceil(texts.length / batch) * batch);
  return path;
}

/** @param {string} python @param {readonly string[]} args */
function peer(python, ...args) {
  const script = join(project, 'bench/evaluate_peer.py');
  const output = execFileSync(python, [script, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  return JSON.parse(output.toString().trim().split('\n').at(-1) ?? '');
}

/** @param {readonly Text[]} texts */
function* batches(texts) {
  for (let start = 0; start < texts.length; start += batch) {
    const rowsOfBatch = texts.slice(start, start + batch).map(({ ids }) => ids);
    const dims = [rowsOfBatch.length, sequence];
    const fill = (/** @type {(ids: number[], at: number) => number} */ valueAt) =>
      tensor(
        'int64',
        dims,
        rowsOfBatch.flatMap((ids) => Array.from({ length: sequence }, (_, at) => valueAt(ids, at))),
      );
    yield {
      input_ids: fill((ids, at) => ids[at] ?? 0),
      attention_mask: fill((ids, at) => (at < ids.length ? 1 : 0)),
      token_type_ids: fill(() => 0),
    };
  }
}
