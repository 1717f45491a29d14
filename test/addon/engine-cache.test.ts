import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EngineCache, type Plan } from 'tensorrt-node';
import { expect, test, vi } from 'vitest';
import type { EngineIngredients } from '../../dist/engine/cache/cache-key.js';
import { getOrBuild } from '../../dist/engine/cache/cache-lookup.js';
import type { CacheOutcome } from '../../dist/engine/plan/plan.js';
import { errorOf, temporaryFolder } from '../unit/helpers.js';

/** The cache itself, with builds that only write a file. */

function ingredients(model = 'model', target = 'sm89'): EngineIngredients {
  const sha256 = createHash('sha256').update(model).digest('hex');
  return {
    model: { name: `${model}.onnx`, inputs: ['x'], outputs: ['y'], sha256, bytes: 7 },
    product: 'tensorrt-rtx',
    version: '1.7.1.116',
    parser: '1',
    options: {},
    profiles: [],
    plugins: [],
    target: { targets: [target] },
  };
}

/** A plan as far as its header goes. */
function planBytes(bytes: number): Buffer {
  const plan = Buffer.alloc(bytes, 1);
  plan.write('vtrt', 'latin1');
  plan.writeBigUInt64LE(BigInt(bytes), 16);
  plan.set([1, 7, 1, 116], 24);
  plan.writeUInt32LE(8, 32);
  return plan;
}

interface Made {
  plan: Plan;
  builds: number;
  outcome: CacheOutcome | undefined;
}

async function make(
  cache: EngineCache,
  wanted = ingredients(),
  { bytes = 1000, signal }: { bytes?: number; signal?: AbortSignal } = {},
): Promise<Made> {
  let builds = 0;
  let outcome: CacheOutcome | undefined;
  const plan = await getOrBuild(cache, {
    ingredients: wanted,
    build: async (file) => {
      builds += 1;
      await writeFile(file, planBytes(bytes));
      return 1.5;
    },
    signal,
    onOutcome: (told) => {
      outcome = told;
    },
  });
  return { plan, builds, outcome };
}

/** Makes plans in a process that has ended since, and so holds none of them. Gives their keys. */
async function makeElsewhere(folder: string, models: string[]): Promise<string[]> {
  const wanted = models.map((model) => ingredients(model));
  const source = `
    import { writeFile } from 'node:fs/promises';
    import { EngineCache } from '${new URL('../../dist/index.js', import.meta.url)}';
    import { getOrBuild } from '${new URL('../../dist/engine/cache/cache-lookup.js', import.meta.url)}';
    const cache = await EngineCache.open(${JSON.stringify(folder)});
    for (const ingredients of ${JSON.stringify(wanted)}) {
      const plan = Buffer.from('${planBytes(1000).toString('base64')}', 'base64');
      const build = async (file) => (await writeFile(file, plan), 1.5);
      console.log((await getOrBuild(cache, { ingredients, build })).cache.key);
    }`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', source]);
  return stdout.trim().split('\n');
}

async function lastUsed(cache: EngineCache, key: string, time: number): Promise<void> {
  await utimes(`${cache.folder}/${key}.json`, new Date(time), new Date(time));
}

test('builds once, then finds the plan with all its facts', async () => {
  const cache = await EngineCache.open(`${await temporaryFolder()}/not/there/yet`);
  const first = await make(cache);
  expect(first.builds).toBe(1);
  expect(first.outcome).toEqual({
    hit: false,
    key: expect.stringMatching(/^[0-9a-f]{64}$/),
    reason: 'never built, or removed since',
    file: `${cache.folder}/${first.outcome?.key}.plan`,
  });
  expect(first.plan).toMatchObject({
    cache: first.outcome,
    file: first.outcome?.file,
    bytes: 1000,
    seconds: 1.5,
    version: '1.7.1.116',
    targets: ['sm89'],
  });

  const second = await make(await EngineCache.open(cache.folder));
  expect(second.builds).toBe(0);
  expect(second.outcome).toEqual({ ...first.outcome, hit: true, reason: undefined });
  expect(second.plan).toMatchObject({ cache: second.outcome, seconds: 1.5 });
  expect(second.plan.data).toEqual(planBytes(1000));
});

