import { readFile } from 'node:fs/promises';
import {
  buildEngine,
  check,
  type FixableCode,
  fix,
  type Model,
  type Profile,
  supportsModel,
} from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { extraOperators, importedOperators, isImported } from '../../dist/check/operators.js';
import { cases, taken } from '../unit/check-cases.js';
import { buildModel, temporaryFolder } from '../unit/helpers.js';

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
  return hasInt8Product((await readFile(output)).toString('latin1'));
}

/** A plan of TensorRT for RTX has its program in it as text: tensors with types, and products. */
function hasInt8Product(program: string): boolean {
  const tensors = program.matchAll(/^ *tensor=\{.* name="([^"]+)".* type=int8 \}$/gm);
  const int8 = new Set([...tensors].map(([, name]) => name));
  const products = program.matchAll(/^ *fully_connected=\{.* input=\{"([^"]+)" "([^"]+)"/gm);
  return [...products].some(([, a, b]) => int8.has(a) && int8.has(b));
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

/** Every operator of ONNX 1.23 that is not in the table of those that are imported. */
const refusedOperators = `AffineGrid Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr
  BitwiseXor CenterCropPad Col2Im Compress ConcatFromSequence ConvInteger CumProd DFT DeformConv Det
  DynamicQuantizeLinear ImageDecoder MatMulInteger MaxRoiPool MaxUnpool MelWeightMatrix Multinomial
  NegativeLogLikelihoodLoss Optional OptionalGetElement OptionalHasElement QLinearConv QLinearMatMul
  RegexFullMatch SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert
  SequenceLength SequenceMap SoftmaxCrossEntropyLoss SplitToSequence StringConcat StringNormalizer
  StringSplit SwiGLU TfIdfVectorizer Unique`.split(/\s+/);

/** What the parser says of an operator whatever its inputs are: it has no importer. */
const unknownOperator = /Plugin not found|^false$/;

async function complaintsAbout(opType: string): Promise<string[]> {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [2, 4, 8] }],
    outputs: [{ name: 'y', type: 'float32', dims: undefined }],
    opset: 23,
    irVersion: 10,
    nodes: [{ opType, inputs: ['x'], outputs: ['y'], name: 'node' }],
  });
  const { errors } = await supportsModel(model, { product: 'tensorrt-rtx' });
  return errors.map(({ description }) => description.trim());
}

describe('the table of operators', () => {
  it('has all that the parser imports', async () => {
    for (const opType of [...importedOperators, ...extraOperators]) {
      const complaints = await complaintsAbout(opType);
      expect([opType, complaints.filter((text) => unknownOperator.test(text))]).toEqual([
        opType,
        [],
      ]);
    }
  });

  it('has none that it does not import', async () => {
    for (const opType of refusedOperators) {
      expect([opType, isImported(opType, 'tensorrt-rtx')]).toEqual([opType, false]);
      const complaints = await complaintsAbout(opType);
      expect([opType, complaints.some((text) => unknownOperator.test(text))]).toEqual([
        opType,
        true,
      ]);
    }
  });
});

describe('the parser', () => {
  it('is not asked about what would end the process', async () => {
    const model = buildModel({
      inputs: ['x', 'k'].map((name) => ({ name, type: 'float32' as const, dims: [2, 4] })),
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      nodes: [{ opType: 'TopK', inputs: ['x', 'k'], outputs: ['y', 'i'] }],
    });
    const { parser } = await check(model, { product: 'tensorrt-rtx' });
    expect(parser).toMatchObject({ asked: false, reason: expect.stringContaining('TopK') });
  });

  it('is not asked where it is of another version', async () => {
    const { raises } = cases['operator-unsupported'];
    const { parser, version } = await check(await raises(), { version: '11.4' });
    expect(parser).toMatchObject({ asked: false, reason: expect.stringContaining('not 11.4') });
    expect(version).toBe('11.4');
    const asked = await check(await raises(), { product: 'tensorrt-rtx', version: '1.7' });
    expect(asked.parser).toMatchObject({ asked: true, supported: false, complaints: 1 });
  });
});

describe('fix', () => {
  it.each<[FixableCode]>([
    ['bias-quantized'],
    ['zero-point-not-zero'],
    ['int8-constant-use'],
    ['dimension-shared'],
    ['dimension-negative'],
    ['float64'],
    ['initializer-input'],
    ['node-name-twice'],
  ])('makes a model of %s that builds', async (code) => {
    const fixed = await fix(await cases[code].raises(), [code]);
    const report = await check(fixed, { product: 'tensorrt-rtx' });
    expect(report.findings.map((finding) => finding.code)).not.toContain(code);
    expect(report.ok).toBe(true);
    const profiles = code === 'dimension-shared' ? [oblong] : [];
    await expect(build(fixed, profiles)).resolves.toBeTypeOf('boolean');
  });
});

describe('what TensorRT takes as it is', () => {
  it.each(Object.entries(taken))('%s', async (_, { model, int8 }) => {
    const report = await check(model(), { product: 'tensorrt-rtx' });
    const about = report.findings.filter(({ severity }) => severity !== 'info');
    expect(about.filter(({ code }) => code !== 'float32-only')).toEqual([]);
    expect(await build(model(), [])).toBe(int8);
  });
});
