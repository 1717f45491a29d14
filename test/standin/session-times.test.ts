import {
  DeviceTensor,
  type Feeds,
  type InferenceTimes,
  type InferOptions,
  type OutputTargets,
  type Product,
  type Session,
  tensor,
} from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { expectedLogits, ids, useStandins } from './helpers.js';
import { nonZeroPlan, tinyClassifierPlan } from './plan.js';

const copyMs = 2;
const inferMs = 8;
// The stand-ins read it at their first call: so long each copy and each inference takes at least.
process.env['STANDIN_CUDA_COPY_US'] = `${copyMs * 1000}`;
process.env['STANDIN_TENSORRT_INFER_MS'] = `${inferMs}`;
const { open } = useStandins();

/** Durations are floats, and starts follow from them. */
const rounding = 0.001;

/** The times of an inference, after checking what is true of all of them. */
async function timed(
  session: Session,
  feeds: Feeds,
  outputs?: OutputTargets,
): Promise<InferenceTimes & { calledMs: number }> {
  const all: InferenceTimes[] = [];
  const onTimes = (times: InferenceTimes) => void all.push(times);
  const calledMs = performance.now();
  if (outputs) await session.infer(feeds, { onTimes, outputs });
  else await session.infer(feeds, { onTimes });
  const latencyMs = performance.now() - calledMs;
  expect(all).toHaveLength(1);
  const times = all[0] as InferenceTimes;
  checkTimes(times, latencyMs);
  return { ...times, calledMs };
}

