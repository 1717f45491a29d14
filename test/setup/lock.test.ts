import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { takeLock } from '../../scripts/setup/lock.mjs';
import { useTemporaryCache } from './helpers.js';

const place = useTemporaryCache();
const lockFile = () => join(place.cache, 'setup.lock');

function leaveLock(holder: { host: string; pid: number }, ageMs = 0) {
  writeFileSync(lockFile(), JSON.stringify({ token: 'left', ...holder }));
  const touched = new Date(Date.now() - ageMs);
  utimesSync(lockFile(), touched, touched);
}

/** A process id that no process has: that of a process which has just ended. */
function endedProcess() {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('takeLock', () => {
  it('makes a second one wait until the first is released', async () => {
    const release = await takeLock(lockFile(), () => {});
    const onWait = vi.fn();
    let taken = false;
    const second = takeLock(lockFile(), onWait).then((releaseSecond) => {
      taken = true;
      return releaseSecond;
    });
    await vi.waitFor(() => expect(onWait).toHaveBeenCalledWith(process.pid));
    await sleep(300);
    expect(taken).toBe(false);
    release();
    (await second)();
    expect(onWait).toHaveBeenCalledOnce();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('takes over from a process that has ended', async () => {
    leaveLock({ host: hostname(), pid: endedProcess() });
    const onWait = vi.fn();
    (await takeLock(lockFile(), onWait))();
    expect(onWait).not.toHaveBeenCalled();
  });

  it('takes over from another machine that has been silent for long', async () => {
    leaveLock({ host: 'elsewhere', pid: process.pid }, 60_000);
    (await takeLock(lockFile(), () => {}))();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('waits for another machine, whose processes it cannot see', async () => {
    leaveLock({ host: 'elsewhere', pid: endedProcess() });
    const onWait = vi.fn();
    const waiting = takeLock(lockFile(), onWait);
    await vi.waitFor(() => expect(onWait).toHaveBeenCalledOnce());
    leaveLock({ host: 'elsewhere', pid: endedProcess() }, 60_000);
    (await waiting)();
  });

  it('takes over a damaged lock that is old', async () => {
    leaveLock({ host: '', pid: 0 }, 60_000);
    writeFileSync(lockFile(), 'not JSON');
    const old = new Date(Date.now() - 60_000);
    utimesSync(lockFile(), old, old);
    (await takeLock(lockFile(), () => {}))();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('does not remove a lock that somebody else has by now', async () => {
    const release = await takeLock(lockFile(), () => {});
    leaveLock({ host: 'elsewhere', pid: 1 });
    release();
    expect(JSON.parse(readFileSync(lockFile(), 'utf8')).host).toBe('elsewhere');
  });

  it('lets one of several processes in at a time', async () => {
    const log = join(place.folder, 'log');
    const lock = JSON.stringify(new URL('../../scripts/setup/lock.mjs', import.meta.url).href);
    const program = `
      import { appendFileSync } from 'node:fs';
      import { takeLock } from ${lock};
      const release = await takeLock(process.argv[1], () => {});
      appendFileSync(process.argv[2], 'in\\n');
      await new Promise((resolve) => setTimeout(resolve, 50));
      appendFileSync(process.argv[2], 'out\\n');
      release();
    `;
    const args = ['--input-type=module', '-e', program, lockFile(), log];
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, args));
    await Promise.all(children.map((child) => once(child, 'exit')));
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n'.repeat(4));
  });
});
