/** What a suite of tests counted, and how that is told. */
import { stripVTControlCharacters } from 'node:util';

/** @typedef {{ name: string, reason: string }} Remark */
/**
 * @typedef {object} Report
 * @property {number} passed
 * @property {number} failed
 * @property {Remark[]} skipped
 * @property {Remark[]} errors What failed outside any test: a file that cannot be loaded, a crash.
 * @property {Record<string, number>} projects The number of tests of each project.
 */

/** The report of a suite that gave none. @param {string} reason @returns {Report} */
export function unreported(reason) {
  const errors = [{ name: 'the suite', reason }];
  return { passed: 0, failed: 0, skipped: [], errors, projects: {} };
}

/** @param {readonly Report[]} reports @returns {Report} */
export function sumOf(reports) {
  return {
    passed: reports.reduce((sum, { passed }) => sum + passed, 0),
    failed: reports.reduce((sum, { failed }) => sum + failed, 0),
    skipped: reports.flatMap(({ skipped }) => skipped),
    errors: reports.flatMap(({ errors }) => errors),
    projects: {},
  };
}

/** @param {Pick<Report, 'failed' | 'errors'>} report */
export const failuresOf = ({ failed, errors }) => failed + errors.length;

/** @param {Pick<Report, 'passed' | 'failed' | 'skipped' | 'errors'>} report */
export const countsOf = (report) =>
  `${report.passed} passed, ${failuresOf(report)} failed, ${report.skipped.length} skipped`;

/** @param {string} suite @param {Report} report */
export function remarksOf(suite, { skipped, errors }) {
  return [
    ...errors.map(({ name, reason }) => `  failed   ${suite} · ${name}: ${firstLine(reason)}`),
    ...byReason(skipped).map(([reason, names]) => {
      const what = names.length === 1 ? names[0] : `${names.length} tests`;
      return `  skipped  ${suite} · ${what}: ${reason}`;
    }),
  ];
}

/** @param {readonly Remark[]} remarks */
function byReason(remarks) {
  /** @type {Map<string, string[]>} */
  const names = new Map();
  for (const { name, reason } of remarks) {
    const line = firstLine(reason);
    names.set(line, [...(names.get(line) ?? []), name]);
  }
  return [...names];
}

/** @param {string} text */
const firstLine = (text) => `${stripVTControlCharacters(text).trim().split('\n', 1)[0]}`;
