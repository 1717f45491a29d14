#!/usr/bin/env node
/**
 * Runs every test on this Node and on the other supported ones, and sums up.
 *
 *   npm test                       everything; set-up runs before it
 *   npm test -- <vitest filters>   the chosen tests, on this Node only
 *
 * The last line is always `N passed, N failed, N skipped`. A suite that crashes, cannot start or
 * runs no test counts as a failure.
 */
import './setup/require-node.mjs';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { assetFolder, pinOf } from './setup/cache.mjs';
import { run } from './setup/child.mjs';
import { sanitizerBuild } from './setup/native.mjs';
import { formatDuration } from './setup/progress.mjs';
import { inProject, projectFiles, projectFolder } from './setup/project.mjs';

/** @typedef {import('./test/reporter.mjs').Report} Report */

/**
 * One run of vitest.
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} node
 * @property {readonly string[]} projects
 * @property {NodeJS.ProcessEnv} [env]
 */

/** What vitest is asked for; with none, everything is run. */
const filters = process.argv.slice(2);

const projects = ['unit', 'native', 'standin', 'teardown', 'setup', 'package', 'types'];

/** Those whose own process drives the addon; teardown starts its processes with and without it. */
const drivers = ['native', 'standin'];

/** How a vitest run ends in which nothing failed. */
const cleanEnd = 'exit code 0';

/** The projects whose folder has tests: each of them must report some. */
const inhabited = projects.filter(
  (project) => projectFiles([`test/${project}`], /\.test(-d)?\.ts$/).length > 0,
);

/** @returns {Promise<Suite[]>} */
async function allSuites() {
  return [
    { name: `Node ${process.versions.node}`, node: process.execPath, projects: inhabited },
    pinnedNode('node-22'),
    pinnedNode('node-24'),
    await sanitizerSuite(),
  ];
}

/** @param {string} name @returns {Suite} */
function pinnedNode(name) {
  const node = join(assetFolder(name), 'bin', 'node');
  return { name: `Node ${pinOf(name).version}`, node, projects: inhabited };
}

/**
 * The tests that drive the addon, on the build with AddressSanitizer, whose runtime must be loaded
 * before anything else. Leaks are not looked for: vitest ends its processes without an exit.
 */
async function sanitizerSuite() {
  const library = await run(process.env['CXX'] ?? 'c++', ['-print-file-name=libasan.so']);
  return {
    name: 'AddressSanitizer',
    node: process.execPath,
    projects: inhabited.filter((name) => drivers.includes(name)),
    env: {
      LD_PRELOAD: library.output.trim(),
      ASAN_OPTIONS: 'detect_leaks=0',
      TENSORRT_NODE_ADDON: inProject(sanitizerBuild.out, 'Release', 'tensorrt_node.node'),
    },
  };
}

/**
 * Runs one suite; what it prints goes to this terminal.
 * @param {Suite} suite
 * @returns {Promise<Report>}
 */
async function runSuite(suite) {
  const folder = mkdtempSync(join(tmpdir(), 'tensorrt-node-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const ended = await runVitest(suite, reportFile);
    if (!existsSync(reportFile)) return unreported(`it ended (${ended}) without a report`);
    /** @type {Report} */
    const report = JSON.parse(readFileSync(reportFile, 'utf8'));
    if (failuresOf(report) === 0) report.errors.push(...hiddenFailures(suite, report, ended));
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What is wrong with a run in which no test failed. With filters, a project may well have no test.
 * @param {Suite} suite
 * @param {Report} report
 * @param {string} ended
 */
function hiddenFailures({ name, projects }, { passed, projects: ran }, ended) {
  const idle = filters.length > 0 ? [] : projects.filter((project) => !ran[project]);
  return [
    ...(passed === 0 ? [{ name, reason: 'no test passed' }] : []),
    ...idle.map((project) => ({ name: `project ${project}`, reason: 'ran no test' })),
    ...(ended === cleanEnd ? [] : [{ name, reason: `vitest ended with ${ended}` }]),
  ];
}

/** @param {string} reason @returns {Report} */
function unreported(reason) {
  const errors = [{ name: 'the suite', reason }];
  return { passed: 0, failed: 0, skipped: [], errors, projects: {} };
}

/**
 * @param {Suite} suite
 * @param {string} reportFile
 * @returns {Promise<string>} How the process ended.
 */
function runVitest({ node, projects, env }, reportFile) {
  const vitest = inProject('node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./scripts/test/reporter.mjs'];
  const chosen = filters.length > 0 ? filters : projects.map((name) => `--project=${name}`);
  const child = spawn(node, [vitest, 'run', ...reporters, ...chosen], {
    cwd: projectFolder,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${dirname(node)}${delimiter}${process.env['PATH']}`,
      ...env,
      TENSORRT_NODE_TEST_REPORT: reportFile,
    },
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

/** @param {Pick<Report, 'failed' | 'errors'>} report */
const failuresOf = ({ failed, errors }) => failed + errors.length;

/** @param {Pick<Report, 'passed' | 'failed' | 'skipped' | 'errors'>} report */
const countsOf = (report) =>
  `${report.passed} passed, ${failuresOf(report)} failed, ${report.skipped.length} skipped`;

/** @param {string} suite @param {Report} report */
function remarksOf(suite, { skipped, errors }) {
  return [
    ...errors.map(({ name, reason }) => `  failed   ${suite} · ${name}: ${firstLine(reason)}`),
    ...skipped.map(({ name, reason }) => `  skipped  ${suite} · ${name}: ${firstLine(reason)}`),
  ];
}

/** @param {string} text */
const firstLine = (text) => stripVTControlCharacters(text).trim().split('\n', 1)[0];

const suites = filters.length > 0 ? (await allSuites()).slice(0, 1) : await allSuites();
const reports = [];
const lines = [];

for (const suite of suites) {
  const started = Date.now();
  console.log(
    `\n${suite.name}: ${filters.length > 0 ? filters.join(' ') : suite.projects.join(', ')}`,
  );
  const report = await runSuite(suite);
  reports.push(report);
  lines.push(`${suite.name}: ${countsOf(report)} (${formatDuration(Date.now() - started)})`);
  lines.push(...remarksOf(suite.name, report));
}

const total = {
  passed: reports.reduce((sum, { passed }) => sum + passed, 0),
  failed: reports.reduce((sum, { failed }) => sum + failed, 0),
  skipped: reports.flatMap(({ skipped }) => skipped),
  errors: reports.flatMap(({ errors }) => errors),
};
if (failuresOf(total) > 0) process.exitCode = 1;
console.log(`\n${lines.join('\n')}\n\n${countsOf(total)}`);
