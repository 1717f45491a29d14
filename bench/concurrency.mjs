/**
 * Four builds at once, by the real TensorRT for RTX, while inferences run on the stand-ins and small
 * files are read in the same process: everything shares libuv's four threads, and nothing may starve.
 *
 *   node bench/concurrency.mjs [--builds 4] [--model file.onnx] [--build build/bench] [--limit 900]
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { encoderShape, realLibrary, writeEncoder } from './lib/encoder.mjs';
import { describeRun, table } from './lib/report.mjs';
import { defaultBuild, useStandins } from './lib/standins.mjs';
import { quantile, sorted } from './lib/statistics.mjs';

const { values: options } = parseArgs({
  options: {
    builds: { type: 'string', default: '4' },
    model: { type: 'string', default: join(defaultBuild, 'minilm.onnx') },
    build: { type: 'string', default: defaultBuild },
    limit: { type: 'string', default: '900' },
  },
});
const model = resolve(options.model);
const standins = useStandins(resolve(options.build));
const { buildEngine, Engine, tensor } = await import('../dist/index.js');
writeEncoder(model);
const library = await realLibrary();

/** Of a deadlock nobody would ever hear. */
setTimeout(() => {
  console.error(`concurrency: not at an end after ${options.limit} s`);
  process.exit(1);
}, Number(options.limit) * 1000).unref();

const engine = await Engine.load(standins.plan, { libraryDir: standins.libraryDir });
const session = await engine.createSession({ contexts: 4 });
const feeds = {
  input_ids: tensor('int64', [1, 128], new BigInt64Array(128).fill(7n)),
  attention_mask: tensor('int64', [1, 128], new BigInt64Array(128).fill(1n)),
};

/** @typedef {{ name: string, file: Float64Array, infer: Float64Array, loop: import('node:perf_hooks').IntervalHistogram }} Watched */

const idle = await watched('no build', () => sleep(5000));
const busy = await watched(`${options.builds} builds`, buildAll);
await engine.close();
print([idle, busy]);

async function buildAll() {
  const count = Number(options.builds);
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      /** @type {Set<string>} */
      const phases = new Set();
      const start = performance.now();
      const plan = await buildEngine(model, {
        product: 'tensorrt-rtx',
        libraryDir: dirname(library.core),
        targets: ['sm89'],
        profiles: [{ input_ids: encoderShape, attention_mask: encoderShape }],
        onProgress: ({ phase }) => {
          if (!phases.has(phase)) console.log(`build ${i + 1}: ${phase}`);
          phases.add(phase);
        },
      });
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`build ${i + 1}: ${plan.bytes} bytes, ${seconds} s with its wait in line`);
    }),
  );
}

/**
 * How long a file and an inference take to come while `work` runs.
 * @param {string} name
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Watched>}
 */
async function watched(name, work) {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  let over = false;
  const small = new URL('package.json', import.meta.url);
  const watching = [() => readFile(small), ...Array(4).fill(() => session.infer(feeds))].map(
    async (run) => {
      const times = [];
      while (!over) {
        const start = performance.now();
        await run();
        times.push(performance.now() - start);
        await sleep(1);
      }
      return times;
    },
  );
  await work();
  over = true;
  const [file = [], ...infers] = await Promise.all(watching);
  loop.disable();
  return { name, file: sorted(file), infer: sorted(infers.flat()), loop };
}

/** @param {Watched[]} all */
function print(all) {
  console.log(`\n## ${options.builds} builds at once, with inferences\n`);
  console.log(describeRun());
  console.log(`- TensorRT for RTX ${library.version}; four inferences in flight on stand-ins\n`);
  const row = (/** @type {string} */ what, /** @type {Float64Array} */ times) => [
    what,
    String(times.length),
    ...[0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(2)),
  ];
  const rows = all.flatMap(({ name, file, infer, loop }) => [
    row(`fs.readFile, ${name}`, file),
    row(`infer, ${name}`, infer),
    [
      `event loop, ${name}`,
      '',
      ...[loop.percentile(50), loop.percentile(99), loop.max].map((ns) => (ns / 1e6).toFixed(2)),
    ],
  ]);
  console.log(table(['delay', 'count', 'p50, ms', 'p99, ms', 'max, ms'], rows));
}
