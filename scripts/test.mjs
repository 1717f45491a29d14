#!/usr/bin/env node
/**
 * Runs every test on this Node and on the other supported ones, the C++ tests, and both under the
 * sanitizers; counts the lines that ran; and sums up.
 *
 *   npm test                       everything; set-up runs before it
 *   npm test -- <vitest filters>   the chosen tests, on this Node only
 *   npm run test:gpu               the tests that need a GPU, on this Node only
 *
 * The last line is always `N passed, N failed, N skipped`. A suite that crashes, cannot start or
 * runs no test counts as a failure, and so do a sanitizer's report and too few lines that ran.
 */
import './setup/require-node.mjs';
import { dirname, join } from 'node:path';
import { assetFolder, pinOf } from './setup/cache.mjs';
import { run } from './setup/child.mjs';
import { cppTestsOf, sanitizerBuild, threadBuild } from './setup/native.mjs';
import { formatDuration } from './setup/progress.mjs';
import { projectFiles } from './setup/project.mjs';
import { runCppTests } from './test/cpp-suite.mjs';
import { Coverage } from './test/line-coverage/coverage.mjs';
import { countsOf, failuresOf, remarksOf, sumOf } from './test/report.mjs';
import { runVitest } from './test/vitest-suite.mjs';

/** @typedef {import('./test/report.mjs').Report} Report */
/** @typedef {{ name: string, run: (label: string) => Promise<Report> }} Suite */

const projects = [
  'unit',
  'addon',
  'native',
  'standin',
  'teardown',
  'gpu',
  'browser',
  'setup',
  'package',
  'conformance',
  'exports',
  'types',
];

/**
 * Those that run on the build that watches memory and counts lines. The others are about processes,
 * packages and types; teardown starts processes of its own on that build.
 */
const watched = ['addon', 'native', 'standin'];

/** Those that say nothing new on another version of Node. */
const onThisNodeOnly = ['gpu', 'browser', 'setup', 'conformance', 'exports', 'types'];

/** TypeScript alone: what the oldest and the newest Node agree on is so between them, too. */
const onEndsOnly = ['unit'];

/** The projects whose folder has tests: each of them must report some. */
const inhabited = projects.filter(
  (project) => projectFiles([`test/${project}`], /\.test(-d)?\.ts$/).length > 0,
);

const thisNode = process.execPath;

/** @param {readonly string[]} names */
const only = (names) => inhabited.filter((name) => names.includes(name));

/** @param {readonly string[]} names */
const allBut = (names) => inhabited.filter((name) => !names.includes(name));

/**
 * The other versions of Node run everything on the build that users get, this one what is watched on
 * the build for that.
 * @param {Coverage} coverage
 * @returns {Promise<Suite[]>}
 */
async function allSuites(coverage) {
  const name = `Node ${process.versions.node}`;
  return [
    { name, run: (label) => runVitest({ node: thisNode, projects: allBut(watched), label }) },
    await watchedSuite(`${name}, AddressSanitizer`, coverage),
    pinnedNode('node-24', onThisNodeOnly),
    pinnedNode('node-22', [...onThisNodeOnly, ...onEndsOnly]),
    { name: 'C++, AddressSanitizer', run: (label) => runCppTests(sanitizerBuild, label) },
    { name: 'C++, ThreadSanitizer', run: (label) => runCppTests(threadBuild, label) },
  ];
}

/** @param {string} name @param {readonly string[]} leftOut @returns {Suite} */
function pinnedNode(name, leftOut) {
  const node = join(assetFolder(name), 'bin', 'node');
  return {
    name: `Node ${pinOf(name).version}`,
    run: (label) => runVitest({ node, projects: allBut(leftOut), label }),
  };
}

/**
 * The sanitizer's runtime must be loaded before anything else. Leaks are not looked for: vitest ends
 * its processes without an exit.
 * @param {string} name
 * @param {Coverage} coverage
 * @returns {Promise<Suite>}
 */
async function watchedSuite(name, coverage) {
  const library = await run(process.env['CXX'] ?? 'c++', ['-print-file-name=libasan.so']);
  const env = {
    ...coverage.env,
    LD_PRELOAD: library.output.trim(),
    ASAN_OPTIONS: 'detect_leaks=0',
    TENSORRT_NODE_ADDON: join(dirname(cppTestsOf(sanitizerBuild)), 'tensorrt_node.node'),
  };
  const projects = only(watched);
  return { name, run: (label) => runVitest({ node: thisNode, projects, env, label }) };
}

/**
 * The suite that somebody asked for.
 * @param {readonly string[]} filters
 * @returns {Suite}
 */
function chosenSuite(filters) {
  return {
    name: `Node ${process.versions.node}: ${filters.join(' ')}`,
    run: () => runVitest({ node: thisNode, projects: inhabited, filters }),
  };
}

/**
 * Two at a time: much of what they do waits, or uses one core.
 * @param {readonly Suite[]} suites
 */
async function runAll(suites) {
  /** @type {{ name: string, report: Report, milliseconds: number }[]} */
  const outcomes = [];
  const waiting = suites.entries();
  const work = async () => {
    for (const [index, suite] of waiting) {
      const started = Date.now();
      const report = await suite.run(suite.name);
      outcomes[index] = { name: suite.name, report, milliseconds: Date.now() - started };
    }
  };
  await Promise.all([work(), work()]);
  return outcomes;
}

/** What vitest is asked for; with none, everything is run. */
const filters = process.argv.slice(2);
const coverage = filters.length === 0 ? new Coverage(sanitizerBuild) : undefined;
const suites = coverage ? await allSuites(coverage) : [chosenSuite(filters)];
const outcomes = await runAll(suites);
const reports = outcomes.map(({ report }) => report);
const lines = outcomes.flatMap(({ name, report, milliseconds }) => [
  `${name}: ${countsOf(report)} (${formatDuration(milliseconds)})`,
  ...remarksOf(name, report),
]);
if (coverage) {
  const { text, report } = await coverage.finish();
  reports.push(report);
  lines.push(...text, ...remarksOf('Coverage', report));
}

const total = sumOf(reports);
if (failuresOf(total) > 0) process.exitCode = 1;
console.log(`\n${lines.join('\n')}\n\n${countsOf(total)}`);