test('an entry says what it is', async () => {
  const cache = await EngineCache.open(await temporaryFolder());
  const { outcome } = await make(cache);
  const begun = Date.now();
  const [entry, ...others] = await cache.entries();
  expect(others).toEqual([]);
  expect(entry).toMatchObject({
    key: outcome?.key,
    file: outcome?.file,
    bytes: 1000,
    seconds: 1.5,
    missReason: 'never built, or removed since',
    ingredients: ingredients(),
  });
  expect(Math.abs(Number(entry?.created) - begun)).toBeLessThan(60_000);
  expect(await readdir(cache.folder)).toHaveLength(2);

  await lastUsed(cache, entry?.key as string, 1_000_000);
  expect((await cache.entries())[0]?.lastUsed).toEqual(new Date(1_000_000));
  await make(cache);
  expect(Number((await cache.entries())[0]?.lastUsed)).toBeGreaterThan(1_000_000);
});

test('tells a miss by what is there of the same model', async () => {
  const cache = await EngineCache.open(await temporaryFolder());
  await make(cache, ingredients('model', 'sm86'));
  const { outcome } = await make(cache);
  expect(outcome).toMatchObject({ hit: false, reason: 'targets [sm86] -> [sm89]' });
  expect((await cache.entries()).map(({ missReason }) => missReason).sort()).toEqual([
    'never built, or removed since',
    'targets [sm86] -> [sm89]',
  ]);
});

test.each<[string, (files: { plan: string; sidecar: string }) => Promise<void>, string]>([
  ['a shorter plan', ({ plan }) => truncate(plan, 900), 'the plan has 900 bytes, not 1000'],
  ['a longer plan', ({ plan }) => appendFile(plan, 'x'), 'the plan has 1001 bytes, not 1000'],
  [
    'other bytes',
    ({ plan }) => writeFile(plan, planBytes(1000).fill(2, 500, 501)),
    'the content of the plan has changed',
  ],
  ['no plan', ({ plan }) => rm(plan), 'the plan is missing'],
  ['no sidecar', ({ sidecar }) => rm(sidecar), 'its sidecar is missing'],
  ['half a sidecar', ({ sidecar }) => truncate(sidecar, 100), 'its sidecar cannot be read'],
  ['an empty sidecar', ({ sidecar }) => truncate(sidecar, 0), 'its sidecar cannot be read'],
  [
    'the sidecar of another plan',
    async ({ sidecar }) => {
      const text = await readFile(sidecar, 'utf8');
      await writeFile(sidecar, text.replace('"sm89"', '"sm86"'));
    },
    'its sidecar is that of another plan',
  ],
  ['nothing but null', ({ sidecar }) => writeFile(sidecar, 'null'), 'its sidecar cannot be read'],
])('an entry with %s is told and built again', async (_, damage, why) => {
  const cache = await EngineCache.open(await temporaryFolder());
  const { outcome } = await make(cache);
  const key = outcome?.key as string;
  await damage({ plan: `${cache.folder}/${key}.plan`, sidecar: `${cache.folder}/${key}.json` });

  const again = await make(cache);
  expect(again).toMatchObject({
    builds: 1,
    outcome: { hit: false, key, reason: `entry damaged: ${why}` },
  });
  expect(again.plan.data).toEqual(planBytes(1000));
  expect(await make(cache)).toMatchObject({ builds: 0, outcome: { hit: true } });
  expect((await readdir(cache.folder)).sort()).toEqual([`${key}.json`, `${key}.plan`]);
});

test('who asks while it is built waits, and all get the one plan', async () => {
  const cache = await EngineCache.open(await temporaryFolder());
  const made = await Promise.all([1, 2, 3, 4].map(() => make(cache)));
  expect(made.map(({ builds }) => builds).sort()).toEqual([0, 0, 0, 1]);
  expect(new Set(made.map(({ plan }) => plan.file)).size).toBe(1);
});

test('who waits can stop waiting, and the build goes on', async () => {
  const cache = await EngineCache.open(await temporaryFolder());
  const reason = new Error('no longer needed');
  const controller = new AbortController();
  const waiter = () =>
    getOrBuild(cache, {
      ingredients: ingredients(),
      build: () => Promise.reject(new Error('was built twice')),
      signal: controller.signal,
      onWait: () => controller.abort(reason),
    });
  const plan = await getOrBuild(cache, {
    ingredients: ingredients(),
    build: async (file) => {
      expect(await errorOf(waiter())).toBe(reason);
      await writeFile(file, planBytes(1000));
      return 1;
    },
  });
  expect(plan.bytes).toBe(1000);
});

