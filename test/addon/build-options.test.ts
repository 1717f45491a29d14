import { describe, expect, it } from 'vitest';
import {
  type BuilderOptions,
  canonicalOptions,
  checkBuilderOptions,
} from '../../dist/engine/build/build-options.js';
import { toBuildRequest } from '../../dist/engine/build/build-request.js';

const range = { min: [1, 8], opt: [4, 8], max: [16, 8] };

describe('canonical options', () => {
  it.each<[string, BuilderOptions, BuilderOptions]>([
    [
      'the order of keys',
      { maxTactics: 2, flags: { refit: true, debug: true } },
      { flags: { debug: true, refit: true }, maxTactics: 2 },
    ],
    [
      'the order of inputs and bounds in a profile',
      { profiles: [{ a: range, b: { max: [1], opt: [1], min: [1] } }] },
      { profiles: [{ b: { min: [1], opt: [1], max: [1] }, a: range }] },
    ],
    ['the order of a set', { targets: ['sm89', 'sm86'] }, { targets: ['sm86', 'sm89', 'sm86'] }],
    [
      'defaults that are spelt out',
      {
        optimizationLevel: 3,
        flags: { tf32: true, debug: false },
        previewFeatures: { aliasedPluginIo: false },
        parserFlags: { nativeInstanceNorm: true },
        hardwareCompatibility: 'none',
        runtimePlatform: 'sameAsBuild',
        profilingVerbosity: 'layerNamesOnly',
        tilingOptimization: 'none',
        engineCapability: 'standard',
        timingIterations: 1,
        profiles: [],
        targets: [],
        plugins: [],
        debugTensors: [],
        memoryPools: {},
      },
      {},
    ],
    ['the defaults of a DLA', { dla: { core: 0, gpuFallback: false } }, { dla: {} }],
    ['how many threads build', { maxThreads: 8 }, {}],
    [
      'what only watches the build',
      { libraryDir: '/somewhere', output: 'a.plan', onProgress: () => {} } as BuilderOptions,
      {},
    ],
  ])('do not tell apart %s', (_, first, second) => {
    expect(canonicalOptions(first)).toBe(canonicalOptions(second));
  });

  it.each<[string, BuilderOptions, BuilderOptions]>([
    ['a switch that is off by choice', { flags: { tf32: false } }, {}],
    ['another parser', { parserFlags: { nativeInstanceNorm: false } }, {}],
    ['no tactic source', { tacticSources: [] }, {}],
    ['the order of profiles', { profiles: [{ a: range }, {}] }, { profiles: [{}, { a: range }] }],
    ['values from shapes', { profiles: [{ a: { values: range } }] }, { profiles: [{ a: range }] }],
    ['the order of plugins', { plugins: ['a.so', 'b.so'] }, { plugins: ['b.so', 'a.so'] }],
    ['a DLA from a GPU', { dla: {} }, {}],
    ['all unfused tensors', { debugTensors: 'unfused' }, { debugTensors: ['unfused'] }],
    ['a limit of nothing', { memoryPools: { workspace: 0 } }, {}],
  ])('tell apart %s', (_, first, second) => {
    expect(canonicalOptions(first)).not.toBe(canonicalOptions(second));
  });

  it('are JSON that a person can read', () => {
    const options = { targets: ['sm89'], flags: { stripPlan: true }, profiles: [{ x: range }] };
    expect(canonicalOptions(options as BuilderOptions)).toBe(
      '{"flags":{"stripPlan":true},"profiles":[{"x":{"max":[16,8],"min":[1,8],"opt":[4,8]}}],"targets":["sm89"]}',
    );
  });
});

