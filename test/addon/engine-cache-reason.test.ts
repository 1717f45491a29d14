import { describe, expect, test } from 'vitest';
import { cacheKey, type EngineIngredients } from '../../dist/engine/cache/cache-key.js';
import { explainMiss } from '../../dist/engine/cache/cache-reason.js';

const base: EngineIngredients = {
  model: {
    name: 'bert.onnx',
    path: '/models/bert.onnx',
    inputs: ['input_ids'],
    outputs: ['logits'],
    sha256: 'a'.repeat(64),
    bytes: 1000,
  },
  product: 'tensorrt-rtx',
  version: '1.7.1.116',
  parser: '11400',
  options: { optimizationLevel: 5, flags: { stripPlan: true } },
  profiles: [{ input_ids: { min: [1, 1], opt: [8, 128], max: [32, 512] } }],
  plugins: [{ name: 'libfancy.so', sha256: 'b'.repeat(64), serialized: false }],
  target: { targets: ['sm89'] },
};

type Change = { [Key in keyof EngineIngredients]?: Partial<EngineIngredients[Key]> };

/** The base with some fields of its parts replaced. */
function changed(change: Change): EngineIngredients {
  const merged = Object.entries(change).map(([key, value]) => {
    const old = base[key as keyof EngineIngredients];
    const isPart = typeof old === 'object' && !Array.isArray(old);
    return [key, isPart ? { ...(old as object), ...(value as object) } : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

const onGpu = (driver: string) => ({ gpu: 'NVIDIA L4', computeCapability: '8.9', driver });

/** What differs, and how it is told where the base is in the cache. */
const changes: [name: string, EngineIngredients, reason: string][] = [
  ['content', changed({ model: { sha256: 'c'.repeat(64) } }), 'model content changed'],
  ['library', changed({ version: '1.8.0.9' }), 'library 1.7.1.116 -> 1.8.0.9'],
  ['parser', changed({ parser: '11500' }), 'parser 11400 -> 11500'],
  [
    'options',
    changed({ options: { optimizationLevel: 3, flags: { stripPlan: true, tf32: false } } }),
    'options changed: optimizationLevel 5 -> 3, flags.tf32 default -> false',
  ],
  [
    'an option that is gone',
    { ...base, options: { flags: { stripPlan: true } } },
    'options changed: optimizationLevel 5 -> default',
  ],
  [
    'a profile',
    { ...base, profiles: [{ input_ids: { min: [1, 1], opt: [8, 128], max: [64, 512] } }] },
    'profile input_ids max [32, 512] -> [64, 512]',
  ],
  [
    'shape values',
    { ...base, profiles: [{ ...base.profiles[0], shape: { values: { min: [1] } } }] },
    'profile shape values min none -> [1]',
  ],
  [
    'the number of profiles',
    { ...base, profiles: [...base.profiles, ...base.profiles] },
    'number of profiles 1 -> 2',
  ],
  [
    'a plugin',
    {
      ...base,
      plugins: [{ name: 'libfancy.so', sha256: 'd'.repeat(64), serialized: false }],
    },
    'content of plugins [libfancy.so] changed',
  ],
  ['no plugin', { ...base, plugins: [] }, 'plugins [libfancy.so] -> []'],
  ['targets', { ...base, target: { targets: ['sm86'] } }, 'targets [sm89] -> [sm86]'],
  [
    'several things',
    changed({ version: '1.8.0.9', target: { targets: [] } }),
    'library 1.7.1.116 -> 1.8.0.9; targets [sm89] -> []',
  ],
];

describe('the key', () => {
  test.each(changes)('depends on %s', (_, ingredients) => {
    expect(cacheKey(ingredients)).not.toBe(cacheKey(base));
  });

  test('is a SHA-256 that no name of a file and no order of keys changes', () => {
    expect(cacheKey(base)).toMatch(/^[0-9a-f]{64}$/);
    const renamed = changed({ model: { name: 'b.onnx', path: '/elsewhere/b.onnx' } });
    const plugins = [{ name: 'other.so', sha256: 'b'.repeat(64), serialized: false }];
    expect(cacheKey({ ...renamed, plugins })).toBe(cacheKey(base));
    const reordered = Object.fromEntries(Object.entries(base).reverse());
    const options = { flags: { stripPlan: true }, optimizationLevel: 5 };
    expect(cacheKey({ ...(reordered as unknown as EngineIngredients), options })).toBe(
      cacheKey(base),
    );
  });

  test('depends on the order of plugins and of profiles', () => {
    const two = { name: 'b.so', sha256: 'e'.repeat(64), serialized: false };
    const plugins = [...base.plugins, two];
    expect(cacheKey({ ...base, plugins })).not.toBe(
      cacheKey({ ...base, plugins: plugins.toReversed() }),
    );
  });
});

describe('the reason of a miss', () => {
  const known = { ingredients: base, lastUsed: new Date(1) };

  test.each(changes)('names %s', (_, ingredients, reason) => {
    expect(explainMiss(ingredients, [known])).toBe(reason);
  });

  test('names GPU and driver', () => {
    const before = { ...base, target: { targets: [], ...onGpu('580.65.06') } };
    const now = { ...base, target: { targets: [], ...onGpu('590.44.01') } };
    const entry = { ingredients: before, lastUsed: new Date(1) };
    expect(explainMiss(now, [entry])).toBe('driver 580.65.06 -> 590.44.01');
  });

  test('compares with the nearest, and of equally near ones with the last used', () => {
    const wanted = changed({ version: '1.8.0.9' });
    const far = changed({ version: '1.6.0.1', parser: '1', target: { targets: ['sm86'] } });
    const older = changed({ version: '1.5.0.1' });
    const entries = [far, older, base].map((ingredients, time) => ({
      ingredients,
      lastUsed: new Date(time),
    }));
    expect(explainMiss(wanted, entries)).toBe('library 1.7.1.116 -> 1.8.0.9');
  });

  test('knows a model by its content, its path, or its name and interface', () => {
    const moved = changed({
      version: '1.8.0.9',
      model: { name: 'b.onnx', path: '/elsewhere/b.onnx' },
    });
    expect(explainMiss(moved, [known])).toBe('library 1.7.1.116 -> 1.8.0.9');
    const edited = { sha256: 'c'.repeat(64), path: '/elsewhere/bert.onnx' };
    expect(explainMiss(changed({ model: edited }), [known])).toBe('model content changed');
    const other = { ...edited, outputs: ['embedding'] };
    expect(explainMiss(changed({ model: other }), [known])).toBe('never built, or removed since');
  });

  test('says that nothing is known', () => {
    expect(explainMiss(base, [])).toBe('never built, or removed since');
  });
});
