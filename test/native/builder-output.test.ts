import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuilderOptions, type BuildOptions, buildEngine, type Plan } from 'tensorrt-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBuildRequest } from '../../dist/engine/build/build-request.js';
import { openLibrary } from '../../dist/engine/library/library.js';
import { loadAddon } from '../../dist/native.js';
import { buildModel, linearModel } from '../unit/helpers.js';

// The real TensorRT for RTX: where a plan goes, and what a build loads.

const profiles = [{ x: { min: [1, 16], opt: [8, 16], max: [32, 16] } }];
const plain: BuildOptions = { product: 'tensorrt-rtx', profiles, targets: ['sm89'] };

let folder: string;
let reference: Plan;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'output-'));
  reference = await buildEngine(linearModel(), plain);
});
afterAll(() => rm(folder, { recursive: true }));

const build = (options: BuilderOptions) => buildEngine(linearModel(), { ...plain, ...options });

/** What a build without a GPU rejects with; undefined where there is a driver, and it succeeds. */
const failureOf = (plan: Promise<Plan>) =>
  plan.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a plan that is built to a file', () => {
  it('is the same as one in memory, and is read only when asked for', async () => {
    const output = join(folder, 'streamed.plan');
    const plan = await buildEngine(linearModel(), { ...plain, output });
    expect(plan).toMatchObject({ file: output, bytes: reference.bytes, targets: ['sm89'] });
    expect(Buffer.compare(await readFile(output), reference.data)).toBe(0);
  });

  it('leaves nothing behind when the build fails', async () => {
    const output = join(folder, 'failed', 'never.plan');
    await mkdir(join(folder, 'failed'));
    const failing = { ...plain, targets: ['sm75'] as const, output };
    await expect(buildEngine(linearModel(), failing)).rejects.toMatchObject({
      code: 'ERR_TRT_BUILD',
    });
    expect(await readdir(join(folder, 'failed'))).toEqual([]);
  });

  it('is refused before the build where the folder is not there', async () => {
    const output = join(folder, 'absent', 'never.plan');
    const phases: string[] = [];
    const onProgress = ({ phase }: { phase: string }) => phases.push(phase);
    await expect(
      buildEngine(linearModel(), { ...plain, output, onProgress }),
    ).rejects.toMatchObject({ code: 'ERR_FILE', file: output });
    expect(phases).toEqual([]);
  });

  it('tells that the disk is full', async () => {
    const path = join(folder, 'small.onnx');
    await linearModel({ batch: 2 }).save(path);
    const { native: library } = await openLibrary({ product: 'tensorrt-rtx' });
    const monitor = new (loadAddon().BuildMonitor)(2);
    const request = { ...toBuildRequest([], {}), modelPath: path, timingCache: undefined };
    await expect(
      library.build({ ...request, planPath: '/dev/full' }, monitor),
    ).rejects.toMatchObject({
      details: { code: 'ERR_FILE', file: '/dev/full' },
      message: expect.stringContaining('No space left on device'),
    });
  });
});

describe('plugins', () => {
  it('of TensorRT say that they need a driver where there is none', async () => {
    const { candidate } = await openLibrary({ product: 'tensorrt-rtx' });
    const plugins = candidate.plugins as string;
    expect(plugins).toMatch(/libtensorrt_plugins\.so$/);
    const outcome = await failureOf(build({ plugins: [plugins] }));
    if (outcome === undefined) return;
    expect(outcome).toMatchObject({
      code: 'ERR_TRT_LIBRARY_NOT_FOUND',
      file: plugins,
      message: expect.stringContaining('libcuda.so.1'),
      remedy: expect.stringContaining('driver'),
    });
  });

  it('are refused where a library has none', async () => {
    const none = 'build/Release/libtensorrt_node_rtx1.so';
    await expect(build({ plugins: [none] })).rejects.toMatchObject({
      code: 'ERR_TRT_LIBRARY_VERSION',
      file: none,
    });
    await expect(build({ plugins: ['/absent.so'] })).rejects.toMatchObject({
      code: 'ERR_TRT_LIBRARY_NOT_FOUND',
      file: '/absent.so',
    });
  });

  it('that TensorRT brings along are listed', async () => {
    const { native: library } = await openLibrary({ product: 'tensorrt-rtx' });
    expect(await library.plugins()).toEqual(
      expect.arrayContaining([expect.stringMatching(/ROIAlign_TRT 2/)]),
    );
  });

  it('are named as the reason where an operator needs them', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2, 2] }],
      outputs: [{ name: 'y', type: 'int64', dims: [2, 'count'] }],
      nodes: [{ opType: 'NonZero', name: 'positions', inputs: ['x'], outputs: ['y'] }],
    });
    const outcome = await failureOf(buildEngine(model, { targets: ['sm89'] }));
    if (outcome === undefined) return;
    expect(outcome).toMatchObject({
      code: 'ERR_TRT_PARSE',
      node: { name: 'positions', opType: 'NonZero', index: 0 },
      recorded: [expect.objectContaining({ code: 'unsupportedNode' })],
      remedy: expect.stringMatching(/plugins.*libcuda\.so\.1/),
    });
  });
});

describe('weights that refit exchanges', () => {
  it('are told apart from a failure of TensorRT, which cannot compile them without a GPU', async () => {
    const outcome = await failureOf(
      build({
        flags: { refitIndividual: true },
        refittableWeights: ['w1'],
      }),
    );
    if (outcome === undefined) return;
    expect(outcome).toMatchObject({
      code: 'ERR_TRT_BUILD',
      message: expect.stringContaining('Myelin'),
    });
    // TensorRT goes on with plain builds after it.
    expect(Buffer.compare((await build({})).data, reference.data)).toBe(0);
  });
});