function checkTimes(times: InferenceTimes, latencyMs: number) {
  const { queueMs, enqueueMs, copyInMs, computeMs, copyOutMs, startsMs } = times;
  // One after another, from the call to the result.
  const order = [
    queueMs,
    startsMs.copyIn,
    startsMs.copyIn + copyInMs,
    startsMs.compute,
    startsMs.compute + computeMs,
    startsMs.copyOut,
    startsMs.copyOut + copyOutMs,
    latencyMs,
  ];
  for (const [i, end] of order.slice(1).entries()) {
    expect(end).toBeGreaterThanOrEqual((order[i] as number) - rounding);
  }
  expect(copyInMs + computeMs + copyOutMs).toBeLessThanOrEqual(latencyMs + rounding);
  expect(computeMs).toBeGreaterThanOrEqual(inferMs - rounding);
  // The CPU launches before it waits, and computing cannot begin before.
  expect(enqueueMs).toBeGreaterThan(0);
  expect(startsMs.enqueue).toBeGreaterThanOrEqual(queueMs);
  expect(startsMs.enqueue + enqueueMs).toBeLessThanOrEqual(latencyMs);
}

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('times of a session with %s', (product) => {
  const plan = tinyClassifierPlan({ product });
  const own = product === 'tensorrt-rtx' ? { cudaGraphStrategy: 'disabled' } : {};

  it.each([1, 2])('are those of copies and computing, at depth %i', async (depth) => {
    const { session } = await open(plan, { depth });
    const times = await timed(session, ids(2, 4));
    // Two inputs, one output.
    expect(times.copyInMs).toBeGreaterThanOrEqual(2 * copyMs - rounding);
    expect(times.copyOutMs).toBeGreaterThanOrEqual(copyMs - rounding);
    expect(times.launch).toBe('enqueue');
  });

  it('are counted for inferences that were timed', async () => {
    const { session } = await open(plan);
    await session.infer(ids(2, 4));
    await timed(session, ids(2, 4));
    const { inferences, enqueue, copyIn, compute, copyOut } = session.stats();
    expect(inferences).toBe(2);
    for (const { count } of [enqueue, copyIn, compute, copyOut]) expect(count).toBe(1);
    expect(compute.min).toBeGreaterThanOrEqual(inferMs * 0.99);
  });

  it('show that one inference is copied while another is computed', async () => {
    const { session } = await open(plan, { depth: 2, profiles: [0] });
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, i) => timed(session, ids(2, 4, i))),
    );
    const overlaps = all.flatMap((a) => all.filter((b) => a !== b && copiesDuring(a, b)));
    expect(overlaps).not.toEqual([]);
    expect(Math.max(...all.map(({ queueMs }) => queueMs))).toBeGreaterThanOrEqual(inferMs);
  });

  it('are those of the graph where one is launched', async () => {
    const { session } = await open(plan, { ...own, cudaGraphs: true, depth: 1 });
    const launches: string[] = [];
    for (let i = 0; i < 4; i++) launches.push((await timed(session, ids(2, 4, i))).launch);
    expect(launches).toEqual(['enqueue', 'capture', 'graph', 'graph']);
  });

  it('are 0 where nothing is copied', async () => {
    const { session } = await open(plan, { profiles: [0] });
    const { input_ids, attention_mask } = ids(2, 4);
    await using onDevice = await DeviceTensor.from(input_ids);
    await using maskOnDevice = await DeviceTensor.from(attention_mask);
    await using logits = await DeviceTensor.allocate('float32', [2, 2]);
    const feeds = { input_ids: onDevice, attention_mask: maskOnDevice };
    expect(await timed(session, feeds, { logits })).toMatchObject({ copyInMs: 0, copyOutMs: 0 });
    expect([...(await logits.read()).data]).toEqual(expectedLogits(ids(2, 4)));
    expect(await timed(session, feeds, {})).toMatchObject({ copyInMs: 0, copyOutMs: 0 });
    const half = await timed(session, { input_ids: onDevice, attention_mask }, { logits: 'host' });
    expect(half.copyInMs).toBeGreaterThanOrEqual(copyMs - rounding);
    expect(half.copyOutMs).toBeGreaterThanOrEqual(copyMs - rounding);
  });

  it('are those of outputs whose shape depends on data', async () => {
    const { session } = await open(nonZeroPlan({ product }));
    const x = tensor('float32', [2, 4], [0, 1, 0, 2, 0, 3, 0, 0]);
    const times = await timed(session, { x });
    expect(times.copyInMs).toBeGreaterThanOrEqual(copyMs - rounding);
    expect(times.copyOutMs).toBeGreaterThanOrEqual(copyMs - rounding);
  });

  it('are the same parts where threads spin', async () => {
    const { session } = await open(plan, { ...own, wait: 'spin', cudaGraphs: true });
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, i) => timed(session, ids(2, 4, i))),
    );
    expect(all.map(({ launch }) => launch)).toContain('graph');
    const feeds = ids(3, 5);
    const { logits } = await session.infer(feeds);
    expect([...(logits?.data ?? [])]).toEqual(expectedLogits(feeds));
    await expect(open(plan, { wait: 'yield' })).rejects.toThrow("one of 'block', 'spin' for wait");
  });

  it('come before the result, and their failure is the caller’s', async () => {
    const { session } = await open(plan);
    const events: string[] = [];
    await session.infer(ids(2, 4), { onTimes: () => events.push('times') });
    events.push('result');
    expect(events).toEqual(['times', 'result']);
    const bad = { onTimes: 'yes' } as unknown as InferOptions;
    await expect(session.infer(ids(2, 4), bad)).rejects.toThrow('a function for onTimes');
    const thrown = new Error('mine');
    const onTimes = () => {
      throw thrown;
    };
    await expect(session.infer(ids(2, 4), { onTimes })).rejects.toBe(thrown);
    expect(session.stats()).toMatchObject({ inferences: 2, failures: 0, inFlight: 0 });
  });
});

type Timed = InferenceTimes & { calledMs: number };

/** Whether `copied` has a copy while `computed` is computed. */
function copiesDuring(copied: Timed, computed: Timed): boolean {
  const begin = computed.calledMs + computed.startsMs.compute;
  const end = begin + computed.computeMs;
  const copies = [
    [copied.startsMs.copyIn, copied.copyInMs],
    [copied.startsMs.copyOut, copied.copyOutMs],
  ] as const;
  return copies.some(([start, ms]) => {
    const from = copied.calledMs + start;
    return from < end && from + ms > begin;
  });
}
