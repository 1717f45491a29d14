/**
 * One set-up at a time. The lock is a file that its holder touches every few seconds; a file that
 * nobody has touched for a while, or whose process is gone, was left by a set-up that was killed.
 */
import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const heartbeatMs = 2_000;
const staleMs = 30_000;
const pollMs = 250;

/** @typedef {{ token: string, host: string, pid: number }} Holder */

/**
 * Waits for the lock and takes it. Gives the function that releases it.
 * @param {string} file
 * @param {(pid: number) => void} onWait Called once when another process has the lock.
 */
export async function takeLock(file, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = { token: randomUUID(), host: hostname(), pid: process.pid };
  let told = false;
  while (!tryTake(file, mine)) {
    const holder = readHolder(file);
    if (holder && isStale(file, holder)) {
      breakLock(file, holder);
    } else if (holder && !told) {
      onWait(holder.pid);
      told = true;
    }
    await sleep(pollMs);
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMs).unref();
  return () => {
    clearInterval(heartbeat);
    if (readHolder(file)?.token === mine.token) rmSync(file, { force: true });
  };
}

/**
 * @param {string} file
 * @param {Holder} mine
 */
function tryTake(file, mine) {
  try {
    writeFileSync(file, JSON.stringify(mine), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Who has the lock; `undefined` where nobody has. A holder that is just writing its name, or a
 * damaged file, reads as process 0 of no host, which only time makes stale.
 * @param {string} file
 * @returns {Holder | undefined}
 */
function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : { token: '', host: '', pid: 0 };
  }
}

/**
 * @param {string} file
 * @param {Holder} holder
 */
function isStale(file, { host, pid }) {
  const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (touched === undefined) return false;
  return Date.now() - touched > staleMs || (host === hostname() && !isAlive(pid));
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * Takes a stale lock away. Where a third process was quicker, what was taken is its lock: it goes
 * back.
 * @param {string} file
 * @param {Holder} stale
 */
function breakLock(file, stale) {
  const taken = `${file}.${randomUUID()}`;
  try {
    renameSync(file, taken);
    if (readHolder(taken)?.token !== stale.token)
      copyFileSync(taken, file, constants.COPYFILE_EXCL);
  } catch {
    // Somebody else has broken the same lock, or holds it already: the caller looks again.
  }
  rmSync(taken, { force: true });
}

/** @param {string} file */
function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // The lock was broken, or the cache removed: the entries themselves are renamed into place.
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
