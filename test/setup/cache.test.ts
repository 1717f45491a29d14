import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rtxLibraryFolder, rtxVersion } from '../../lib/engine/cache/cache-folder.mjs';
import {
  assetFolder,
  entryFault,
  installEntry,
  pinOf,
  removeUnfinished,
} from '../../scripts/setup/cache.mjs';
import { useTemporaryCache, writeAll } from './helpers.js';

const name = 'scattertext';
const place = useTemporaryCache();

async function installSample() {
  await installEntry(name, async (folder) => writeAll(folder, { 'data/a.txt': 'abc', b: '' }));
}

describe('an entry of the cache', () => {
  it('is absent until it is filled, and whole then', async () => {
    expect(entryFault(name)).toBe('absent');
    await installSample();
    expect(entryFault(name)).toBeUndefined();
    expect(readFileSync(join(assetFolder(name), 'data', 'a.txt'), 'utf8')).toBe('abc');
  });

  it('does not appear when filling it fails, and leaves nothing', async () => {
    const failing = installEntry(name, async (folder) => {
      writeAll(folder, { half: 'h' });
      throw new Error('the network went away');
    });
    await expect(failing).rejects.toThrow('the network went away');
    expect(readdirSync(place.cache)).toEqual([]);
  });

  it('keeps the old entry when filling it again fails', async () => {
    await installSample();
    await expect(installEntry(name, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(entryFault(name)).toBeUndefined();
  });

  it('says which file is missing', async () => {
    await installSample();
    rmSync(join(assetFolder(name), 'data', 'a.txt'));
    expect(entryFault(name)).toMatch(/data\/a\.txt is missing/);
  });

  it('says which file has another size', async () => {
    await installSample();
    writeFileSync(join(assetFolder(name), 'b'), 'longer');
    expect(entryFault(name)).toMatch(/^b has 6 bytes instead of 0$/);
  });

  it('counts as damaged without a manifest that can be read', async () => {
    await installSample();
    writeFileSync(join(assetFolder(name), 'manifest.json'), '{');
    expect(entryFault(name)).toMatch(/manifest\.json/);
  });

  it('counts as damaged when it was made from another package', async () => {
    await installSample();
    const manifest = join(assetFolder(name), 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"fingerprint": "./, '$&0'));
    expect(entryFault(name)).toMatch(/another package/);
  });

  it('is whole again after it was filled anew', async () => {
    await installSample();
    rmSync(join(assetFolder(name), 'b'));
    await installSample();
    expect(entryFault(name)).toBeUndefined();
    expect(readdirSync(place.cache)).toEqual([`${name}-${pinOf(name).version}`]);
  });
});

describe('removeUnfinished', () => {
  it('removes what a killed set-up left, and nothing else', async () => {
    await installSample();
    let left = '';
    const interrupted = installEntry(name, async (folder) => {
      left = join(folder, '..');
      // What a process that ends here would leave is there now.
      removeUnfinished();
      throw new Error('interrupted');
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect(existsSync(left)).toBe(false);
    expect(entryFault(name)).toBeUndefined();
  });
});

describe('the folder of the TensorRT for RTX libraries', () => {
  it('is where set-up puts them and the built package looks for them', () => {
    expect(join(assetFolder('tensorrt-rtx'), 'lib')).toBe(rtxLibraryFolder());
    expect(pinOf('tensorrt-rtx').keep).toHaveProperty([`lib/libtensorrt_rtx.so.${rtxVersion}`]);
  });
});
