import { describe, expect, it } from 'vitest';
import type { NodePlan, PlacementPlan } from '../../dist/quantize/placement/plan.js';
import type { StoredWeight } from '../../dist/quantize/qdq/store-weights.js';
import { settleRanges } from '../../dist/quantize/ranges.js';
import { isQuantized, settle } from '../../dist/quantize/settle.js';
import { tableOf } from './quantize-fixtures.js';

function planned(node: string, tensors: readonly string[], more: Partial<NodePlan> = {}): NodePlan {
  return {
    node,
    opType: 'MatMul',
    role: 'linear',
    unit: node,
    action: 'quantize',
    reason: 'planned',
    activations: tensors.map((tensor, index) => ({ index, tensor })),
    weight: undefined,
    needs: [],
    ...more,
  };
}

function planOf(nodes: NodePlan[], more: Partial<PlacementPlan> = {}): PlacementPlan {
  return { nodes, fixed: new Map(), unions: [], ...more };
}

const nothing = { x: { amax: 0, absmax: 0 } };

describe('ranges', () => {
  const plan = planOf([planned('a', ['x', 'y']), planned('b', ['z', 'p'])], {
    fixed: new Map([['p', 1]]),
    unions: [['x', 'y']],
  });
  const amaxes = (
    ranges: Parameters<typeof tableOf>[0],
    overrides: Parameters<typeof settleRanges>[2] = {},
  ) =>
    Object.fromEntries(
      [...settleRanges(plan, tableOf(ranges), overrides, 'int8')].map(([tensor, range]) => [
        tensor,
        typeof range === 'string' ? range : range.amax,
      ]),
    );

  it('a union has the largest of its ranges, and what the plan fixes is not asked of the table', () => {
    expect(amaxes({ x: 2, y: 5, z: 3, p: 9 })).toEqual({ x: 5, y: 5, z: 3, p: 1 });
  });

  it('a member that was always 0 takes the range of the others', () => {
    expect(amaxes({ ...nothing, y: 5, z: 3 })).toEqual({ x: 5, y: 5, z: 3, p: 1 });
  });

  it('a member without a range has none', () => {
    expect(amaxes({ y: 5, z: 3 })).toMatchObject({ x: 'was not calibrated', y: 5 });
  });

  it('an override decides its union, and beats what is fixed', () => {
    const overrides = { x: { amax: 1 }, p: { amax: 0.5 } };
    expect(amaxes({ x: 2, y: 5, z: 3 }, overrides)).toEqual({ x: 1, y: 1, z: 3, p: 0.5 });
  });

  it('a scale is positive and has all its bits', () => {
    expect(amaxes({ x: 1e-37, y: 1e-37, z: 1 })).toMatchObject({
      x: 'has a range of 1e-37, too small to scale',
    });
    expect(amaxes({ x: 1, y: 1, z: { amax: 0, absmax: 0 } })).toMatchObject({
      z: 'was always 0 in calibration',
    });
    // In FP8 amax is 448 steps, in INT8 127.
    const fp8 = settleRanges(planOf([planned('a', ['x'])]), tableOf({ x: 2e-36 }), {}, 'fp8');
    expect(fp8.get('x')).toContain('too small');
    expect(amaxes({ x: 2e-36, y: 1e-37, z: 1 })).toMatchObject({ x: 2e-36 });
  });
});

describe('units', () => {
  const stored = {} as StoredWeight;
  const settled = async (plan: PlacementPlan, ranges: Parameters<typeof tableOf>[0]) => {
    const found = settleRanges(plan, tableOf(ranges), {}, 'int8');
    const nodes = await settle(plan, found, async ({ tensor }) =>
      tensor === 'bad' ? 'has NaN or infinite values' : stored,
    );
    return Object.fromEntries(
      nodes.map((node) => [node.plan.node, isQuantized(node) ? 'int8' : node.reason]),
    );
  };

  it('go to float as a whole, for the reason of the first that has one', async () => {
    const plan = planOf([
      planned('scores', ['q', 'k'], { unit: 'attention' }),
      planned('context', ['p', 'v'], { unit: 'attention' }),
      planned('other', ['q']),
    ]);
    expect(await settled(plan, { q: 1, k: 1, p: 1 })).toEqual({
      scores: "it goes with 'context', which stays in float: its input 'v' was not calibrated",
      context: "its input 'v' was not calibrated",
      other: 'int8',
    });
  });

  it('a weight that cannot be stored is a reason too', async () => {
    const weight = { index: 1, tensor: 'bad', axis: 1 };
    const plan = planOf([
      planned('linear', ['x'], { weight, unit: 'both' }),
      planned('twin', ['x'], { unit: 'both' }),
    ]);
    expect(await settled(plan, { x: 1 })).toEqual({
      linear: "its weight 'bad' has NaN or infinite values",
      twin: "it goes with 'linear', which stays in float: its weight 'bad' has NaN or infinite values",
    });
  });

  it('who needs a node that stays in float stays in float, and who needs that', async () => {
    const plan = planOf([
      planned('first', ['x'], { needs: ['second'] }),
      planned('second', ['x'], { needs: ['third'] }),
      planned('third', ['missing']),
      planned('free', ['x'], { needs: ['first-elsewhere'] }),
    ]);
    expect(await settled(plan, { x: 1 })).toEqual({
      first: "it needs 'second', which stays in float",
      second: "it needs 'third', which stays in float",
      third: "its input 'missing' was not calibrated",
      free: 'int8',
    });
  });
});
