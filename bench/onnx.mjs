/**
 * Loads a model of the size of BERT-large, edits one node and saves it, beside Python's onnx package
 * doing the same; and looks at a model of 10 GB.
 *
 *   node bench/onnx.mjs [--rounds 5] [--python python3] [--folder build/bench/onnx]
 *
 * `--python` names an interpreter with the package onnx. The folder takes 6 GB.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { StringStringEntryProtoSchema, TensorProtoSchema } from 'onnx-buf';
import { Model } from '../dist/index.js';
import { writeEncoder } from './lib/encoder.mjs';
import { bar, describeRun, spread, table } from './lib/report.mjs';
import { defaultBuild } from './lib/standins.mjs';
import { median, shuffled, summarize } from './lib/statistics.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    python: { type: 'string', default: 'python3' },
    folder: { type: 'string', default: join(defaultBuild, 'onnx') },
  },
});
const rounds = Number(options.rounds);
const folder = resolve(options.folder);
mkdirSync(folder, { recursive: true });

const inline = join(folder, 'inline.onnx');
const external = join(folder, 'external.onnx');
const huge = join(folder, 'huge.onnx');
const copy = join(folder, 'copy.onnx');

writeEncoder(inline, 'large');
if (!existsSync(external)) {
  await (await Model.load(inline)).save(external, { externalData: 'always' });
}
if (!existsSync(huge)) await writeHuge(huge);

/** @typedef {{ seconds: number, peakKiB: number, nodes: number, wall: number, bytes?: number }} Outcome */

const child = join(here, 'onnx-child.mjs');
const peer = join(here, 'onnx_peer.py');

console.log('\n## Editing a model of the size of BERT-large, looking at one of 10 GB\n');
console.log(describeRun());
const { stdout: version } = await run(options.python, [
  '-c',
  'import onnx; print(onnx.__version__)',
]);
console.log(`- Python's onnx ${version.trim()}`);
console.log(
  `- a BERT encoder of ${(statSync(inline).size / 1e9).toFixed(2)} GB, ${rounds} rounds, a process each; quartiles in brackets`,
);
console.log(
  '- what has to be written to the disk is written before each run (`sync`); files come from the page cache\n',
);
await compare('weights in the model', inline, 'never');
await compare('external weights', external, 'always');
await lookAtHuge();

/** @param {string} what @param {string} model @param {'always' | 'never'} externalData */
async function compare(what, model, externalData) {
  /** @type {Record<string, () => Promise<Outcome>>} */
  const contenders = {
    'Python onnx': () => measure(options.python, [peer, model, copy, externalData]),
    'tensorrt-node': () => measure(process.execPath, [child, 'edit', model, copy, externalData]),
  };
  /** @type {Record<string, Outcome[]>} */
  const outcomes = { 'Python onnx': [], 'tensorrt-node': [] };
  for (let round = -1; round < rounds; round++) {
    for (const [name, contend] of shuffled(Object.entries(contenders))) {
      const outcome = await contend();
      removeCopy();
      if (round >= 0) outcomes[name]?.push(outcome);
    }
  }
  /** @param {string} name @param {keyof Outcome} field */
  const all = (name, field) => (outcomes[name] ?? []).map((outcome) => outcome[field] ?? NaN);
  /** @param {keyof Outcome} field */
  const ratios = (field) => {
    const theirs = all('Python onnx', field);
    return all('tensorrt-node', field).map((ours, round) => ours / (theirs[round] ?? NaN));
  };
  const rows = Object.keys(contenders).map((name) => [
    name,
    spread(summarize(all(name, 'seconds')), 2),
    spread(summarize(all(name, 'wall')), 2),
    spread(summarize(all(name, 'peakKiB').map((kib) => kib / 1024)), 0),
    String(median(all(name, 'nodes'))),
  ]);
  rows.push([
    'ratio',
    spread(summarize(ratios('seconds')), 3),
    spread(summarize(ratios('wall')), 3),
    spread(summarize(ratios('peakKiB')), 3),
    '',
  ]);
  console.log(
    table([what, 'load, edit, save, s', 'whole process, s', 'peak memory, MiB', 'nodes'], rows),
  );
  console.log('');
  console.log(bar(`time, ${what}`, median(ratios('seconds')), '<=', 0.35));
  console.log(bar(`peak memory, ${what}`, median(ratios('peakKiB')), '<=', 0.45));
  console.log('');
}

async function lookAtHuge() {
  /** @type {Outcome[]} */
  const outcomes = [];
  for (let round = 0; round < rounds; round++) {
    outcomes.push(await measure(process.execPath, [child, 'look', huge]));
  }
  const peaks = outcomes.map(({ peakKiB }) => (peakKiB * 1024) / 1e6);
  const gigabytes = ((outcomes[0]?.bytes ?? NaN) / 1e9).toFixed(1);
  console.log(
    `Looking at ${gigabytes} GB of external weights, a sparse file of zeros: ${spread(summarize(outcomes.map(({ seconds }) => seconds)), 2)} s, peak memory ${spread(summarize(peaks), 0)} MB\n`,
  );
  console.log(bar('peak memory of a look at 10 GB, MB', median(peaks), '<', 200, 0));
}

/** @param {string} program @param {string[]} args @returns {Promise<Outcome>} */
async function measure(program, args) {
  await run('sync', []);
  const start = performance.now();
  const { stdout } = await run(program, args);
  return { ...JSON.parse(stdout), wall: (performance.now() - start) / 1000 };
}

/** @param {string} program @param {string[]} args */
function run(program, args) {
  return promisify(execFile)(program, args);
}

function removeCopy() {
  for (const file of [copy, `${copy}.data`]) rmSync(file, { force: true });
}

/** The large encoder with its weights eight times over: a sparse file, of which nothing is stored. */
async function writeHuge(/** @type {string} */ path) {
  const model = await Model.load(inline);
  const weights = model.graph.proto.initializer;
  let end = 0;
  /** @param {import('onnx-buf').TensorProto} tensor @param {string} name */
  const hole = ({ dataType, dims, rawData }, name) => {
    const place = { location: 'huge.bin', offset: `${end}`, length: `${rawData.byteLength}` };
    end += rawData.byteLength;
    return create(TensorProtoSchema, {
      name,
      dataType,
      dims,
      dataLocation: 1,
      externalData: Object.entries(place).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value }),
      ),
    });
  };
  const copies = Array.from({ length: 8 }, (_, index) =>
    weights.map((tensor) => hole(tensor, index === 0 ? tensor.name : `${tensor.name}.${index}`)),
  );
  model.graph.proto.initializer = copies.flat();
  const data = join(folder, 'huge.bin');
  writeFileSync(data, '');
  truncateSync(data, end);
  writeFileSync(path, Model.fromProto(model.proto, { directory: folder }).toBytes());
}
