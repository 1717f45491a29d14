import { describe, expect, it, vi } from 'vitest';
import { checkTools } from '../../scripts/setup/tools.mjs';
import { usePrograms, useTemporaryCache } from './helpers.js';

const place = useTemporaryCache();

function useOnly(programs: Record<string, string>) {
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('CXX', undefined);
  usePrograms(place.folder, programs);
}

describe('checkTools', () => {
  it('is content with tools that are new enough', async () => {
    useOnly({
      cmake: 'echo "cmake version 4.0.1"',
      cargo: 'echo "cargo 1.90.0 (840b83a10 2025-07-30)"',
      'c++': 'exit 0',
    });
    await expect(checkTools(['cmake', 'cargo', 'compiler'])).resolves.toBeUndefined();
  });

  it('says for each missing tool, on one line, how to get it', async () => {
    useOnly({});
    const error = await checkTools(['cargo', 'pip', 'cargo']).catch((reason: Error) => reason);
    const lines = `${error?.message}`.split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/cargo .*not found.*install Rust/);
    expect(lines[1]).toMatch(/pip .*not found.*python3-pip/);
  });

  it('names the version of a tool that is too old, and the one it takes', async () => {
    useOnly({ cargo: 'echo "cargo 1.9.0"' });
    await expect(checkTools(['cargo'])).rejects.toThrow(
      /cargo 1\.9\.0 is too old, 1\.\d\d or newer/,
    );
  });

  it('tells Python without pip from no Python', async () => {
    useOnly({ python3: 'echo "No module named pip" >&2; exit 1' });
    await expect(checkTools(['pip'])).rejects.toThrow(/does not run \(.*No module named pip\)/);
  });

  it('says why a compiler is of no use', async () => {
    useOnly({ 'c++': 'echo "unrecognized option -std=c++17" >&2; exit 1' });
    await expect(checkTools(['compiler'])).rejects.toThrow(/C\+\+17 \(unrecognized option/);
  });

  it('says that CXX names no compiler', async () => {
    useOnly({});
    vi.stubEnv('CXX', 'my-compiler');
    await expect(checkTools(['compiler'])).rejects.toThrow(/CXX=my-compiler/);
  });
});
