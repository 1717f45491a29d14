/** Runs a program and watches the memory of all its processes. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('./turns.mjs').Outcome} Outcome */

const everyMs = 20;
const pageBytes = 4096;

/**
 * Runs a program whose last line is its outcome as JSON. Added are `wall`, the seconds of the whole
 * process, and `peakMiB`: the largest sum of the resident memory of the process and its children,
 * looked at every 20 ms. Pages that processes share count once for each.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<Outcome>}
 */
export async function runWatched(program, args) {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  let peak = 0;
  let isRunning = true;
  const watching = (async () => {
    while (isRunning) {
      peak = Math.max(peak, residentPages(child.pid ?? 0));
      await sleep(everyMs);
    }
  })();
  const code = await ended;
  const wall = (performance.now() - start) / 1000;
  isRunning = false;
  await watching;
  const [stdout, stderr] = await output;
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stderr.slice(-2000)}`);
  }
  const outcome = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  return { ...outcome, wall, peakMiB: (peak * pageBytes) / 2 ** 20 };
}

/** @param {number} pid @returns {number} */
function residentPages(pid) {
  try {
    const [, resident = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return childrenOf(pid).reduce((sum, child) => sum + residentPages(child), Number(resident));
  } catch {
    // The process has ended meanwhile.
    return 0;
  }
}

/** @param {number} pid */
function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter((child) => child !== '')
      .map(Number),
  );
}
