/** Runs a program of tests. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { projectFolder } from '../setup/project.mjs';

/** How a program ends in which nothing failed. */
export const cleanEnd = 'exit code 0';

/**
 * @typedef {object} TestProgram
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} env Added to the environment of this process.
 * @property {string | undefined} label Stands before each line that it prints; without it, the
 *   program has the terminal for itself.
 * @property {number} [timeoutMs] After which it is killed.
 */

/**
 * @param {TestProgram} program
 * @returns {Promise<string>} How it ended.
 */
export function runTests({ command, args, env, label, timeoutMs }) {
  const child = spawn(command, args, {
    cwd: projectFolder,
    stdio: label === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(timeoutMs && { timeout: timeoutMs, killSignal: 'SIGKILL' }),
  });
  for (const input of [child.stdout, child.stderr]) {
    if (input) createInterface({ input }).on('line', (line) => console.log(`${label} | ${line}`));
  }
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}
