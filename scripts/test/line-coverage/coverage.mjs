/** Counts the lines that run in a run of the tests, and holds them against the bar. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libCoverage } from './lib.mjs';
import { requiredPercent } from './lines.mjs';
import { nativeCoverage, resetNativeCoverage } from './native.mjs';

/** @typedef {import('./lines.mjs').LineCoverage} LineCoverage */
/** @typedef {import('../report.mjs').Report} Report */

/** Files of which less ran are named. */
const worthNamingPercent = 80;

export class Coverage {
  #build;
  #folder = mkdtempSync(join(tmpdir(), 'tensorrt-node-coverage-'));

  /** @param {import('../../setup/native.mjs').NativeBuild} build The one that counts lines. */
  constructor(build) {
    this.#build = build;
    resetNativeCoverage(build);
  }

  /** What the processes need in their environment whose lines of lib/ are counted. */
  get env() {
    return { NODE_V8_COVERAGE: this.#folder };
  }

  /**
   * Sums up what was counted since this was made.
   * @returns {Promise<{ text: string[], report: Report }>} `report` has an error for each bar that
   *   is missed.
   */
  async finish() {
    /** @type {Report} */
    const report = { passed: 0, failed: 0, skipped: [], errors: [], projects: {} };
    const text = [];
    try {
      for (const coverage of [
        await nativeCoverage(this.#build),
        libCoverage(this.#folder, 'engine'),
      ]) {
        text.push(`${coverage}`, ...weakFiles(coverage));
        if (coverage.percent >= requiredPercent) continue;
        report.errors.push({
          name: coverage.name,
          reason: `at least ${requiredPercent} % of its lines have to run in the tests`,
        });
      }
    } catch (error) {
      report.errors.push({ name: 'counting', reason: /** @type {Error} */ (error).message });
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return { text, report };
  }
}

/** @param {LineCoverage} coverage */
function weakFiles(coverage) {
  return coverage
    .filesBelow(worthNamingPercent)
    .map(({ file, percent, missed }) => `  ${percent.toFixed(1)} %  ${file}: ${shorten(missed)}`);
}

/** @param {readonly number[]} lines */
function shorten(lines) {
  const shown = lines.slice(0, 12).join(', ');
  return lines.length > 12 ? `${shown}, ...` : shown;
}
