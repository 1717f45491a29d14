import { type BuilderOptions, type BuildOptions, buildEngine, type Plan } from 'tensorrt-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { openLibrary } from '../../dist/engine/library/library.js';
import { buildModel, linearModel } from '../unit/helpers.js';

// The real TensorRT for RTX: each option either changes the plan, or is accepted where this product
// has nothing to change without a GPU, or is refused in words that say what is missing.

const profiles = [{ x: { min: [1, 16], opt: [8, 16], max: [32, 16] } }];
const plain: BuildOptions = { product: 'tensorrt-rtx', profiles, targets: ['sm89'] };

let reference: Plan;

beforeAll(async () => {
  reference = await buildEngine(linearModel(), plain);
});

const build = (options: BuilderOptions) => buildEngine(linearModel(), { ...plain, ...options });
const isReference = (plan: Plan) => Buffer.compare(plan.data, reference.data) === 0;

describe("the builder's options", () => {
  it.each<[string, BuilderOptions]>([
    ['weightStreaming', { flags: { weightStreaming: true } }],
    ['requireUserAllocation', { flags: { requireUserAllocation: true } }],
    ['refitIndividual', { flags: { refitIndividual: true } }],
    ['tf32 off', { flags: { tf32: false } }],
    ['a limit of shared memory', { memoryPools: { tacticSharedMemory: 1 << 15 } }],
    ['a limit of workspace', { memoryPools: { workspace: 2 ** 30 } }],
    ['detailed verbosity', { profilingVerbosity: 'detailed' }],
    ['no verbosity', { profilingVerbosity: 'none' }],
    ['a debug tensor', { debugTensors: ['h_relu'] }],
    ['two debug tensors', { debugTensors: ['h_relu', 'y'] }],
    ['unfused debug tensors', { debugTensors: 'unfused' }],
    ['another target', { targets: ['sm120'] }],
  ])('%s changes the plan', async (_, options) => {
    expect(isReference(await build(options))).toBe(false);
  });

  it.each<[string, BuilderOptions]>([
    ['every level', { optimizationLevel: 0 }],
    ['the highest level', { optimizationLevel: 5 }],
    [
      'flags that this model does not feel',
      {
        flags: {
          debug: true,
          sparseWeights: true,
          strictNans: true,
          monitorMemory: true,
          distributiveIndependence: true,
          disableTimingCache: true,
          errorOnTimingCacheMiss: true,
          disableCompilationCache: true,
          editableTimingCache: true,
        },
      },
    ],
    ['a limit that is high enough', { memoryPools: { tacticDram: 2 ** 30 } }],
    [
      'preview features',
      { previewFeatures: { aliasedPluginIo: true, runtimeActivationResize: true } },
    ],
    ['no tactic source', { tacticSources: [] }],
    ['one tactic source', { tacticSources: ['jitConvolutions'] }],
    ['tiling', { tilingOptimization: 'full', l2LimitForTiling: 1 << 20 }],
    ['numbers', { maxAuxStreams: 0, maxTactics: 1, timingIterations: 4, maxThreads: 2 }],
    [
      'defaults that are spelt out',
      {
        hardwareCompatibility: 'none',
        runtimePlatform: 'sameAsBuild',
        engineCapability: 'standard',
      },
    ],
    [
      'parser flags',
      {
        parserFlags: {
          nativeInstanceNorm: false,
          enableUint8AndAsymmetricQuantizationDla: true,
          enablePluginOverride: true,
          adjustForDla: true,
        },
      },
    ],
  ])('takes %s', async (_, options) => {
    expect(isReference(await build(options))).toBe(true);
  });

  it.each<[string, BuilderOptions, object]>([
    [
      'what only TensorRT has',
      { hardwareCompatibility: 'amperePlus' },
      {
        code: 'ERR_UNSUPPORTED',
        message: expect.stringMatching(
          /needs TensorRT 10\.0 or later; this is TensorRT for RTX 1\.7/,
        ),
      },
    ],
    [
      'what only TensorRT 10 has, with what there is',
      { previewFeatures: { multideviceRuntime: true } },
      {
        code: 'ERR_UNSUPPORTED',
        message: expect.stringMatching(/'multideviceRuntime'.*'aliasedPluginIo', 'runtimeActiv/),
      },
    ],
    ['a DLA', { dla: {} }, { code: 'ERR_UNSUPPORTED', message: expect.stringContaining('none') }],
    [
      'memory of a DLA',
      { memoryPools: { dlaManagedSram: 1 << 20 } },
      { code: 'ERR_TRT_BUILD', message: expect.stringMatching(/'dlaManagedSram'.*DLA disabled/) },
    ],
    [
      'too much shared memory',
      { memoryPools: { tacticSharedMemory: 2 ** 31 } },
      { code: 'ERR_TRT_BUILD', message: expect.stringContaining('must be < 1GiB') },
    ],
    [
      'too little workspace',
      { memoryPools: { workspace: 1 << 20 } },
      { code: 'ERR_TRT_BUILD', message: expect.stringContaining('workspace limit') },
    ],
    [
      'a plan for all versions without the lean runtime',
      { flags: { versionCompatible: true } },
      { code: 'ERR_TRT_BUILD', message: expect.stringContaining('libnvinfer_lean.so') },
    ],
    [
      'leaving out what is not in',
      { flags: { excludeLeanRuntime: true } },
      { code: 'ERR_TRT_BUILD', message: expect.stringContaining('kVERSION_COMPATIBLE') },
    ],
    [
      'a DLA in the parser',
      { parserFlags: { reportCapabilityDla: true } },
      { code: 'ERR_TRT_PARSE', node: expect.objectContaining({ name: 'hidden_matmul' }) },
    ],
    [
      'a debug tensor that is not there',
      { debugTensors: ['nothing'] },
      { code: 'ERR_TRT_BUILD', tensor: 'nothing', message: expect.stringContaining("'nothing'") },
    ],
    [
      'weights that are not there',
      { flags: { refitIndividual: true }, refittableWeights: ['nothing'] },
      { code: 'ERR_TRT_BUILD', tensor: 'nothing', message: expect.stringContaining("'nothing'") },
    ],
    [
      'a build route that is not there',
      { buildRoutes: { '-no_such_route': 'on' } },
      {
        code: 'ERR_TRT_BUILD',
        message: expect.stringContaining("'-no_such_route=on'"),
        remedy: expect.stringContaining('offers'),
      },
    ],
    [
      'an engine for safety',
      { engineCapability: 'safety' },
      { code: 'ERR_TRT_BUILD', message: expect.stringContaining('implementation') },
    ],
  ])('refuses %s', async (_, options, error) => {
    await expect(build(options)).rejects.toMatchObject({ name: 'TensorRTError', ...error });
  });

  it('sets flags in the order that TensorRT needs', async () => {
    const flags = { excludeLeanRuntime: true, versionCompatible: true };
    const fixed = await buildEngine(linearModel({ batch: 2 }), { ...plain, profiles: [], flags });
    expect(fixed.bytes).toBeGreaterThan(0);
  });

  it('refuses an enumerator by a name that it does not have, and lists those it has', async () => {
    const { native: library } = await openLibrary({ product: 'tensorrt-rtx' });
    await expect(library.checkModel('absent.onnx', { fast: true })).rejects.toMatchObject({
      details: {
        code: 'ERR_UNSUPPORTED',
      },
      message: expect.stringMatching(/no parser flag 'fast'\. It has 'nativeInstanceNorm', /),
    });
  });

  it('refuses a timing cache, which TensorRT for RTX does not have', async () => {
    const { native: library } = await openLibrary({ product: 'tensorrt-rtx' });
    const none = new Uint8Array();
    await expect(library.combineTimingCaches(none, none)).rejects.toMatchObject({
      details: { code: 'ERR_UNSUPPORTED' },
      message: expect.stringContaining('needs TensorRT'),
    });
  });
});

describe('profiles', () => {
  it('may be several, each with its own shapes', async () => {
    const more = [...profiles, { x: { min: [33, 16], opt: [64, 16], max: [128, 16] } }];
    const two = await build({ profiles: more });
    expect(two.bytes).toBeGreaterThan(reference.bytes);
  });

  /** Reshapes `x` [n, 16] to the shape in `size`. */
  const reshape = () =>
    buildModel({
      inputs: [
        { name: 'x', type: 'float32', dims: ['n', 16] },
        { name: 'size', type: 'int64', dims: [2] },
      ],
      outputs: [{ name: 'y', type: 'float32', dims: ['rows', 'columns'] }],
      nodes: [
        { opType: 'Reshape', inputs: ['x', 'size'], outputs: ['r'] },
        { opType: 'Relu', inputs: ['r'], outputs: ['y'] },
      ],
    });
  const x = { min: [1, 16], opt: [4, 16], max: [8, 16] };

  it('bound the values of an input that shapes depend on', async () => {
    const values = { min: [1, 1], opt: [8, 8], max: [128, 128] };
    const one = await buildEngine(reshape(), { ...plain, profiles: [{ x, size: { values } }] });
    const anyRows = { values: { min: [-1, 1], opt: [-1, 8], max: [-1, 128] } };
    const two = await buildEngine(reshape(), {
      ...plain,
      profiles: [
        { x, size: { values } },
        { x, size: anyRows },
      ],
    });
    expect(two.bytes).toBeGreaterThan(one.bytes);
  });

  it('are refused where such values are missing', async () => {
    await expect(buildEngine(reshape(), { ...plain, profiles: [{ x }] })).rejects.toMatchObject({
      code: 'ERR_TRT_BUILD',
      message: expect.stringContaining('missing values for shape input tensor size'),
    });
  });
});
