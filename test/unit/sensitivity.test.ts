import { describe, expect, test, vi } from 'vitest';
import { calibrate } from '../../dist/quantize/calibrate.js';
import { planPlacement } from '../../dist/quantize/placement/plan-placement.js';
import { quantize } from '../../dist/quantize/quantize.js';
import { type GroupBy, groupNodes } from '../../dist/quantize/tuning/groups.js';
import { sensitivity } from '../../dist/quantize/tuning/sensitivity.js';
import { Cutter, keepPart } from '../../dist/quantize/tuning/sensitivity-cut.js';
import type { Tensor, TensorMap } from '../../dist/tensor.js';
import { buildModel, errorOf, linearModel, randomTensor } from './helpers.js';
import { tableOf } from './quantize-fixtures.js';
import { encoder, encoderSamples, open } from './sensitivity-fixtures.js';

const samples = encoderSamples(3);

/** Linear nodes only, so that the tests do not depend on what else the default scheme places. */
async function groupsOf(model: ReturnType<typeof encoder>, groupBy: GroupBy) {
  const plan = await planPlacement(model);
  const nodes = plan.nodes.filter(({ role }) => role === 'linear');
  return groupNodes(model.graph, { ...plan, nodes }, groupBy).map((group) => ({ ...group }));
}

describe('groups', () => {
  test('of blocks are attention and feed-forward, and what stands alone', async () => {
    expect(await groupsOf(encoder(), 'block')).toEqual([
      { name: 'attention 0', kind: 'attention', nodes: ['b0/q', 'b0/k', 'b0/v', 'b0/o'] },
      { name: 'feed-forward 0', kind: 'feed-forward', nodes: ['b0/up', 'b0/down'] },
      { name: 'attention 1', kind: 'attention', nodes: ['b1/q', 'b1/k', 'b1/v', 'b1/o'] },
      { name: 'feed-forward 1', kind: 'feed-forward', nodes: ['b1/up', 'b1/down'] },
      { name: 'classifier', kind: 'layer', nodes: ['classifier'] },
    ]);
  });

  test('of units share what they read', async () => {
    const groups = await groupsOf(encoder({ blocks: 1 }), 'unit');
    expect(groups.map(({ name, nodes }) => [name, ...nodes])).toEqual([
      ['b0/q and 2 more', 'b0/q', 'b0/k', 'b0/v'],
      ['b0/o', 'b0/o'],
      ['b0/up', 'b0/up'],
      ['b0/down', 'b0/down'],
      ['classifier', 'classifier'],
    ]);
  });

  test('of nodes are nodes', async () => {
    const groups = await groupsOf(encoder({ blocks: 1 }), 'node');
    expect(groups.map(({ nodes }) => nodes)).toEqual(
      ['b0/q', 'b0/k', 'b0/v', 'b0/o', 'b0/up', 'b0/down', 'classifier'].map((name) => [name]),
    );
  });

  test('never part what is quantized together', () => {
    const { graph } = linearModel({ classes: 16 });
    const node = (name: string, unit: string) =>
      ({ node: name, unit, role: 'linear', action: 'quantize', activations: [] }) as never;
    const first = node('hidden_matmul', 'both');
    const needy = { ...(node('classifier', 'other') as object), needs: ['hidden_matmul'] } as never;
    for (const second of [node('classifier', 'both'), needy]) {
      for (const groupBy of ['node', 'unit', 'block'] as const) {
        const plan = { nodes: [first, second], fixed: new Map(), unions: [] };
        const groups = groupNodes(graph, plan, groupBy);
        expect(groups.map(({ nodes }) => nodes)).toEqual([['hidden_matmul', 'classifier']]);
      }
    }
  });
});

