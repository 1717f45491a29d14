import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, buildEngine, type Model, TensorRTError } from 'tensorrt-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { buildModel, errorOf, linearModel, temporaryFolder } from '../unit/helpers.js';

// Builds in a process of their own, by the real TensorRT for RTX.

const profiles = [{ x: { min: [1, 16], opt: [8, 16], max: [32, 16] } }];
const options: BuildOptions = { profiles, targets: ['sm89'], isolate: true };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isolated-'));
  // Temporary files of other processes must not count as left behind.
  process.env['TMPDIR'] = await mkdtemp(join(folder, 'tmp-'));
});
afterAll(() => rm(folder, { recursive: true }));

afterEach(async () => {
  expect(readdirSync(tmpdir())).toEqual([]);
  expect(childrenOf(process.pid)).toEqual([]);
});

/** Zombies too. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** Large enough that no build can end between its first news and what a test does then. */
const slowModel = linearModel({ batch: 8, features: 2048, hidden: 8192 });

/** Starts a slow build, sends its process a signal at the first news of it, and gives the error. */
async function errorAfter(signal: NodeJS.Signals, more: BuildOptions = {}): Promise<unknown> {
  const building = buildEngine(slowModel, {
    targets: ['sm89'],
    isolate: true,
    onProgress: () => {
      for (const pid of childrenOf(process.pid)) process.kill(pid, signal);
    },
    ...more,
  });
  return errorOf(building);
}

describe('an isolated build', () => {
  it('gives the bytes of a build in this process', async () => {
    const here = await buildEngine(linearModel(), { profiles, targets: ['sm89'] });
    const there = await buildEngine(linearModel(), options);
    expect(Buffer.compare(there.data, here.data)).toBe(0);
    expect(there).toMatchObject({ file: undefined, targets: ['sm89'], version: here.version });
    expect(there.seconds).toBeGreaterThan(0);
  });

  it('reads a file and writes one', async () => {
    const [path, output] = [join(folder, 'linear.onnx'), join(folder, 'linear.plan')];
    await linearModel().save(path, { externalData: 'always' });
    const plan = await buildEngine(path, { ...options, output });
    expect(plan.file).toBe(output);
    const here = await buildEngine(path, { profiles, targets: ['sm89'] });
    expect(Buffer.compare(await readFile(output), here.data)).toBe(0);
  });

  it('goes through a cache', async () => {
    const cacheDir = await temporaryFolder();
    const first = await buildEngine(linearModel(), { ...options, cacheDir });
    // Where a plan is built makes no other plan.
    const second = await buildEngine(linearModel(), { ...options, isolate: false, cacheDir });
    expect([first.cache?.hit, second.cache?.hit]).toEqual([false, true]);
    expect(await readdir(cacheDir)).toHaveLength(2);
    await rm(cacheDir, { recursive: true });
  });

  it('tells its progress', async () => {
    const phases: string[] = [];
    await buildEngine(linearModel(), {
      ...options,
      onProgress: ({ phase }) => phases.push(phase),
    });
    expect(phases).toEqual(expect.arrayContaining(['parse', 'build']));
    expect(phases.length).toBeGreaterThan(2);
  });

  it('is the first to go where memory runs out', async () => {
    const scores = new Set<string>();
    await buildEngine(slowModel, {
      targets: ['sm89'],
      isolate: true,
      onProgress: () => {
        for (const pid of childrenOf(process.pid)) {
          scores.add(readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1').trim());
        }
      },
    });
    expect([...scores]).toEqual(['1000']);
  });

  const fancy = () =>
    buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2, 2] }],
      outputs: [{ name: 'y', type: 'float32', dims: [2, 2] }],
      nodes: [
        { opType: 'Fancy', domain: 'com.example', name: 'my_fancy', inputs: ['x'], outputs: ['y'] },
      ],
    });

  it.each<[string, () => Model, BuildOptions]>([
    ['a node that TensorRT has not', fancy, {}],
    // MatMul of FP32 cannot be compiled for Turing (compute capability 7.5).
    ['what the builder refuses', linearModel, { profiles, targets: ['sm75'] }],
  ])('fails as in this process for %s', async (_, model, given) => {
    // To a file both, since TensorRT names the method that failed.
    const wanted = { ...given, output: join(folder, 'never.plan') };
    const here = (await errorOf(buildEngine(model(), wanted))) as TensorRTError;
    const there = await errorOf(buildEngine(model(), { ...wanted, isolate: true }));
    expect(there).toBeInstanceOf(TensorRTError);
    const { name, code, node, tensor, recorded, remedy } = here;
    expect(there).toMatchObject({ name, code, node, tensor, recorded, remedy });
    expect((there as TensorRTError).stack).toContain('buildEngine');
    expect((there as TensorRTError).log.length).toBe(here.log.length);
  });

  it('goes on after one that failed', async () => {
    await expect(buildEngine(fancy(), { isolate: true })).rejects.toThrow();
    expect((await buildEngine(linearModel(), options)).bytes).toBeGreaterThan(0);
  });

  it.each<NodeJS.Signals>(['SIGSEGV', 'SIGABRT', 'SIGKILL'])(
    'that %s ends is an error',
    async (signal) => {
      const error = await errorAfter(signal);
      expect(error).toMatchObject({
        code: 'ERR_TRT_BUILD',
        message: expect.stringContaining(`The build process ended with ${signal}.`),
      });
      const { remedy } = error as TensorRTError;
      if (signal === 'SIGKILL') expect(remedy).toContain('memory ran out');
      else expect(remedy).toBeUndefined();
    },
  );

  it('tells what its process wrote before it ended by itself', async () => {
    const addon = process.env['TENSORRT_NODE_ADDON'];
    await buildEngine(linearModel(), { profiles, targets: ['sm89'] });
    process.env['TENSORRT_NODE_ADDON'] = join(folder, 'absent.node');
    try {
      const error = (await errorOf(buildEngine(linearModel(), options))) as TensorRTError;
      expect(error).toMatchObject({
        code: 'ERR_TRT_BUILD',
        message: expect.stringMatching(/ended with exit code 1.*absent\.node/s),
      });
      expect(error.log.join('\n')).toContain('absent.node');
    } finally {
      if (addon === undefined) delete process.env['TENSORRT_NODE_ADDON'];
      else process.env['TENSORRT_NODE_ADDON'] = addon;
    }
  });

  it('rejects with the reason when it is aborted', async () => {
    const reason = new Error('no longer needed');
    const controller = new AbortController();
    const running: BuildOptions = {
      targets: ['sm89'],
      isolate: true,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    };
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => buildEngine(slowModel, running)));
    expect(outcomes).toEqual(outcomes.map(() => ({ status: 'rejected', reason })));
  });

  it('is killed when it does not react to an abort', async () => {
    const reason = new Error('no longer needed');
    const controller = new AbortController();
    const error = await errorAfter('SIGSTOP', {
      signal: controller.signal,
      onProgress: () => {
        for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGSTOP');
        controller.abort(reason);
      },
    });
    expect(error).toBe(reason);
  });

  it('ends with what a callback threw', async () => {
    const error = new Error('from the callback');
    const onProgress = () => {
      throw error;
    };
    expect(await errorOf(buildEngine(linearModel(), { ...options, onProgress }))).toBe(error);
  });

  it('refuses what is neither true nor false', async () => {
    const wrong = { ...options, isolate: 'yes' as never };
    await expect(buildEngine(linearModel(), wrong)).rejects.toThrow(
      /true or false for isolate.*'yes'/,
    );
  });
});

