/**
 * A build through `buildEngine` beside the same build by a plain C++ program: the same library
 * (TensorRT for RTX, the real one), model and options, each in a process of its own, in turns.
 *
 *   node bench/build.mjs [--rounds 7] [--model bert-base] [--build build/bench] [--target sm89]
 */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encoderShape, realLibrary, writeEncoder } from './lib/encoder.mjs';
import { bar, describeRun, table } from './lib/report.mjs';
import { defaultBuild } from './lib/standins.mjs';
import { median } from './lib/statistics.mjs';
import { runMeasured, takeTurns } from './lib/turns.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    model: { type: 'string', default: 'bert-base' },
    build: { type: 'string', default: defaultBuild },
    target: { type: 'string', default: 'sm89' },
  },
});
const rounds = Number(options.rounds);
const build = resolve(options.build);
const model = join(build, `${options.model}.onnx`);
const release = join(build, 'Release');
process.env['TENSORRT_NODE_ADDON'] = join(release, 'tensorrt_node.node');

writeEncoder(model, options.model);
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

const names = { peer: 'C++ program', ours: 'buildEngine' };
const turns = await takeTurns(rounds, {
  [names.peer]: () =>
    runMeasured(join(release, 'build_peer'), [
      library.core,
      library.parser,
      model,
      ...inputs.map((name) => `${name}:${range}`),
      '--',
      options.target,
    ]),
  [names.ours]: () =>
    runMeasured(process.execPath, [join(here, 'build-child.mjs'), model, JSON.stringify(request)]),
});

const megabytes = (statSync(model).size / 1e6).toFixed(1);
console.log(`\n## One build, TensorRT for RTX ${library.version}, ${options.target}\n`);
console.log(describeRun());
console.log(
  `- ${options.model} with random weights, ${megabytes} MB, ${rounds} rounds, a process each; quartiles in brackets\n`,
);
const rows = turns.rows(names, [
  { field: 'seconds', digits: 2 },
  { field: 'wall', digits: 2 },
  { field: 'peakKiB', digits: 0, unit: 1024 },
  { field: 'planBytes' },
]);
console.log(
  table(['contender', 'build, s', 'whole process, s', 'peak memory, MiB', 'plan, bytes'], rows),
);
console.log('');
console.log(bar('time of the build', median(turns.ratios(names, 'seconds')), '<=', 1.03, 3));
console.log(bar('time of the whole process', median(turns.ratios(names, 'wall')), '<=', 1.03, 3));
console.log(bar('peak memory', median(turns.ratios(names, 'peakKiB')), '<=', 1.1, 3));