describe("the builder's options", () => {
  it.each<[string, object, RegExp]>([
    ['profiles that are no list', { profiles: {} }, /an array for profiles/],
    ['a profile that is none', { profiles: [7] }, /an object for profiles\[0\].*7/],
    ['an unknown target', { targets: ['sm90'] }, /one of 'sm75'.*for targets.*'sm90'/],
    ["'current' with others", { targets: ['current', 'sm89'] }, /'current' to be the only one/],
    ['a level out of range', { optimizationLevel: 6 }, /from 0 to 5 for optimizationLevel/],
    ['an unknown flag', { flags: { stripWeights: true } }, /in flags .*'stripWeights'/],
    ['a flag that is no boolean', { flags: { refit: 1 } }, /a boolean for flags\.refit.*1/],
    ['flags in a list', { flags: ['refit'] }, /an object for flags/],
    ['an unknown pool', { memoryPools: { heap: 1 } }, /in memoryPools .*'heap'/],
    ['bytes below 0', { memoryPools: { workspace: -1 } }, /from 0 for memoryPools\.workspace.*-1/],
    ['an unknown preview', { previewFeatures: { fast: true } }, /in previewFeatures .*'fast'/],
    ['an unknown source', { tacticSources: ['cudnn'] }, /for tacticSources.*'cudnn'/],
    ['an unknown level', { hardwareCompatibility: 'ampere' }, /'amperePlus'.*'ampere'/],
    ['an unknown platform', { runtimePlatform: 'linux' }, /'windowsAmd64'.*'linux'/],
    ['an unknown verbosity', { profilingVerbosity: 'all' }, /'detailed'.*'all'/],
    ['an unknown tiling', { tilingOptimization: 'slow' }, /'moderate'.*'slow'/],
    ['a DLA before the first', { dla: { core: -1 } }, /from 0 for dla\.core/],
    ['an unknown key of a DLA', { dla: { index: 0 } }, /in dla .*'index'/],
    [
      'a fallback that is no boolean',
      { dla: { gpuFallback: 1 } },
      /a boolean for dla\.gpuFallback/,
    ],
    ['streams below 0', { maxAuxStreams: -1 }, /from 0 to 2147483647 for maxAuxStreams/],
    ['no iteration', { timingIterations: 0 }, /from 1 to 2147483647 for timingIterations/],
    ['no thread', { maxThreads: 0 }, /from 1 to 2147483647 for maxThreads/],
    ['plugins that are no list', { plugins: 'a.so' }, /an array for plugins/],
    ['an empty path', { plugins: [''] }, /not empty for plugins/],
    [
      'a plugin to serialise that is not loaded',
      { plugins: ['a.so'], serializePlugins: ['b.so'] },
      /one of 'a\.so' for serializePlugins.*'b\.so'/,
    ],
    ['a word that stands for no tensors', { debugTensors: 'all' }, /an array or 'unfused'.*'all'/],
    ['weights without their flag', { refittableWeights: ['w'] }, /flags\.refitIndividual to be/],
    [
      'two kinds of refit',
      { flags: { refit: true, refitIndividual: true } },
      /neither refit nor refitIdentical/,
    ],
    ['a route that is no option', { buildRoutes: { fast: '1' } }, /begin with '-'.*'fast'/],
    ['a route of two words', { buildRoutes: { '-a': '1 -b=2' } }, /a word for buildRoutes\['-a'\]/],
  ])('refuse %s', (_, options, message) => {
    const check = () => checkBuilderOptions(options as BuilderOptions);
    expect(check).toThrow(TypeError);
    expect(check).toThrow(message);
  });

  it('reach the addon', () => {
    const request = toBuildRequest([{ name: 'x', type: 'float32', dims: ['batch', 8] }], {
      profiles: [{ x: range }],
      flags: { tf32: false },
      dla: { gpuFallback: true },
      debugTensors: ['h'],
      tacticSources: [],
    });
    expect(request).toMatchObject({
      profiles: [{ shapes: [{ input: 'x', ...range }], values: [] }],
      flags: { tf32: false, gpuFallback: true },
      deviceType: 'dla',
      dlaCore: 0,
      debugTensors: ['h'],
      debugUnfusedTensors: false,
      tacticSources: [],
    });
  });

  it('leave the choice to TensorRT where they are left out', () => {
    const { profiles, ...request } = toBuildRequest([], {});
    const told = Object.values(request).filter(
      (value) => value !== undefined && value !== false && Object.keys(value).length > 0,
    );
    expect({ profiles, told }).toEqual({ profiles: [], told: [] });
  });
});
