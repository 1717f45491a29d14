/** Runs vitest once, on one Node and one build of the addon. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { inProject, projectFolder } from '../setup/project.mjs';
import { failuresOf, unreported } from './report.mjs';

/** @typedef {import('./report.mjs').Report} Report */

/**
 * @typedef {object} VitestRun
 * @property {string} node
 * @property {readonly string[]} projects Each of them must report some tests.
 * @property {readonly string[]} [filters] What vitest is asked for instead of all of the projects.
 * @property {NodeJS.ProcessEnv} [env]
 */

/** How a vitest run ends in which nothing failed. */
const cleanEnd = 'exit code 0';

/**
 * What vitest prints goes to this terminal.
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
 * @returns {Promise<string>} How the process ended.
 */
function vitest({ node, projects, filters = [], env }, reportFile) {
  const program = inProject('node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./scripts/test/reporter.mjs'];
  const chosen = filters.length > 0 ? filters : projects.map((name) => `--project=${name}`);
  const child = spawn(node, [program, 'run', ...reporters, ...chosen], {
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