describe('a part of a model', () => {
  test('has only what depends on the nodes, and gives exactly what the whole gives', async () => {
    const model = encoder();
    const table = await calibrate(model, samples, { method: 'absmax' });
    const cutter = await Cutter.of(model);
    for (const { nodes } of await groupsOf(model, 'block')) {
      const cut = cutter.cut(nodes);
      const others = (await groupsOf(model, 'node')).flatMap((group) => group.nodes);
      const keepFloat = others.filter((name) => !nodes.includes(name));
      const whole = await quantize(model, table, { keepFloat });
      const part = whole.clone();
      keepPart(part, cut);
      part.validate();
      expect(part.graph.nodes.length).toBeLessThan(whole.graph.nodes.length);

      const observed = model.clone();
      for (const value of cut.boundary) observed.graph.addOutput(value);
      await using float = await open(observed);
      await using wholeRuntime = await open(whole);
      await using partRuntime = await open(part);
      for (const sample of samples) {
        const known = { ...sample, ...(await float.infer(sample)) };
        const feeds = partRuntime.inputs.map(({ name }) => [name, known[name] as Tensor]);
        expect(await partRuntime.infer(Object.fromEntries(feeds))).toEqual(
          await wholeRuntime.infer(sample),
        );
      }
    }
  });

  test('takes in what cannot be handed over', async () => {
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', dims: [2, 16] }],
      outputs: [{ name: 'y', type: 'float32', dims: undefined }],
      initializers: { w: randomTensor([16, 16]) },
      nodes: [
        { opType: 'SequenceConstruct', name: 'pair', inputs: ['x', 'x'], outputs: ['xs'] },
        { opType: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['p'] },
        { opType: 'SequenceInsert', name: 'third', inputs: ['xs', 'p'], outputs: ['all'] },
        {
          opType: 'ConcatFromSequence',
          name: 'join',
          inputs: ['all'],
          outputs: ['y'],
          attributes: { axis: 0 },
        },
      ],
    });
    const cut = (await Cutter.of(model)).cut(['product']);
    expect(cut).toEqual({ boundary: [], outputs: ['y'], nodes: 4 });
  });
});

describe('sensitivity', () => {
  test('finds the bad block, and partial runs give the same as whole ones', async () => {
    const model = encoder({ badBlock: 1 });
    const table = await calibrate(model, samples, { method: 'absmax' });
    const bytes = model.toBytes();
    const report = await sensitivity(model, samples, { table, runtime: open });
    expect(model.toBytes()).toEqual(bytes);
    expect(report.groups[0]).toMatchObject({ name: 'feed-forward 1', kind: 'feed-forward' });
    const [worst, next] = report.groups.map(({ rmse }) => rmse) as [number, number];
    expect(worst).toBeGreaterThan(1.5 * next);
    expect(report.samples).toBe(3);
    expect(report.groupBy).toBe('block');
    expect(report.partOfRuns).toBeLessThan(0.7);
    expect(report.everything.rmse).toBeGreaterThan(0.5 * worst);

    const whole = await sensitivity(model, samples, { table, runtime: open, cacheBytes: 0 });
    expect(whole.partOfRuns).toBe(1);
    expect(whole.groups).toEqual(report.groups);
    expect(whole.everything).toEqual(report.everything);
  });

  test('with room for some of the boundaries takes more passes for the same', async () => {
    const model = encoder();
    const table = await calibrate(model, samples, { method: 'absmax' });
    const passes = async (cacheBytes: number) => {
      const spied = async (given: Parameters<typeof open>[0]) => {
        const runtime = await open(given);
        vi.spyOn(runtime, 'infer').mockName(given.graph.outputs.length > 1 ? 'float' : 'trial');
        opened.push(runtime);
        return runtime;
      };
      const opened: Awaited<ReturnType<typeof open>>[] = [];
      const report = await sensitivity(model, samples, { table, runtime: spied, cacheBytes });
      return {
        groups: report.groups,
        runs: vi.mocked(opened[0]?.infer as never as () => void).mock.calls.length,
      };
    };
    const [one, several] = [await passes(2 ** 20), await passes(4000)];
    expect(one.runs).toBe(samples.length);
    expect(several.runs).toBeGreaterThan(samples.length);
    expect(several.groups).toEqual(one.groups);
  });

  test('takes the metric of the user, and tries to leave each group out', async () => {
    const model = encoder({ blocks: 1, badBlock: 0 });
    const metrics: number[] = [];
    const report = await sensitivity(model, samples, {
      runtime: open,
      calibration: { method: 'absmax' },
      leaveOneOut: true,
      evaluate: async (runtime) => {
        await runtime.infer(samples[0] as TensorMap);
        return metrics.push(0) / 10;
      },
    });
    // Each group, everything and the float model.
    expect(metrics).toHaveLength(report.groups.length + 2);
    const [worst, ...others] = report.groups;
    expect(worst?.name).toBe('feed-forward 0');
    for (const { without } of others) {
      expect(without?.rmse).toBeGreaterThan(worst?.without?.rmse as number);
    }
    expect(report.everything.metric).toBeGreaterThan(0);
    expect(report.floatMetric).toBeGreaterThan(0);
  });

  test('keeps what the options keep in float out of all', async () => {
    const report = await sensitivity(encoder({ blocks: 1 }), samples, {
      runtime: open,
      quantize: { keepFloat: ['b0/*'] },
    });
    expect(report.groups.map(({ name }) => name)).toEqual(['classifier']);
  });

  test('reports progress', async () => {
    const phases: string[] = [];
    await sensitivity(linearModel({ classes: 16 }), [{ x: randomTensor([2, 16]) }], {
      runtime: open,
      onProgress: ({ phase, done, total }) => phases.push(`${phase} ${done}/${total}`),
    });
    expect(phases).toEqual(['calibrate 1/1', 'float 1/1', 'groups 1/2', 'groups 2/2']);
  });

  test('runs in processes of its own by default', async () => {
    const report = await sensitivity(linearModel({ classes: 16 }), [{ x: randomTensor([4, 16]) }]);
    expect(report.groups.map(({ name }) => name).sort()).toEqual(['classifier', 'hidden_matmul']);
  });
});