test('a build that fails leaves nothing behind and is tried again', async () => {
  const cache = await EngineCache.open(await temporaryFolder());
  const error = new Error('from the build');
  const failing = getOrBuild(cache, {
    ingredients: ingredients(),
    build: async (file) => {
      await writeFile(file, 'half a plan');
      throw error;
    },
  });
  expect(await errorOf(failing)).toBe(error);
  expect(await readdir(cache.folder)).toEqual([]);
  expect(await make(cache)).toMatchObject({ builds: 1 });
});

test('removes what was not used for the longest time when it grows too large', async () => {
  const folder = await temporaryFolder();
  const keys = await makeElsewhere(folder, ['a', 'b', 'c']);
  const cache = await EngineCache.open(folder);
  const size = (await readFile(`${folder}/${keys[0]}.json`)).byteLength + 1000;
  for (const [index, key] of keys.entries()) await lastUsed(cache, key, 1_000_000 - index);

  expect(await cache.prune()).toEqual([]);
  expect(await cache.prune(2 * size)).toEqual([keys[2]]);
  const small = await EngineCache.open(folder, { limitBytes: 2 * size + 10 });
  const { outcome } = await make(small, ingredients('d'));
  const left = (await cache.entries()).map(({ key }) => key);
  expect(left).toEqual([outcome?.key, keys[0]]);
});

test('a plan in use stays, also when it is larger than the cache may be', async () => {
  const cache = await EngineCache.open(await temporaryFolder(), { limitBytes: 10 });
  const { plan, outcome } = await make(cache);
  const key = outcome?.key as string;
  expect(await cache.delete(key)).toBe(false);
  expect(await cache.clear()).toEqual([]);
  expect(plan.data).toEqual(planBytes(1000));
});

test('a plan that was collected is no longer in use', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const cache = await EngineCache.open(await temporaryFolder());
  await make(cache);
  await vi.waitFor(async () => {
    collect();
    expect(await cache.clear()).toHaveLength(1);
  });
  expect(await readdir(cache.folder)).toEqual([]);
});

test('removes single plans, and all of them', async () => {
  const folder = await temporaryFolder();
  const keys = await makeElsewhere(folder, ['a', 'b', 'c']);
  const cache = await EngineCache.open(folder);
  expect(await cache.delete(keys[0] as string)).toBe(true);
  expect(existsSync(`${folder}/${keys[0]}.plan`)).toBe(false);
  expect((await cache.clear()).sort()).toEqual(keys.slice(1).sort());
  expect(await readdir(folder)).toEqual([]);
});

test('leftovers of processes that were killed are removed, files of others are not', async () => {
  const folder = await temporaryFolder();
  const cache = await EngineCache.open(folder);
  const [key] = await makeElsewhere(folder, ['a']);
  const leftovers = [`${key}.1234.tmp`, `${key}.lock`, `${'f'.repeat(64)}.json.5678.tmp`];
  for (const name of [...leftovers, 'notes.txt', 'other.plan']) {
    await writeFile(`${folder}/${name}`, '');
  }
  await cache.prune();
  const left = [`${key}.json`, `${key}.plan`, 'notes.txt', 'other.plan'];
  expect((await readdir(folder)).sort()).toEqual(left.sort());
});

test('a folder that cannot be made is an error', async () => {
  const file = `${await temporaryFolder()}/file`;
  await writeFile(file, '');
  const folder = `${file}/cache`;
  await expect(EngineCache.open(folder)).rejects.toMatchObject({ code: 'ERR_FILE', file: folder });
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['no folder', () => EngineCache.open(7 as never), /name of a folder for folder.*7/],
  ['an unknown option', () => EngineCache.open('x', { limit: 1 } as never), /'limit'/],
  ['a negative limit', () => EngineCache.open('x', { limitBytes: -1 }), /from 0 for limitBytes/],
])('refuses %s', async (_, action, message) => {
  const opening = action();
  await expect(opening).rejects.toThrow(TypeError);
  await expect(opening).rejects.toThrow(message);
});

test('refuses what is no key, such as a path', async () => {
  const cache = await EngineCache.open(await temporaryFolder());
  await expect(cache.delete('../precious')).rejects.toThrow(TypeError);
});
