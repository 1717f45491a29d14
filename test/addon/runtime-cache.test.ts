import { execFile } from 'node:child_process';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openRuntimeCache } from '../../dist/engine/cache/runtime-cache.js';
import { TimingCacheFile, withTimingCache } from '../../dist/engine/cache/timing-cache.js';
import { temporaryFolder } from '../unit/helpers.js';

const identity = {
  product: 'tensorrt-rtx',
  version: '1.7.1.116',
  gpu: 'NVIDIA RTX 6000 Ada',
  computeCapability: '8.9',
  driver: '580.65.06',
};

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (array: Uint8Array | undefined) => array && new TextDecoder().decode(array);

describe('a runtime cache', () => {
  test('is empty at first, and gives what was saved last', async () => {
    const folder = `${await temporaryFolder()}/not/there/yet`;
    const path = `${folder}/kernels.cache`;
    const first = await openRuntimeCache(path, identity);
    expect(first).toMatchObject({ bytes: undefined, reason: 'there is none yet', path });
    const other = await openRuntimeCache(path, identity);
    // As a process that is killed in the middle leaves it.
    await writeFile(`${path}.1234.tmp`, 'half');
    await writeFile(`${path}.json.1234.tmp.old`, 'half');
    await first.save(bytes('first'));
    await other.save(bytes('newest'));
    const again = await openRuntimeCache(path, identity);
    expect(text(again.bytes)).toBe('newest');
    expect(again.reason).toBeUndefined();
    expect((await readdir(folder)).sort()).toEqual(['kernels.cache', 'kernels.cache.json']);
  });

  test.each([
    ['version', '1.8.0.9', 'version 1.7.1.116 -> 1.8.0.9'],
    ['gpu', 'NVIDIA L4', 'gpu NVIDIA RTX 6000 Ada -> NVIDIA L4'],
    ['computeCapability', '12.0', 'computeCapability 8.9 -> 12.0'],
    ['driver', '590.44.01', 'driver 580.65.06 -> 590.44.01'],
  ])('of another %s is not offered, and is replaced', async (field, value, reason) => {
    const path = `${await temporaryFolder()}/kernels.cache`;
    await (await openRuntimeCache(path, identity)).save(bytes('old'));
    const changed = { ...identity, [field]: value };
    const cache = await openRuntimeCache(path, changed);
    expect(cache).toMatchObject({ bytes: undefined, reason });
    await cache.save(bytes('new'));
    expect(text((await openRuntimeCache(path, changed)).bytes)).toBe('new');
  });

  test.each<[string, (path: string) => Promise<void>, RegExp]>([
    ['was cut', (path) => truncate(path, 2), /content is damaged/],
    ['was written by another program', (path) => writeFile(path, 'other'), /content is damaged/],
    ['has no description', (path) => rm(`${path}.json`), /description .* missing or damaged/],
    ['has half a description', (path) => truncate(`${path}.json`, 20), /missing or damaged/],
    ['describes nothing', (path) => writeFile(`${path}.json`, 'null'), /missing or damaged/],
  ])('that %s is not offered', async (_, damage, reason) => {
    const path = `${await temporaryFolder()}/kernels.cache`;
    await (await openRuntimeCache(path, identity)).save(bytes('kernels'));
    await damage(path);
    const cache = await openRuntimeCache(path, identity);
    expect(cache.bytes).toBeUndefined();
    expect(cache.reason).toMatch(reason);
  });

  test('of many processes that save at once is one of theirs, whole', async () => {
    const path = `${await temporaryFolder()}/kernels.cache`;
    const source = (name: string) => `
      import { openRuntimeCache } from '${new URL('../../dist/engine/cache/runtime-cache.js', import.meta.url)}';
      const identity = ${JSON.stringify(identity)};
      for (let i = 0; i < 20; i++) {
        const cache = await openRuntimeCache(${JSON.stringify(path)}, identity);
        if (cache.reason !== undefined && cache.reason !== 'there is none yet') {
          throw new Error(cache.reason);
        }
        await cache.save(new TextEncoder().encode('${name}'.repeat(10_000)));
      }`;
    const run = promisify(execFile);
    const node = (name: string) =>
      run(process.execPath, ['--input-type=module', '--eval', source(name)]);
    await Promise.all(['a', 'b', 'c', 'd'].map(node));
    const last = text((await openRuntimeCache(path, identity)).bytes);
    expect(last).toMatch(/^(a+|b+|c+|d+)$/);
    expect(last).toHaveLength(10_000);
  });

  test('tells a folder that cannot be made', async () => {
    const folder = await temporaryFolder();
    await writeFile(`${folder}/file`, '');
    await expect(openRuntimeCache(`${folder}/file/kernels.cache`, identity)).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });
});

describe('a timing cache', () => {
  const gpu = {
    gpu: 'NVIDIA H100 80GB HBM3',
    computeCapability: '9.0',
    multiprocessors: 132,
    driver: '580.65.06',
  };
  /** Stands for TensorRT: both, one after the other. */
  const library = {
    version: '11.4.0.106',
    combineTimingCaches: async (first: Uint8Array, second: Uint8Array) =>
      bytes(`${text(first)}+${text(second)}`),
  };

  test('is named by GPU and version, and starts empty', async () => {
    const folder = await temporaryFolder();
    const file = TimingCacheFile.open(library, { folder }, gpu);
    expect(file.path).toBe(`${folder}/timing-NVIDIA-H100-80GB-HBM3-11.4.0.106.cache`);
    expect(await file.load()).toEqual(new Uint8Array(0));
  });

  test('grows by what builds add, also when they started from the same', async () => {
    const file = `${await temporaryFolder()}/timing.cache`;
    const open = () => TimingCacheFile.open(library, { file }, gpu);
    const [one, two] = [open(), open()];
    await Promise.all([one.load(), two.load()]);
    await one.add(bytes('one'));
    await two.add(bytes('two'));
    expect(text(await open().load())).toBe('one+two');
    expect(text(new Uint8Array(await readFile(file)))).toBe('one+two');
  });

  test('of another GPU or version is replaced, of another driver it is not', async () => {
    const file = `${await temporaryFolder()}/timing.cache`;
    await TimingCacheFile.open(library, { file }, gpu).add(bytes('one'));
    const driver = TimingCacheFile.open(library, { file }, { ...gpu, driver: '590.44.01' });
    expect(text(await driver.load())).toBe('one');
    const moved = TimingCacheFile.open(library, { file }, { ...gpu, gpu: 'NVIDIA L4' });
    expect(await moved.load()).toEqual(new Uint8Array(0));
    await moved.add(bytes('two'));
    expect(text(await moved.load())).toBe('two');
  });

  test('is said to be ignored by TensorRT for RTX', async () => {
    const lines: object[] = [];
    const rtx = { product: 'tensorrt-rtx' } as never;
    const options = {
      timingCache: 'absent/timing.cache',
      onLog: (line: object) => lines.push(line),
    };
    const built = await withTimingCache(rtx, options, async (timingCache) => ({ timingCache }));
    expect(built).toEqual({ timingCache: undefined });
    expect(lines).toEqual([
      { severity: 'warning', text: expect.stringContaining('timingCache is ignored') },
    ]);
  });
});
