/**
 * What `session.infer` costs beside the same inference from C++, on the stand-ins: there the device
 * takes next to no time, so that what is left is the price of the way to it.
 *
 *   node bench/binding-cost.mjs [--rounds 40] [--count 300] [--ms 400] [--build build/bench]
 *
 * Every contender has its turn in each round, in an order drawn anew. Differences and ratios are
 * taken round by round, so that what slows the machine for a while slows both sides of them.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Peer } from './lib/peer.mjs';
import { bar, describeRun, spread, table } from './lib/report.mjs';
import { defaultBuild, useStandins } from './lib/standins.mjs';
import { median, quantile, shuffled, sorted, summarize } from './lib/statistics.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    count: { type: 'string', default: '300' },
    ms: { type: 'string', default: '400' },
    build: { type: 'string', default: defaultBuild },
  },
});
const rounds = Number(options.rounds);
const count = Number(options.count);
const milliseconds = Number(options.ms);

const standins = useStandins(resolve(options.build));
const { Engine, tensor } = await import('../dist/index.js');
const { emptyJob, openPlainJob } = createRequire(import.meta.url)(
  join(standins.release, 'bench', 'jobs.node'),
);
const peer = new Peer(join(standins.release, 'infer_peer'), [standins.library, standins.plan]);

const engine = await Engine.load(standins.plan, { libraryDir: standins.libraryDir });
const feeds = {
  input_ids: tensor('int64', [1, 128], new BigInt64Array(128).fill(7n)),
  attention_mask: tensor('int64', [1, 128], new BigInt64Array(128).fill(1n)),
};

/** @param {import('../dist/index.js').SessionOptions} options */
async function inference(options) {
  const session = await engine.createSession(options);
  const { logits } = await session.infer(feeds);
  // 128 times 7, times the head's weights.
  if (`${logits?.data}` !== '448,-224') throw new Error(`Wrong logits: ${logits?.data}`);
  return () => session.infer(feeds);
}

/** p99 of the event loop's delay in each round of a contender, in milliseconds. */
/** @type {Record<string, number[]>} */
const delays = {};

await printLatency();
await printThroughput();
await engine.close();
peer.end();

async function printLatency() {
  const infer1 = await inference({ depth: 1 });
  const infer2 = await inference({ depth: 2 });
  const spinning = await inference({ depth: 1, wait: 'spin' });
  const timed = await inference({ depth: 1, timings: true });
  const plainJob = openPlainJob(standins.library, standins.plan);
  /** @type {Record<string, () => Promise<ArrayLike<number>>>} */
  const contenders = {
    'empty job': () => timesOf(emptyJob),
    'C++, plain, as a job': () => timesOf(plainJob),
    'infer, depth 1': () => timesOf(infer1),
    'infer, depth 2': () => timesOf(infer2),
    'infer, depth 1, threads spin': () => timesOf(spinning),
    'infer, depth 1, timed': () => timesOf(timed),
    'C++, session classes, depth 1': () => timesOfPeer('slot1'),
    'C++, session classes, depth 2': () => timesOfPeer('slot2'),
    'C++, plain': () => timesOfPeer('plain'),
  };
  const medians = await takeTurns(contenders, (times) => median(Array.from(times)));

  const empty = /** @type {number[]} */ (medians['empty job']);
  const added = (/** @type {string} */ ours, /** @type {string} */ theirs) =>
    pairs(medians, ours, theirs).map(([a, b]) => a - b);
  const asJobs = (/** @type {number[]} */ us) => us.map((value, i) => value / (empty[i] ?? 1));
  const differences = [1, 2].flatMap((depth) =>
    [`C++, session classes, depth ${depth}`, 'C++, plain'].map((theirs) => {
      const us = added(`infer, depth ${depth}`, theirs);
      return { name: `infer, depth ${depth} - ${theirs}`, us, jobs: asJobs(us) };
    }),
  );
  // What nobody can avoid who waits for the device on a thread of the pool.
  const least = added('C++, plain, as a job', 'C++, plain');

  console.log(`\n## One inference after another, batch 1 x 128 tokens, two int64 inputs\n`);
  console.log(`${describeRun()}\n- ${rounds} rounds of ${count}; quartiles in brackets\n`);
  const rows = Object.entries(medians).map(([name, us]) => [name, spread(summarize(us))]);
  console.log(table(['contender', 'us'], rows));
  console.log('');
  const rowsAdded = differences.map(({ name, us, jobs }) => [
    name,
    spread(summarize(us)),
    spread(summarize(jobs), 2),
  ]);
  const rowLeast = [
    'C++, plain, as a job - C++, plain',
    spread(summarize(least)),
    spread(summarize(asJobs(least)), 2),
  ];
  console.log(table(['what the way to it adds', 'us', 'empty jobs'], [...rowsAdded, rowLeast]));
  console.log('');
  for (const { name, jobs } of differences) console.log(bar(name, median(jobs), '<=', 2));
}

