import { readFile } from 'node:fs/promises';
import { buildEngine, check, type Model, type Profile } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { cases } from '../unit/check-cases.js';
import { temporaryFolder } from '../unit/helpers.js';

// Every rule is held against the parser and the builder of TensorRT for RTX: what is called an error
// is refused or does not build, and what is not, builds.

/** Some sizes for every open dimension, the same for those of one name. */
function anyProfile({ inputs }: Model): Profile[] {
  const sizes = (dims: (number | string | undefined)[], open: number) =>
    dims.map((dim) => (typeof dim === 'number' ? dim : open));
  const ranges = inputs.flatMap(({ name, dims }) => {
    if (!dims?.some((dim) => typeof dim !== 'number')) return [];
    const range = { min: sizes(dims, 8), opt: sizes(dims, 8), max: sizes(dims, 8) };
    return [[name, range] as const];
  });
  const k = inputs.filter(({ name }) => name === 'k' && inputs.length === 2);
  const values = k.map(({ name }) => [name, { values: { min: [1], opt: [2], max: [4] } }] as const);
  return ranges.length + values.length === 0 ? [] : [Object.fromEntries([...ranges, ...values])];
}

/** Builds, and tells whether a product in the plan takes INT8 numbers. */
async function build(
  model: Model,
  profiles: readonly Profile[],
  target: 'sm86' | 'sm89' = 'sm89',
): Promise<boolean> {
  const output = `${await temporaryFolder()}/model.plan`;
  await buildEngine(model, {
    product: 'tensorrt-rtx',
    targets: [target],
    profiles: profiles.length > 0 ? profiles : anyProfile(model),
    isolate: true,
    output,
  });
  // A plan of TensorRT for RTX has its program in it as text; dequantized weights come with a cast.
  const program = (await readFile(output)).toString('latin1');
  const products = program.match(/^.*fully_connected=\{.*$/gm) ?? [];
  return products.some((line) => !line.includes('_preCast') && /input=\{[^}]*Int8"/.test(line));
}

describe.each(Object.entries(cases))('%s', (code, entry) => {
  const { raises, quiet, options = {}, quietOptions = options, native, int8 } = entry;
  const product = 'tensorrt-rtx' as const;

  it(`is a model that TensorRT for RTX: ${native}`, async () => {
    const model = await raises();
    const report = await check(model, { product, ...options });
    const found = report.findings.filter((finding) => finding.code === code);
    expect(found.length).toBeGreaterThan(0);
    expect(report.findings.map((finding) => finding.code)).not.toContain('parser-refuses');
    if (native === 'refused') {
      expect(report.ok).toBe(false);
      expect(found.some(({ parser }) => parser?.verdict === 'refused')).toBe(true);
      return;
    }
    expect(report.parser).toMatchObject({ asked: true, supported: true });
    const target = options.target === 'sm86' ? 'sm86' : 'sm89';
    const profiles = code === 'dimension-shared' ? [oblong] : (options.profiles ?? []);
    const built = build(model, profiles, target);
    if (native === 'does not build') {
      await expect(built).rejects.toThrow();
      return;
    }
    const isInt8 = await built;
    if (int8) expect(isInt8).toBe(int8[0]);
  });

  it('is not raised by a model that builds', async () => {
    const model = await quiet();
    const report = await check(model, { product, ...quietOptions });
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    const isInt8 = await build(model, quietOptions.profiles ?? []);
    if (int8) expect(isInt8).toBe(int8[1]);
  });
});

/** What two axes of one name do not allow. */
const oblong = { x: { min: [1, 8], opt: [2, 8], max: [4, 8] } };
