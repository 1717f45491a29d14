/** Runs the programs of this folder one after the other, and keeps what they print. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { table } from './report.mjs';
import { sectionOf, withSection } from './results.mjs';

/**
 * @typedef {object} Program
 * @property {string} name Of the file, without its ending.
 * @property {string} file
 * @property {() => Promise<readonly string[]>} arguments Rejects where something is missing.
 */

/** @typedef {{ name: string, outcome: 'ran' | 'skipped' | 'failed', seconds?: number, reason?: string }} Outcome */

/** Something that a program needs is not there: it is left out, which is no failure. */
export class Missing extends Error {}

/**
 * A failing program does not stop the others.
 * @param {readonly Program[]} programs
 * @param {{ results?: string | undefined, say: (line: string) => void }} options `results` is the
 * file whose sections are replaced; sections of programs that did not run stay as they are.
 * @returns {Promise<Outcome[]>}
 */
export async function runPrograms(programs, { results, say }) {
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const { name, file, arguments: argumentsOf } of programs) {
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    say(`\n=== ${name}`);
    try {
      if (!existsSync(file)) throw new Missing(`${file} is not there`);
      const section = sectionOf(await outputOf(file, await argumentsOf()));
      if (results) keep(results, name, section);
      outcomes.push({ name, outcome: 'ran', seconds: seconds() });
    } catch (error) {
      const reason = error instanceof Error ? error.message : `${error}`;
      const outcome = error instanceof Missing ? 'skipped' : 'failed';
      say(`${name} ${outcome}: ${reason}`);
      outcomes.push({ name, outcome, seconds: seconds(), reason });
    }
  }
  return outcomes;
}

/** @param {string} results @param {string} name @param {string} section */
function keep(results, name, section) {
  const before = existsSync(results) ? readFileSync(results, 'utf8') : '# Results\n';
  writeFileSync(`${results}.tmp`, withSection(before, name, section));
  renameSync(`${results}.tmp`, results);
}

/** @param {readonly Outcome[]} outcomes */
export function summaryOf(outcomes) {
  const rows = outcomes.map(({ name, outcome, seconds = 0, reason = '' }) => [
    name,
    outcome,
    outcome === 'skipped' ? '' : seconds.toFixed(0),
    reason.split('\n')[0] ?? '',
  ]);
  return table(['program', '', 's', ''], rows);
}

/**
 * Runs a program to its end; its output is shown and returned.
 * @param {string} file
 * @param {readonly string[]} args
 */
async function outputOf(file, args) {
  const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...loader, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => child.kill();
  process.once('exit', stop);
  child.stdout.pipe(process.stdout, { end: false });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const output = await text(child.stdout);
  const code = await ended;
  process.off('exit', stop);
  if (code !== 0) throw new Error(`it ended with ${code}`);
  return output;
}