async function printThroughput() {
  const four1 = await inference({ depth: 1, contexts: 4 });
  const four2 = await inference({ depth: 2, contexts: 4 });
  /** @type {Record<string, (name: string) => Promise<number>>} */
  const contenders = {
    '4 empty jobs in flight': (name) => rateOf(emptyJob, 4, name),
    '4 contexts, depth 1, 4 in flight': (name) => rateOf(four1, 4, name),
    '4 contexts, depth 2, 4 in flight': (name) => rateOf(four2, 4, name),
    '4 contexts, depth 2, 8 in flight': (name) => rateOf(four2, 8, name),
    'C++, plain, 4 threads': () => rateOfPeer('plain', 4),
  };
  const rates = await takeTurns(contenders, (rate) => rate);
  const empty = '4 empty jobs in flight';

  console.log(`\n## Four contexts\n`);
  console.log(
    `${describeRun()}\n- ${rounds} rounds of ${milliseconds} ms; quartiles in brackets\n`,
  );
  const share = (/** @type {string} */ name) => pairs(rates, name, empty).map(([a, b]) => a / b);
  const rows = Object.entries(rates).map(([name, perSecond]) => [
    name,
    spread(summarize(perSecond), 0),
    spread(summarize(share(name)), 2),
    delays[name] ? quantile(sorted(delays[name]), 0.5).toFixed(2) : '',
  ]);
  console.log(table(['contender', 'a second', 'x empty jobs', 'loop delay p99, ms'], rows));
  console.log('');
  for (const name of Object.keys(contenders).filter((key) => key.startsWith('4 contexts'))) {
    console.log(bar(`${name}, x empty jobs`, median(share(name)), '>=', 0.4));
    console.log(bar(`${name}, event-loop delay p99 in ms`, median(delays[name] ?? []), '<', 5));
  }
}

/**
 * Gives every contender its turn in every round.
 * @template T
 * @param {Record<string, (name: string) => Promise<T>>} contenders
 * @param {(outcome: T) => number} read
 * @returns {Promise<Record<string, number[]>>} By contender, a number for each round.
 */
async function takeTurns(contenders, read) {
  /** @type {Record<string, number[]>} */
  const outcomes = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  // The first round only warms up.
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of shuffled(Object.entries(contenders))) {
      const outcome = read(await run(name));
      if (round >= 0) outcomes[name]?.push(outcome);
    }
  }
  return outcomes;
}

/**
 * What two contenders reached in the same rounds.
 * @param {Record<string, number[]>} outcomes
 * @param {string} ours
 * @param {string} theirs
 * @returns {[number, number][]}
 */
function pairs(outcomes, ours, theirs) {
  return (outcomes[ours] ?? []).map((value, round) => [value, outcomes[theirs]?.[round] ?? NaN]);
}

/** @param {() => Promise<unknown>} run @returns {Promise<Float64Array>} microseconds */
async function timesOf(run) {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await run();
    times[i] = (performance.now() - start) * 1000;
  }
  return times;
}

/** @param {string} loop @returns {Promise<number[]>} microseconds */
async function timesOfPeer(loop) {
  const answer = await peer.ask(`times ${loop} ${count}`);
  return answer
    .trim()
    .split(' ')
    .map((nanoseconds) => Number(nanoseconds) / 1000);
}

/**
 * How many runs a second come to an end while so many are in flight.
 * @param {() => Promise<unknown>} run
 * @param {number} inFlight
 * @param {string} name
 */
async function rateOf(run, inFlight, name) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let done = 0;
  delay.enable();
  const start = performance.now();
  const end = start + milliseconds;
  const repeat = async () => {
    for (; performance.now() < end; done++) await run();
  };
  await Promise.all(Array.from({ length: inFlight }, repeat));
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  delays[name] = [...(delays[name] ?? []), delay.percentile(99) / 1e6];
  return done / seconds;
}

/** @param {string} loop @param {number} threads */
async function rateOfPeer(loop, threads) {
  return Number(await peer.ask(`rate ${loop} ${threads} ${milliseconds}`));
}
