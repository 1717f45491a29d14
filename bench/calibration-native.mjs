/**
 * What calibration costs below the model: counting values, on one thread and on all, and the search
 * for a range in what was counted.
 *
 *   node bench/calibration-native.mjs [--rounds 15]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { loadAddon } from '../dist/native.js';
import { bar, describeRun, spread, table } from './lib/report.mjs';
import { median, shuffled, summarize } from './lib/statistics.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(options.rounds);
const addon = loadAddon();

/** The inputs of the linear layers of an encoder: 24 tensors of 8 x 128 tokens. */
const tensors = 24;
const size = 8 * 128 * 384;

console.log(`\n## Native calibration\n\n${describeRun()}\n`);
const normal = Float32Array.from({ length: size }, gaussian);
/** @type {Record<string, { data: Float32Array | Uint16Array, type: 'float32' | 'bfloat16' }>} */
const inputs = {
  'float32, normal': { data: normal, type: 'float32' },
  'float32, half of them zeros': { data: normal.map((x) => Math.max(x, 0)), type: 'float32' },
  // The upper half of a float32 is a bfloat16.
  'bfloat16, normal': {
    data: Uint16Array.from(new Uint32Array(normal.buffer), (bits) => bits >>> 16),
    type: 'bfloat16',
  },
};
console.log(`${collecting()}\n\n${searching()}`);

/** Standard normal, by Box and Muller. */
function gaussian() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

/** @param {() => unknown} action */
function millisecondsOf(action) {
  const start = performance.now();
  action();
  return performance.now() - start;
}

/**
 * Every action once a round, in changing order.
 * @param {Record<string, () => unknown>} actions
 * @returns {Record<string, number[]>} Milliseconds.
 */
function takeTurns(actions) {
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(actions).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, action] of shuffled(Object.entries(actions))) {
      const time = millisecondsOf(action);
      if (round >= 0) times[name]?.push(time);
    }
  }
  return times;
}

function collecting() {
  const threads = [...new Set([1, availableParallelism()])];
  const rows = Object.entries(inputs).map(([name, { data, type }]) => {
    const items = Array.from({ length: tensors }, () => {
      return { histogram: new addon.Histogram(), data, type };
    });
    const times = takeTurns(
      Object.fromEntries(threads.map((n) => [`${n}`, () => addon.collectAll(items, n)])),
    );
    const gigabytes = (tensors * data.byteLength) / 1e9;
    return [
      name,
      ...Object.values(times).map((all) =>
        spread(summarize(all.map((ms) => gigabytes / (ms / 1000))), 2),
      ),
    ];
  });
  const head = ['values', ...threads.map((n) => `GB/s, ${n} thread${n > 1 ? 's' : ''}`)];
  return `${tensors} tensors of ${size} values, \`collectAll\`.\n\n${table(head, rows)}`;
}

function searching() {
  const histogram = new addon.Histogram();
  histogram.collect(normal, 'float32');
  histogram.collect(Float32Array.of(20), 'float32');
  const times = takeTurns({
    'percentile 99.99': () => histogram.percentile(99.99),
    entropy: () => histogram.entropy(),
    mse: () => histogram.mse(),
    'error of a range': () => histogram.error(4),
  });
  const rows = Object.entries(times).map(([name, all]) => [name, spread(summarize(all), 3)]);
  const entropy = median(times['entropy'] ?? []);
  const verdict = bar('entropy, ms per tensor', entropy, '<=', 2, 3);
  return `${table(['search', 'ms per tensor'], rows)}\n\n${verdict}`;
}
