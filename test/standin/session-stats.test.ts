import type { Product } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { expectedLogits, ids, useStandins } from './helpers.js';
import { tinyClassifierPlan } from './plan.js';

const { open } = useStandins();

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('a session with %s', (product) => {
  const classifier = tinyClassifierPlan({ product });

  it('chooses the tightest profile that holds the shapes', async () => {
    const { session } = await open(classifier);
    for (const [batch, sequence] of [
      [1, 1],
      [8, 32],
      [32, 64],
      [9, 33],
    ] as const) {
      const feeds = ids(batch, sequence);
      const { logits } = await session.infer(feeds);
      expect([...(logits?.data ?? [])]).toEqual(expectedLogits(feeds));
    }
    expect(session.stats().profiles).toEqual({ 0: 2, 1: 2 });
  });

  it('prints what came and what every profile holds', async () => {
    const { session } = await open(classifier);
    await expect(session.infer(ids(65, 65))).rejects.toMatchObject({
      code: 'ERR_FEED',
      tensor: 'input_ids',
      message: expect.stringMatching(
        /has shape \[65, 65\].*profile 0 holds min \[1, 1\], opt \[4, 16\], max \[8, 32\]; profile 1 holds/,
      ),
    });
  });

  it('counts inferences, failures, waiting and latencies', async () => {
    const { session } = await open(classifier, { timings: true, depth: 1, profiles: [0] });
    const calls = Array.from({ length: 10 }, () => session.infer(ids(2, 4)));
    expect(session.stats()).toMatchObject({ inFlight: 1, waiting: 9, inferences: 0 });
    await Promise.all(calls);
    const stats = session.stats();
    expect(stats).toMatchObject({ inferences: 10, failures: 0, inFlight: 0, waiting: 0 });
    for (const { count, min, p50, p99, max } of [
      stats.latency,
      stats.compute,
      stats.copyIn,
      stats.copyOut,
    ]) {
      expect(count).toBe(10);
      expect(min).toBeLessThanOrEqual(p50);
      expect(p50).toBeLessThanOrEqual(p99);
      expect(p99).toBeLessThanOrEqual(max);
    }
    expect(stats.queue.count).toBe(10);
    expect(stats.latency.max).toBeGreaterThan(stats.compute.p50);
    const bad = { ...ids(2, 4), attention_mask: ids(2, 3).attention_mask };
    await expect(session.infer(bad)).rejects.toThrow();
    expect(session.stats()).toMatchObject({ inferences: 10, failures: 1, inFlight: 0 });
  });

  it('uses an idle context before the second lane of a busy one', async () => {
    const { session } = await open(classifier, { contexts: 4, profiles: [0], timings: true });
    await Promise.all(Array.from({ length: 4 }, () => session.infer(ids(1, 4))));
    expect(session.stats()).toMatchObject({ inferences: 4 });
  });
});
