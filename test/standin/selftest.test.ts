import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { currentBuild } from './environment.js';

// The stand-ins are what the other tests here believe, so they are tested themselves first: by a C++
// program for each product, which says on its last line how many checks it made.

it.each(['standin_selftest_rtx1', 'standin_selftest_trt11'])(
  '%s finds the stand-ins as they should be',
  async (program) => {
    const run = promisify(execFile)(join(currentBuild, 'standin', program), {
      // In a build with AddressSanitizer its leak check is on, also where the suite turns it off for
      // Node's sake.
      env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1' },
    });
    const { stdout, message } = await run.catch((error) => error);
    const [, checks] = /^(\d+) checks, 0 failed$/m.exec(stdout) ?? [];
    expect(Number(checks), `${stdout}\n${message}`).toBeGreaterThan(1000);
  },
);