test.each<[string, string, object]>([
  ['process.exit()', 'process.exit(3)', { code: 3, signal: null }],
  ['an uncaught error', "setImmediate(() => { throw new Error('x') })", { code: 1, signal: null }],
  ['SIGTERM', "process.kill(process.pid, 'SIGTERM')", { code: null, signal: 'SIGTERM' }],
  ['SIGKILL', "process.kill(process.pid, 'SIGKILL')", { code: null, signal: 'SIGKILL' }],
])('%s in the middle leaves no process and no file', async (_, ending, expected) => {
  const temporary = await temporaryFolder();
  const model = join(folder, 'slow.onnx');
  await slowModel.save(model);
  const source = `
    import { readdirSync } from 'node:fs';
    import { buildEngine, Model } from '${new URL('../../dist/index.js', import.meta.url)}';
    const model = await Model.load(${JSON.stringify(model)});
    const onProgress = () => { ${ending} };
    await buildEngine(model, { targets: ['sm89'], isolate: true, onProgress });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, TMPDIR: temporary, TENSORRT_NODE_TEST: temporary },
    stdio: 'ignore',
  });
  const [code, signal] = await once(child, 'close');
  expect({ code, signal }).toEqual(expected);
  await vi.waitFor(
    async () => {
      expect(await readdir(temporary)).toEqual([]);
      expect(processesWith(`TENSORRT_NODE_TEST=${temporary}`)).toEqual([]);
    },
    { timeout: 30_000 },
  );
  await rm(temporary, { recursive: true });
});

/** Processes with a variable in their environment. */
function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!(pid > 0)) return false;
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable);
      } catch {
        return false;
      }
    });
}
