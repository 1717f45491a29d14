import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { callNative, loadAddon, type NativeFileLock } from '../../native.js';

/** A lock on a file, across processes and threads. */
export type FileLock = NativeFileLock;

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once when somebody else has the lock. */
  onWait?: (() => void) | undefined;
}

const firstPollMs = 5;
const longestPollMs = 250;

/**
 * Runs `work` while no other process, thread or call holds the lock at `path`. The lock ends with
 * the process, however it ends, and its file goes with the lock.
 *
 * @throws TensorRTError ERR_FILE
 * @throws the signal's `reason` when it is aborted while waiting. What `work` does is its own.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  return holding(await takeFileLock(path, options), path, work);
}

/** As {@link withFileLock}, but gives undefined at once where somebody else has the lock. */
export async function ifFileLockFree<T>(
  path: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const lock = await tryFileLock(path);
  return lock && holding(lock, path, work);
}

async function holding<T>(lock: FileLock, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    // Before the release: from then on it may be somebody else's. One that cannot be removed harms
    // nobody.
    await rm(path, { force: true }).catch(() => {});
    lock.release();
  }
}

/** The lock if it is free. */
export function tryFileLock(path: string): Promise<FileLock | undefined> {
  return callNative(() => loadAddon().tryLockFile(path, false));
}

/** Shares a file with other readers, if it is there and nobody holds it exclusively. */
export function tryShareFile(path: string): Promise<FileLock | undefined> {
  return callNative(() => loadAddon().tryLockFile(path, true));
}

/** `flock` cannot be waited for without a thread that nothing could wake, so this asks again. */
async function takeFileLock(path: string, { signal, onWait }: LockOptions): Promise<FileLock> {
  for (let pause = firstPollMs; ; pause = Math.min(pause * 1.5, longestPollMs)) {
    signal?.throwIfAborted();
    const lock = await tryFileLock(path);
    if (lock) return lock;
    if (pause === firstPollMs) onWait?.();
    // Of unequal length, so that those who wait do not ask in step.
    await sleep(pause * (0.5 + Math.random()), undefined, signal ? { signal } : {}).catch(() => {});
  }
}
