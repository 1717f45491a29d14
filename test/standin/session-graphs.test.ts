import type { Product, Session, SessionStats } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { expectedLogits, ids, useStandins } from './helpers.js';
import { tinyClassifierPlan } from './plan.js';

const { open } = useStandins();

async function inferAll(session: Session, shapes: readonly (readonly [number, number])[]) {
  for (const [index, [batch, sequence]] of shapes.entries()) {
    const feeds = ids(batch, sequence, index);
    const { logits } = await session.infer(feeds);
    expect([...(logits?.data ?? [])]).toEqual(expectedLogits(feeds));
  }
}

const graphsOf = (session: Session): SessionStats['graphs'] => session.stats().graphs;

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('CUDA graphs with %s', (product) => {
  const plan = tinyClassifierPlan({ product });
  // Without this TensorRT for RTX captures by itself.
  const own = product === 'tensorrt-rtx' ? { cudaGraphStrategy: 'disabled' } : {};

  it('captures shapes that come again and launches what it captured', async () => {
    const { session } = await open(plan, { ...own, cudaGraphs: true, depth: 1 });
    await inferAll(session, Array(5).fill([2, 8]));
    expect(graphsOf(session)).toEqual({ captured: 1, launched: 3, evicted: 0, fallbacks: {} });
  });

  it('keeps a graph for each shape and lane', async () => {
    const { session } = await open(plan, { ...own, cudaGraphs: true, depth: 2 });
    const calls = Array.from({ length: 40 }, (_, i) => ids(1 + (i % 2), 4, i));
    const results = await Promise.all(calls.map((feeds) => session.infer(feeds)));
    results.forEach(({ logits }, i) => {
      expect([...(logits?.data ?? [])]).toEqual(expectedLogits(calls[i] as never));
    });
    const { captured, launched, fallbacks } = graphsOf(session);
    expect(captured).toBeGreaterThanOrEqual(2);
    expect(launched).toBeGreaterThan(20);
    expect(fallbacks).toEqual({});
  });

  it('drops the graph that was not used for longest', async () => {
    const { session } = await open(plan, { ...own, cudaGraphs: 2, depth: 1 });
    const shapes = [1, 1, 2, 2, 3, 3, 1, 1].map((batch) => [batch, 4] as const);
    await inferAll(session, shapes);
    expect(graphsOf(session)).toMatchObject({ captured: 4, evicted: 2, launched: 0 });
  });

  it('gives a graph up when larger shapes have moved the memory', async () => {
    const { session } = await open(plan, { ...own, cudaGraphs: true, depth: 1 });
    await inferAll(session, [
      [1, 4],
      [1, 4],
      [1, 4],
      [8, 32],
      [1, 4],
      [1, 4],
      [1, 4],
    ]);
    expect(graphsOf(session)).toEqual({ captured: 2, launched: 2, evicted: 0, fallbacks: {} });
  });

  it('has captured everything after warmup', async () => {
    const { session } = await open(plan, { ...own, cudaGraphs: true, contexts: 2, profiles: [0] });
    await session.warmup([{ input_ids: [2, 8], attention_mask: [2, 8] }]);
    expect(graphsOf(session).captured).toBe(4);
    await Promise.all(Array.from({ length: 8 }, () => inferAll(session, [[2, 8]])));
    expect(graphsOf(session)).toEqual({ captured: 4, launched: 8, evicted: 0, fallbacks: {} });
  });

  it('tells why outputs that stay in new device memory cannot be captured', async () => {
    const { session } = await open(plan, { ...own, cudaGraphs: true });
    for (let i = 0; i < 3; i++) {
      const { logits } = await session.infer(ids(2, 8), { outputs: { logits: 'device' } });
      await logits.close();
    }
    expect(graphsOf(session).fallbacks).toEqual({ newOutputMemory: 3 });
  });
});

it('leaves capturing to TensorRT for RTX', async () => {
  const { session } = await open(tinyClassifierPlan({ product: 'tensorrt-rtx' }), {
    cudaGraphs: true,
  });
  await inferAll(session, Array(4).fill([2, 8]));
  expect(graphsOf(session)).toEqual({ captured: 0, launched: 0, evicted: 0, fallbacks: {} });
});
