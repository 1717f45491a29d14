import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  type BuildOptions,
  buildEngine,
  type CacheOutcome,
  EngineCache,
  Model,
  readPlanInfo,
} from 'tensorrt-node';
import { describe, expect, it, test } from 'vitest';
import { errorOf, linearModel, randomTensor, temporaryFolder } from '../unit/helpers.js';

// The cache with the real TensorRT for RTX.

const profiles = [{ x: { min: [1, 16], opt: [8, 16], max: [32, 16] } }];

async function options(more: BuildOptions = {}): Promise<BuildOptions & { cacheDir: string }> {
  return { profiles, targets: ['sm89'], cacheDir: await temporaryFolder(), ...more };
}

/** The same interface, other weights. */
function replaceBias(model: Model): void {
  model.graph.removeInitializer('b2');
  model.graph.addInitializer('b2', randomTensor([4], { seed: 9 }));
}

const index = new URL('../../dist/index.js', import.meta.url).href;

/** A process that builds a model through a cache and prints what came of it. */
function builder(modelPath: string, cacheDir: string, more = ''): string {
  return `
    import { buildEngine } from '${index}';
    const plan = await buildEngine(${JSON.stringify(modelPath)}, {
      profiles: ${JSON.stringify(profiles)},
      targets: ['sm89'],
      cacheDir: ${JSON.stringify(cacheDir)},
      ${more}
    });
    console.log(JSON.stringify(plan.cache));`;
}

const node = (source: string) =>
  promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source]);

async function outcomeOf(source: string): Promise<CacheOutcome> {
  return JSON.parse((await node(source)).stdout);
}

