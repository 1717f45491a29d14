/**
 * Writes what a vitest run counted to the file named by TENSORRT_NODE_TEST_REPORT. Vitest's own
 * JSON report lacks the reasons of skipped tests, the projects and the errors outside tests.
 */
import { writeFileSync } from 'node:fs';

/** @typedef {import('./report.mjs').Report} Report */

export default class CountingReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<import('vitest').SerializedError>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {Report} */
    const report = { passed: 0, failed: 0, skipped: [], errors: [], projects: {} };
    for (const module of modules) {
      for (const error of module.errors()) {
        report.errors.push({ name: module.relativeModuleId, reason: error.message });
      }
      for (const test of module.children.allTests()) count(report, test);
    }
    for (const error of unhandledErrors) {
      report.errors.push({ name: 'outside the tests', reason: error.message });
    }
    const file = process.env['TENSORRT_NODE_TEST_REPORT'];
    if (file) writeFileSync(file, JSON.stringify(report));
  }
}

/**
 * @param {Report} report
 * @param {import('vitest/node').TestCase} test
 */
function count(report, test) {
  const result = test.result();
  report.projects[test.project.name] = (report.projects[test.project.name] ?? 0) + 1;
  if (result.state === 'passed') report.passed++;
  else if (result.state === 'skipped') {
    report.skipped.push({ name: test.fullName, reason: result.note ?? 'no reason given' });
  } else report.failed++;
}