describe('what goes wrong', () => {
  const model = linearModel({ classes: 16 });
  const one = [{ x: randomTensor([2, 16]) }];
  const table = tableOf({ x: 1, h_relu: 1 });

  test.each([
    [{ groupBy: 'layer' }],
    [{ table: {} }],
    [{ table, calibration: {} }],
    [{ cacheBytes: -1 }],
    [{ runtime: 1 }],
    [{ evaluate: 'accuracy' }],
    [{ leaveOneOut: 1 }],
    [{ keepFloat: [] }],
  ])('wrong options are a TypeError: %o', async (options) => {
    expect(await errorOf(sensitivity(model, one, options as never))).toBeInstanceOf(TypeError);
  });

  test.each([
    [[], 'ERR_CALIBRATION'],
    [[{}], 'ERR_FEED'],
  ])('samples %j', async (list, code) => {
    expect(await errorOf(sensitivity(model, list as never, { table }))).toMatchObject({ code });
  });

  test('an abort rejects with its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'groups') controller.abort(reason);
    };
    const running = sensitivity(model, one, {
      table,
      runtime: open,
      signal: controller.signal,
      onProgress,
    });
    expect(await errorOf(running)).toBe(reason);
  });

  test('a throwing evaluate is passed on, and its runtime closed', async () => {
    const closed: boolean[] = [];
    const reason = new Error('from evaluate');
    const running = sensitivity(model, one, {
      table,
      runtime: async (given) => {
        const runtime = await open(given);
        const close = runtime.close.bind(runtime);
        runtime.close = async () => {
          closed.push(true);
          await close();
        };
        closed.push(false);
        return runtime;
      },
      evaluate: () => Promise.reject(reason),
    });
    expect(await errorOf(running)).toBe(reason);
    expect(closed.filter(Boolean)).toHaveLength(closed.length / 2);
  });

  test('an evaluate that gives no number is ERR_CALIBRATION', async () => {
    const running = sensitivity(model, one, { table, runtime: open, evaluate: () => Number.NaN });
    expect(await errorOf(running)).toMatchObject({ code: 'ERR_CALIBRATION' });
  });
});
