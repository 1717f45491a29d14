import {
  buildEngine,
  calibrate,
  check,
  Model,
  type PlacementOptions,
  type Plan,
  type Profile,
  type QuantizationDecision,
  type QuantizedModel,
  quantize,
  type TensorMap,
  tensor,
  toHalf,
} from 'tensorrt-node';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { architectures } from '../../scripts/models/architectures.js';
import { randomModel } from '../../scripts/models/random-model.js';
import {
  exportNames,
  feedsFor,
  loadWide,
  pathOf,
  profilesFor,
  refused,
  wideNames,
} from './exports.js';
import {
  type PlanProgram,
  productsOf,
  productWith,
  readPlanProgram,
  whyUnreadable,
} from './plan-program.js';

/*
 * What quantize plans, held against what the real builder makes of it: a node that is to be INT8 is
 * an INT8 product in the program of the plan, and attention is fused where the report says so.
 * No GPU is needed, and nothing is said about speed.
 */

const quantizedAlready = /\.ort-(static|dynamic)/;
const floatExports = exportNames.filter(
  (name) => !(name in refused) && !quantizedAlready.test(name),
);

const totals = { exports: 0, planned: 0, asPlanned: 0, float: 0 };

afterAll(() => {
  const { exports, planned, asPlanned, float } = totals;
  console.log(
    `${exports} of ${floatExports.length} float exports build in INT8 + FP16; ${asPlanned} of ${planned} nodes that were to be INT8 are; ${float} stay in float for a reason`,
  );
});

describe('float exports', () => {
  it.for(floatExports)('%s', async (name, context) => {
    const model = await Model.load(pathOf(name));
    await expectAsPlanned(model, context);
    totals.exports++;
  });
});

describe('exports with heads of 64', () => {
  it.for(wideNames)('%s', async (name, context) => {
    const { attention } = await expectAsPlanned(await loadWide(name), context);
    expect(attention).toBeGreaterThan(0);
  });
});

describe('an encoder of two layers, 4 heads of 64', () => {
  const sequence = 128;
  const encoder = randomModel(
    {
      ...architectures['bert-base'],
      layers: 2,
      hidden: 256,
      heads: 4,
      vocabulary: 500,
      positions: 600,
    },
    { tokenTypes: false },
  );
  const samples = [textsOf(2, sequence)];
  const profiles = profilesUpTo(sequence);
  /** Query, key and value in one product. */
  const linearLayers = 2 * 4;

  it('is fused in FP16', async (context) => {
    const program = programOf(await build(await toHalf(encoder), profiles), context);
    expect(productsOf(program)).toEqual([
      ...Array(2).fill('attention half -> half'),
      ...Array(linearLayers).fill('gemm half x half'),
    ]);
  });

  it('is INT8 in all products, with fused attention', async (context) => {
    const int8 = await quantizeWith(encoder, samples, { profiles });
    expect(rolesOf(int8, 'int8')).toEqual({
      linear: 12,
      'attention-scores': 2,
      'attention-context': 2,
      residual: 4,
    });
    const program = programOf(await build(int8, profiles), context);
    expect(productsOf(program)).toEqual([
      ...Array(2).fill('attention int8 -> int8'),
      ...Array(linearLayers).fill('gemm int8 x int8'),
    ]);
    for (const decision of int8.report.filter(({ action }) => action === 'int8')) {
      expect(isAsPlanned(program, decision), decision.node).toBe(true);
    }
  });

  it('keeps attention in FP16, fused, where the profile is longer than INT8 attention', async (context) => {
    const long = profilesUpTo(520);
    const int8 = await quantizeWith(encoder, samples, { profiles: long });
    expect(rolesOf(int8, 'float')).toMatchObject({ 'attention-scores': 2, 'attention-context': 2 });
    const program = programOf(await build(int8, long), context);
    expect(productsOf(program)).toEqual([
      ...Array(2).fill('attention half -> int8'),
      ...Array(linearLayers).fill('gemm int8 x int8'),
    ]);
  });

  it('loses fused attention where INT8 is forced on a longer profile', async (context) => {
    const long = profilesUpTo(520);
    const int8 = await quantizeWith(encoder, samples, { profiles: long, attention: 'int8' });
    const program = programOf(await build(int8, long), context);
    expect(productsOf(program).filter((product) => product.startsWith('attention'))).toEqual([]);
  });
});

/** @returns how many nodes of INT8 attention there are. */
async function expectAsPlanned(model: Model, context: TestContext) {
  const profiles = profilesFor(model);
  const int8 = await quantizeWith(model, [feedsFor(model), feedsFor(model, 'max')], { profiles });
  const program = programOf(await build(int8, profiles), context);
  const planned = int8.report.filter(({ action }) => action === 'int8');
  const missed = planned.filter((decision) => !isAsPlanned(program, decision));
  expect(missed.map(({ node, role }) => `${role} ${node}: ${productWith(program, node)}`)).toEqual(
    [],
  );
  expect(planned.length).toBeGreaterThan(0);
  totals.planned += planned.length;
  totals.asPlanned += planned.length - missed.length;
  totals.float += int8.report.length - planned.length;
  return { attention: planned.filter(({ role }) => role.startsWith('attention')).length };
}

async function quantizeWith(
  model: Model,
  samples: readonly TensorMap[],
  placement: PlacementOptions,
): Promise<QuantizedModel> {
  const options = { ...placement, precision: 'fp16' } as const;
  return quantize(model, await calibrate(model, samples, { placement: options }), options);
}

/** Builds what `check` finds no error in. */
async function build(model: Model, profiles: readonly Profile[]): Promise<Plan> {
  const { findings } = await check(model, { target: 'sm89', profiles });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return buildEngine(model, { profiles, targets: ['sm89'] });
}

function programOf(plan: Plan, context: TestContext): PlanProgram {
  const problem = whyUnreadable(plan);
  if (problem) context.skip(problem);
  return readPlanProgram(plan);
}

function isAsPlanned(program: PlanProgram, { node, role }: QuantizationDecision): boolean {
  const product = productWith(program, node);
  switch (role) {
    case 'attention-scores':
    case 'attention-context':
      return product === 'attention int8 -> int8';
    case 'linear':
    case 'product':
      return product === 'gemm int8 x int8';
    case 'convolution':
      return product === 'convolution int8 x int8';
    default:
      return program.kernels.some(
        ({ layers, inputs }) => layers.includes(node) && inputs.includes('int8'),
      );
  }
}

function rolesOf({ report }: QuantizedModel, action: 'int8' | 'float') {
  const counts: Record<string, number> = {};
  for (const { role } of report.filter((decision) => decision.action === action)) {
    counts[role] = (counts[role] ?? 0) + 1;
  }
  return counts;
}

function profilesUpTo(sequence: number): Profile[] {
  const range = { min: [1, 1], opt: [8, 128], max: [16, sequence] };
  return [{ input_ids: range, attention_mask: range }];
}

function textsOf(batch: number, length: number): TensorMap {
  const ids = Array.from({ length: batch * length }, (_, i) => (i * 7919) % 500);
  const dims = [batch, length];
  return {
    input_ids: tensor('int64', dims, ids),
    attention_mask: tensor(
      'int64',
      dims,
      ids.map(() => 1),
    ),
  };
}