describe('a cached build', () => {
  it('gives the same plan without a build', async () => {
    const cached = await options();
    const outcomes: CacheOutcome[] = [];
    const phases: string[] = [];
    const build = () =>
      buildEngine(linearModel(), {
        ...cached,
        onCache: (outcome) => outcomes.push(outcome),
        onProgress: ({ phase }) => phases.push(phase),
      });
    const uncached = await buildEngine(linearModel(), { profiles, targets: ['sm89'] });
    const first = await build();
    expect(phases).toContain('build');
    phases.length = 0;
    const second = await build();
    expect(phases).toEqual([]);

    expect(outcomes).toEqual([first.cache, second.cache]);
    expect(outcomes.map(({ hit }) => hit)).toEqual([false, true]);
    expect(second.file).toBe(first.file);
    expect(Buffer.compare(second.data, uncached.data)).toBe(0);
    expect(second.seconds).toBe(first.seconds);
    expect(await readPlanInfo(second)).toMatchObject({
      product: 'tensorrt-rtx',
      targets: ['sm89'],
      bytes: uncached.bytes,
    });
    expect(await readdir(cached.cacheDir)).toHaveLength(2);
  });

  it('finds a model by its content, wherever its weights lie', async () => {
    const cached = await options();
    const folder = await temporaryFolder();
    await linearModel().save(`${folder}/inline.onnx`, { externalData: 'never' });
    await linearModel().save(`${folder}/external.onnx`, { externalData: 'always' });
    const first = await buildEngine(linearModel(), cached);
    const second = await buildEngine(`${folder}/inline.onnx`, cached);
    const third = await buildEngine(`${folder}/external.onnx`, cached);
    expect([first, second, third].map(({ cache }) => cache?.hit)).toEqual([false, true, true]);
  });

  it('says what changed', async () => {
    const cached = await options();
    const path = `${await temporaryFolder()}/model.onnx`;
    const model = linearModel();
    await model.save(path);
    const reasonOf = async (more: BuildOptions = {}) =>
      (await buildEngine(path, { ...cached, ...more })).cache?.reason;
    expect(await reasonOf()).toBe('never built, or removed since');
    expect(await reasonOf({ optimizationLevel: 1 })).toBe(
      'options changed: optimizationLevel default -> 1',
    );
    expect(await reasonOf({ optimizationLevel: 3 })).toBeUndefined();
    expect(await reasonOf({ targets: ['sm86'] })).toBe('targets [sm89] -> [sm86]');
    const wider = [{ x: { min: [1, 16], opt: [8, 16], max: [64, 16] } }];
    expect(await reasonOf({ profiles: wider })).toBe('profile x max [32, 16] -> [64, 16]');

    replaceBias(model);
    await model.save(path);
    expect(await reasonOf()).toBe('model content changed');
    const entries = await (await EngineCache.open(cached.cacheDir)).entries();
    expect(entries).toHaveLength(5);
    expect(entries[0]?.ingredients).toMatchObject({
      model: { name: 'model.onnx', path, inputs: ['x'], outputs: ['y'] },
      product: 'tensorrt-rtx',
      version: expect.stringMatching(/^1\.7\.1\.\d+$/),
      parser: expect.stringMatching(/^\d+$/),
      target: { targets: ['sm89'] },
    });
  });

  it('notices that a byte of the plan was changed', async () => {
    const cached = await options();
    const { file, data } = await buildEngine(linearModel(), cached);
    const damaged = Buffer.from(data);
    damaged.writeUInt8(damaged.readUInt8(1000) ^ 1, 1000);
    await writeFile(file as string, damaged);
    const again = await buildEngine(linearModel(), cached);
    expect(again.cache).toMatchObject({
      hit: false,
      reason: 'entry damaged: the content of the plan has changed',
    });
    expect(Buffer.compare(again.data, data)).toBe(0);
  });

  it('does not keep an engine of a file that was changed meanwhile', async () => {
    const folder = await temporaryFolder();
    await linearModel().save(`${folder}/model.onnx`);
    const other = `${folder}/other.onnx`;
    await linearModel({ hidden: 64 }).save(other);
    const { cacheDir, ...rest } = await options();
    const building = buildEngine(`${folder}/model.onnx`, {
      ...rest,
      cacheDir,
      onProgress: () => copyFileSync(other, `${folder}/model.onnx`),
    });
    await expect(building).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringContaining('was changed while its engine was built'),
    });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('writes to an output too', async () => {
    const output = `${await temporaryFolder()}/copy.plan`;
    const plan = await buildEngine(linearModel(), await options({ output }));
    expect(Buffer.compare(await readFile(output), plan.data)).toBe(0);
  });

  it('that is aborted leaves nothing behind', async () => {
    const cached = await options();
    const reason = new Error('no longer needed');
    const controller = new AbortController();
    const building = buildEngine(linearModel(), {
      ...cached,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    expect(await errorOf(building)).toBe(reason);
    expect(await readdir(cached.cacheDir)).toEqual([]);
  });

  it.each<[string, BuildOptions, RegExp]>([
    ['a folder that is none', { cacheDir: 7 as never }, /name of a folder for cacheDir/],
    [
      'a limit without a cache',
      { cacheLimitBytes: 7 },
      /cacheDir where cacheLimitBytes or onCache/,
    ],
    ['a negative limit', { cacheDir: 'x', cacheLimitBytes: -1 }, /from 0 for cacheLimitBytes/],
    ['a timing cache in no folder', { timingCache: true }, /cacheDir where timingCache is true/],
    ['a timing cache that is none', { timingCache: 7 as never }, /path of a file or true/],
  ])('refuses %s', async (_, wrong, message) => {
    const building = buildEngine(linearModel(), { profiles, ...wrong });
    await expect(building).rejects.toThrow(TypeError);
    await expect(building).rejects.toThrow(message);
  });
});

test('of four processes that ask for the same engine one builds it', async () => {
  const [folder, cacheDir] = [await temporaryFolder(), await temporaryFolder()];
  await linearModel().save(`${folder}/model.onnx`);
  const source = builder(`${folder}/model.onnx`, cacheDir);
  const outcomes = await Promise.all([1, 2, 3, 4].map(() => outcomeOf(source)));
  expect(outcomes.map(({ hit }) => hit).sort()).toEqual([false, true, true, true]);
  expect(new Set(outcomes.map(({ file }) => file)).size).toBe(1);
  expect(await readdir(cacheDir)).toHaveLength(2);
});

test('who waits for another process is told so, and builds when that one is killed', async () => {
  const [folder, cacheDir] = [await temporaryFolder(), await temporaryFolder()];
  const path = `${folder}/model.onnx`;
  await linearModel().save(path);
  // Says that it builds, and never goes on.
  const stuck = "onProgress: () => { console.log('building'); for (;;); },";
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', builder(path, cacheDir, stuck)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  const phases: string[] = [];
  const plan = await buildEngine(path, {
    ...(await options({ cacheDir })),
    onProgress: ({ phase }) => {
      if (phases.push(phase) === 1) child.kill('SIGKILL');
    },
  });
  expect(phases[0]).toBe('wait for another process');
  expect(plan.cache).toMatchObject({ hit: false, reason: 'never built, or removed since' });
  expect((await readdir(cacheDir)).sort()).toEqual(
    ['json', 'plan'].map((ending) => `${plan.cache?.key}.${ending}`),
  );
});

test('TensorRT for RTX ignores a timing cache and says so', async () => {
  const lines: string[] = [];
  const cached = await options({ timingCache: true, onLog: ({ text }) => lines.push(text) });
  await buildEngine(linearModel(), cached);
  expect(lines).toContainEqual(expect.stringContaining('timingCache is ignored'));
  expect(await readdir(cached.cacheDir)).toHaveLength(2);
});

test('a model that was loaded and edited is another model', async () => {
  const cached = await options();
  const path = `${await temporaryFolder()}/model.onnx`;
  await linearModel().save(path);
  await buildEngine(path, cached);
  const model = await Model.load(path);
  expect((await buildEngine(model, cached)).cache?.hit).toBe(true);
  replaceBias(model);
  expect((await buildEngine(model, cached)).cache).toMatchObject({
    hit: false,
    reason: 'model content changed',
  });
});
