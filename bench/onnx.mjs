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
import { median, summarize } from './lib/statistics.mjs';
import { runMeasured, takeTurns } from './lib/turns.mjs';

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

writeEncoder(inline, 'bert-large');
if (!existsSync(external)) {
  await (await Model.load(inline)).save(external, { externalData: 'always' });
}
if (!existsSync(huge)) await writeHuge(huge);

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
  const names = { peer: 'Python onnx', ours: 'tensorrt-node' };
  const turns = await takeTurns(rounds, {
    [names.peer]: () => edit(options.python, [peer, model, copy, externalData]),
    [names.ours]: () => edit(process.execPath, [child, 'edit', model, copy, externalData]),
  });
  const rows = turns.rows(names, [
    { field: 'seconds', digits: 2 },
    { field: 'wall', digits: 2 },
    { field: 'peakKiB', digits: 0, unit: 1024 },
    { field: 'nodes' },
  ]);
  console.log(
    table([what, 'load, edit, save, s', 'whole process, s', 'peak memory, MiB', 'nodes'], rows),
  );
  console.log('');
  console.log(bar(`time, ${what}`, median(turns.ratios(names, 'seconds')), '<=', 0.35));
  console.log(bar(`peak memory, ${what}`, median(turns.ratios(names, 'peakKiB')), '<=', 0.45));
  console.log('');
}

/** @param {string} program @param {string[]} args */
async function edit(program, args) {
  const outcome = await measure(program, args);
  for (const file of [copy, `${copy}.data`]) rmSync(file, { force: true });
  return outcome;
}

async function lookAtHuge() {
  /** @type {import('./lib/turns.mjs').Outcome[]} */
  const outcomes = [];
  for (let round = 0; round < rounds; round++) {
    outcomes.push(await measure(process.execPath, [child, 'look', huge]));
  }
  const peaks = outcomes.map((outcome) => ((outcome['peakKiB'] ?? NaN) * 1024) / 1e6);
  const gigabytes = ((outcomes[0]?.['bytes'] ?? NaN) / 1e9).toFixed(1);
  console.log(
    `Looking at ${gigabytes} GB of external weights, a sparse file of zeros: ${spread(summarize(outcomes.map((outcome) => outcome['seconds'] ?? NaN)), 2)} s, peak memory ${spread(summarize(peaks), 0)} MB\n`,
  );
  console.log(bar('peak memory of a look at 10 GB, MB', median(peaks), '<', 200, 0));
}

/** @param {string} program @param {string[]} args */
async function measure(program, args) {
  await run('sync', []);
  return runMeasured(program, args);
}

/** @param {string} program @param {string[]} args */
function run(program, args) {
  return promisify(execFile)(program, args);
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
