/** Runs the C++ tests of one build. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cppTestsOf } from '../setup/native.mjs';
import { unreported } from './report.mjs';
import { cleanEnd, runTests } from './run-tests.mjs';

/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./report.mjs').Remark} Remark */

/** The program ends each test that hangs; this is for one that hangs outside of them. */
const timeoutMs = 900_000;

/**
 * A test as GoogleTest reports it.
 * @typedef {{ name: string, classname: string, result: string, failures?: { failure: string }[] }} GoogleTest
 */

/**
 * @param {import('../setup/native.mjs').NativeBuild} build
 * @param {string} label Stands before each line that is printed.
 * @returns {Promise<Report>}
 */
export async function runCppTests(build, label) {
  const folder = mkdtempSync(join(tmpdir(), 'tensorrt-node-cpp-'));
  const results = join(folder, 'results.json');
  const leftovers = join(folder, 'leftovers.jsonl');
  try {
    const ended = await runProgram(cppTestsOf(build), results, leftovers, label);
    if (!existsSync(results)) return unreported(`it ended (${ended}) without a report`);
    const report = read(results);
    report.errors.push(...problemsOf(report, ended, leftovers));
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} program
 * @param {string} results
 * @param {string} leftovers
 * @param {string} label
 */
function runProgram(program, results, leftovers, label) {
  return runTests({
    command: program,
    args: ['--gtest_brief=1', `--gtest_output=json:${results}`],
    env: {
      ASAN_OPTIONS: 'detect_leaks=1',
      STANDIN_CUDA_REPORT: leftovers,
      STANDIN_TENSORRT_REPORT: leftovers,
    },
    label,
    timeoutMs,
  });
}

/** @param {string} results @returns {Report} */
function read(results) {
  /** @type {{ testsuites: { testsuite: GoogleTest[] }[] }} */
  const { testsuites } = JSON.parse(readFileSync(results, 'utf8'));
  const tests = testsuites.flatMap(({ testsuite }) => testsuite);
  const failed = tests.filter(({ failures = [] }) => failures.length > 0);
  const skipped = tests.filter((test) => !failed.includes(test) && test.result !== 'COMPLETED');
  return {
    passed: tests.length - failed.length - skipped.length,
    failed: failed.length,
    skipped: skipped.map(({ classname, name, result }) => ({
      name: `${classname}.${name}`,
      reason: result.toLowerCase(),
    })),
    errors: [],
    projects: {},
  };
}

/**
 * What is wrong besides the tests that failed: a sanitizer makes the program end with a code of its
 * own, also where every test passed.
 * @param {Report} report
 * @param {string} ended
 * @param {string} leftovers
 * @returns {Remark[]}
 */
function problemsOf({ passed, failed }, ended, leftovers) {
  const name = 'the program';
  const expected = failed > 0 ? 'exit code 1' : cleanEnd;
  return [
    ...(passed === 0 ? [{ name, reason: 'no test passed' }] : []),
    ...(ended === expected ? [] : [{ name, reason: `it ended with ${ended}` }]),
    ...leftBehind(leftovers).map((reason) => ({ name, reason })),
  ];
}

/**
 * What was still alive in the stand-ins when a process ended. Breaches of rules are counted by the
 * tests, some of which want them.
 * @param {string} leftovers
 */
function leftBehind(leftovers) {
  if (!existsSync(leftovers)) return ['the stand-ins wrote no report'];
  const lines = readFileSync(leftovers, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const { standin, calls: _calls, violations: _violations, ...counts } = JSON.parse(line);
    return Object.entries(counts)
      .filter(([, count]) => count !== 0)
      .map(([what, count]) => `${standin} still had ${count} ${what} at the end`);
  });
}
