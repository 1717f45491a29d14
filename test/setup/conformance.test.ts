import { existsSync, readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  casesFolder,
  conformanceObstacle,
  isConformanceDue,
  prepareConformance,
} from '../../scripts/setup/conformance.mjs';
import { SetupError } from '../../scripts/setup/setup-error.mjs';
import { muteProgress, usePlatform, usePrograms, useTemporaryCache } from './helpers.js';

const place = useTemporaryCache();
usePlatform('linux', 'x64');
beforeEach(() => {
  muteProgress();
});

/** A python3 whose pip installs a file, and that writes no cases but those of `write`. */
function usePython({ version = '3.11', write = 'touch "$2/cases.json"' } = {}) {
  usePrograms(place.folder, {
    python3: `case "$*" in
      "-m pip --version") echo "pip 26.0 from /lib/pip (python ${version})";;
      "-m pip install "*) while [ "$1" != --target ]; do shift; done; mkdir -p "$2"; touch "$2/onnx.py";;
      *) ${write};;
    esac`,
  });
}

describe('where the models of onnx cannot be had', () => {
  it.each(['3.10', '3.15'])('set-up goes on without them, with Python %s', async (version) => {
    usePython({ version });
    const said = vi.spyOn(console, 'error').mockReturnValue();
    await prepareConformance();
    expect(said).toHaveBeenCalledWith(
      `The conformance tests are left out: Python 3.11 to 3.14 with pip is needed, and there is ${version}.`,
    );
    expect(readdirSync(place.cache)).toEqual([]);
    expect(isConformanceDue()).toBe(true);
  });

  it('the reason is that there is no Python, or another platform', async () => {
    usePrograms(place.folder, { python3: 'exit 127' });
    await expect(conformanceObstacle()).resolves.toMatch(/and there is none$/);
    Object.defineProperty(process, 'arch', { value: 'arm64' });
    await expect(conformanceObstacle()).resolves.toMatch(/linux-x64, not for linux-arm64/);
  });
});

describe('the models of onnx', () => {
  it('are there in one go, and then nothing is due', async () => {
    usePython();
    expect(isConformanceDue()).toBe(true);
    await prepareConformance();
    expect(isConformanceDue()).toBe(false);
    expect(readdirSync(casesFolder())).toEqual(['cases.json']);
  });

  it('leave nothing behind where they cannot be written', async () => {
    usePython({ write: 'echo "No module named numpy" >&2; touch "$2/half"; exit 1' });
    const error = await prepareConformance().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SetupError);
    expect((error as SetupError).message).toMatch(/cannot be written.*delete .*onnx-python/);
    expect((error as SetupError).output).toContain('No module named numpy');
    expect(existsSync(casesFolder())).toBe(false);
    expect(readdirSync(place.cache).filter((name) => name.startsWith('unfinished'))).toEqual([]);
  });
});
