/** Runs vitest once, on one Node and one build of the addon. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { inProject } from '../setup/project.mjs';
import { failuresOf, unreported } from './report.mjs';
import { cleanEnd, runTests } from './run-tests.mjs';

/** @typedef {import('./report.mjs').Report} Report */

/**
 * @typedef {object} VitestRun
 * @property {string} node
 * @property {readonly string[]} projects Each of them must report some tests.
 * @property {readonly string[]} [filters] What vitest is asked for instead of all of the projects.
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [label] Stands before each line that is printed.
 */

/**
 * @param {VitestRun} run
 * @returns {Promise<Report>}
 */
export async function runVitest(run) {
  const folder = mkdtempSync(join(tmpdir(), 'tensorrt-node-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const ended = await vitest(run, reportFile);
    if (!existsSync(reportFile)) return unreported(`it ended (${ended}) without a report`);
    /** @type {Report} */
    const report = JSON.parse(readFileSync(reportFile, 'utf8'));
    if (failuresOf(report) === 0) report.errors.push(...hiddenFailures(run, report, ended));
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What is wrong with a run in which no test failed. With filters, a project may well have no test.
 * @param {VitestRun} run
 * @param {Report} report
 * @param {string} ended
 */
function hiddenFailures({ projects, filters = [] }, { passed, skipped, projects: ran }, ended) {
  const idle = filters.length > 0 ? [] : projects.filter((project) => !ran[project]);
  const name = 'the suite';
  return [
    ...(passed + skipped.length === 0 ? [{ name, reason: 'no test passed' }] : []),
    ...idle.map((project) => ({ name: `project ${project}`, reason: 'ran no test' })),
    ...(ended === cleanEnd ? [] : [{ name, reason: `vitest ended with ${ended}` }]),
  ];
}

/**
 * @param {VitestRun} run
 * @param {string} reportFile
 */
function vitest({ node, projects, filters = [], env, label }, reportFile) {
  const program = inProject('node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./scripts/test/reporter.mjs'];
  const chosen = filters.length > 0 ? filters : projects.map((name) => `--project=${name}`);
  return runTests({
    command: node,
    args: [program, 'run', ...reporters, ...chosen],
    env: {
      PATH: `${dirname(node)}${delimiter}${process.env['PATH']}`,
      ...env,
      TENSORRT_NODE_TEST_REPORT: reportFile,
    },
    label,
  });
}
