import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';

/** Gives each test a folder of its own, and a cache folder in it. */
export function useTemporaryCache() {
  const place = { folder: '', cache: '' };
  beforeEach(() => {
    place.folder = mkdtempSync(join(tmpdir(), 'tensorrt-node-setup-'));
    place.cache = join(place.folder, 'cache');
    mkdirSync(place.cache);
    vi.stubEnv('TENSORRT_NODE_CACHE', place.cache);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(place.folder, { recursive: true, force: true });
  });
  return place;
}

export function writeAll(folder: string, files: Record<string, string>) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** Puts shell scripts in front of the PATH, under the names of the programs they play. */
export function usePrograms(folder: string, programs: Record<string, string>) {
  const bin = join(folder, 'bin');
  for (const [name, script] of Object.entries(programs)) {
    writeAll(bin, { [name]: `#!/bin/sh\n${script}\n` });
    chmodSync(join(bin, name), 0o755);
  }
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH']}`);
}

/** Lets each test run as if on this platform. */
export function usePlatform(platform: NodeJS.Platform, arch: NodeJS.Architecture) {
  const real = { platform: process.platform, arch: process.arch };
  const pretend = (values: typeof real) => {
    Object.defineProperty(process, 'platform', { value: values.platform });
    Object.defineProperty(process, 'arch', { value: values.arch });
  };
  beforeEach(() => pretend({ platform, arch }));
  afterEach(() => pretend(real));
}

/** Silences the progress that set-up writes. */
export function muteProgress() {
  return vi.spyOn(process.stderr, 'write').mockReturnValue(true);
}
