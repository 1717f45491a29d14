/**
 * A build through `buildEngine` beside the same build by a plain C++ program: the same library
 * (TensorRT for RTX, the real one), model and options, each in a process of its own, in turns.
 *
 *   node bench/build.mjs [--rounds 7] [--size minilm | base | large] [--build build/bench] [--target sm89]
 */
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { encoderShape, realLibrary, writeEncoder } from './lib/encoder.mjs';
import { bar, describeRun, spread, table } from './lib/report.mjs';
import { defaultBuild } from './lib/standins.mjs';
import { median, shuffled, summarize } from './lib/statistics.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    size: { type: 'string', default: 'base' },
    build: { type: 'string', default: defaultBuild },
    target: { type: 'string', default: 'sm89' },
  },
});
const rounds = Number(options.rounds);
const build = resolve(options.build);
const model = join(build, `encoder-${options.size}.onnx`);
const release = join(build, 'Release');
process.env['TENSORRT_NODE_ADDON'] = join(release, 'tensorrt_node.node');

writeEncoder(model, options.size);
const library = await realLibrary();

const inputs = ['input_ids', 'attention_mask'];
const request = {
  product: 'tensorrt-rtx',
  targets: [options.target],
  profiles: [Object.fromEntries(inputs.map((name) => [name, encoderShape]))],
};
const range = Object.values(encoderShape)
  .map((dims) => dims.join(','))
  .join(':');

/** @typedef {{ seconds: number, planBytes: number, peakKiB: number, wall: number }} Outcome */

/** @type {Record<string, () => Promise<Outcome>>} */
const contenders = {
  'C++ program': () =>
    runProcess(join(release, 'build_peer'), [
      library.core,
      library.parser,
      model,
      ...inputs.map((name) => `${name}:${range}`),
      '--',
      options.target,
    ]),
  buildEngine: () =>
    runProcess(process.execPath, [join(here, 'build-child.mjs'), model, JSON.stringify(request)]),
};

/** @type {Record<string, Outcome[]>} */
const outcomes = { 'C++ program': [], buildEngine: [] };
for (let round = -1; round < rounds; round++) {
  for (const [name, run] of shuffled(Object.entries(contenders))) {
    const outcome = await run();
    if (round >= 0) outcomes[name]?.push(outcome);
  }
}

/** @param {string} program @param {string[]} args @returns {Promise<Outcome>} */
async function runProcess(program, args) {
  const start = performance.now();
  const { stdout } = await promisify(execFile)(program, args);
  return { ...JSON.parse(stdout), wall: (performance.now() - start) / 1000 };
}

/** @param {string} name @param {keyof Outcome} field */
const all = (name, field) => (outcomes[name] ?? []).map((outcome) => outcome[field]);

/** Ours to theirs, round by round. @param {keyof Outcome} field */
const ratios = (field) => {
  const theirs = all('C++ program', field);
  return all('buildEngine', field).map((ours, round) => ours / (theirs[round] ?? NaN));
};

const megabytes = (statSync(model).size / 1e6).toFixed(1);
console.log(`\n## One build, TensorRT for RTX ${library.version}, ${options.target}\n`);
console.log(describeRun());
console.log(
  `- a BERT encoder (${options.size}) of ${megabytes} MB, ${rounds} rounds, a process each; quartiles in brackets\n`,
);
const rows = Object.keys(contenders).map((name) => [
  name,
  spread(summarize(all(name, 'seconds')), 2),
  spread(summarize(all(name, 'wall')), 2),
  spread(summarize(all(name, 'peakKiB').map((kib) => kib / 1024)), 0),
  String(median(all(name, 'planBytes'))),
]);
rows.push([
  'ratio',
  spread(summarize(ratios('seconds')), 3),
  spread(summarize(ratios('wall')), 3),
  spread(summarize(ratios('peakKiB')), 3),
  '',
]);
console.log(
  table(['contender', 'build, s', 'whole process, s', 'peak memory, MiB', 'plan, bytes'], rows),
);
console.log('');
console.log(bar('time of the build', median(ratios('seconds')), '<=', 1.03, 3));
console.log(bar('time of the whole process', median(ratios('wall')), '<=', 1.03, 3));
console.log(bar('peak memory', median(ratios('peakKiB')), '<=', 1.1, 3));
