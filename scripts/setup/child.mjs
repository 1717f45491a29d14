/** Runs other programs. */
import { spawn } from 'node:child_process';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** What a program left behind. `code` is 127 where it could not be started. */
/** @typedef {{ code: number, output: string }} Outcome */

/**
 * Runs a program to its end and collects what it prints on both streams.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env] Added to the environment of this process.
 * @param {string} [options.input]
 * @param {(line: string) => void} [options.onLine]
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { cwd, env, input = '', onLine } = {}) {
  return new Promise((resolve) => {
    // A group of its own, so that what the program started can be ended with it.
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true });
    running.add(child);
    let output = '';
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      const text = chunk.toString();
      output += text;
      const line = text.trimEnd().split('\n').at(-1)?.trim();
      if (line) onLine?.(line);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) => {
      running.delete(child);
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output });
    });
  });
}

/** Ends whatever `run` has started and is not over yet, with all that it has started in turn. */
export function stopChildren() {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid);
    } catch {
      // It ended by itself in the meantime.
    }
  }
}
