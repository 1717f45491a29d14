import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { arrivalTimes } from '../../dist/bench/load/arrivals.js';
import { type Clock, realClock } from '../../dist/bench/load/clock.js';
import { closedLoop } from '../../dist/bench/load/closed-loop.js';
import { openLoop } from '../../dist/bench/load/open-loop.js';
import { Runtime } from '../../dist/runtime/load.js';
import type { RunTimes } from '../../dist/runtime/runtime.js';
import { linearModel, randomTensor } from './helpers.js';

// Loads under a clock that stands still while anything is to do: every latency is computed by hand.

class VirtualClock implements Clock {
  #now = 0;
  #sleepers: { time: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  until(time: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ time, wake }));
  }

  /** As if this thread had been busy with something else. */
  block(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Lets time pass until the work is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    let done = false;
    work.finally(() => {
      done = true;
    });
    for (;;) {
      await nextTurn();
      if (done) return work;
      this.#sleepers.sort((a, b) => a.time - b.time);
      const next = this.#sleepers.shift();
      if (!next) throw new Error('Everybody waits, and nobody for a time');
      this.#now = Math.max(this.#now, next.time);
      next.wake();
    }
  }
}

/** 100 arrivals a second for a second, at 10, 20, ... 1000 ms. */
const everyTen = Float64Array.from({ length: 100 }, (_, index) => 10 * (index + 1));
const unlimited = { drainMs: 10_000, capacity: 1 };

it('lets everybody behind a stall of the runtime show it, not one inference alone', async () => {
  const clock = new VirtualClock();
  // The 51st takes 300 ms, every other one 1 ms.
  const run = async (index: number) => {
    await clock.until(clock.now() + (index === 50 ? 300 : 1));
    return undefined;
  };
  const loop = openLoop(run, { arrivals: everyTen, clock, ...unlimited });
  const { latency, parts, load, wallMs, failures } = await clock.during(loop);
  // It comes at 510 and ends at 810. The k-th behind it comes at 510 + 10 k and ends at 810 + k, until
  // the line is empty: the 34th comes at 850, when the 33rd, which ended at 843, has gone.
  const expected = everyTen.map((_, index) => {
    const behind = index - 50;
    return behind >= 0 && behind <= 33 ? 300 - 9 * behind : 1;
  });
  expect([...latency]).toEqual([...expected]);
  // All but the service time was spent in line.
  const service = (index: number) => (index === 50 ? 300 : 1);
  expect([...parts.queue]).toEqual([...expected].map((total, index) => total - service(index)));
  expect(load).toEqual({ arrivals: 100, backlog: 1, unserved: 0 });
  expect([wallMs, failures]).toEqual([1001, 0]);
});

it('counts from the intended arrival where the loop itself stood still', async () => {
  const clock = new VirtualClock();
  const run = async (index: number) => {
    if (index === 50) clock.block(300);
    await clock.until(clock.now() + 1);
    return undefined;
  };
  const loop = openLoop(run, { arrivals: everyTen, clock, ...unlimited });
  const { latency } = await clock.during(loop);
  // As above, but the stalled one takes a millisecond more, which all behind it wait for.
  const stalled = [...latency].slice(50, 84);
  expect(stalled).toEqual(Array.from({ length: 34 }, (_, behind) => 301 - 9 * behind));
  expect([...latency].filter((value) => value > 1)).toHaveLength(34);
});

it('hides the stall in a closed loop: only the inference that stalled shows it', async () => {
  const clock = new VirtualClock();
  const run = async (index: number) => {
    await clock.until(clock.now() + (index === 50 ? 300 : 1));
    return undefined;
  };
  const loop = closedLoop(run, { concurrency: 1, durationMs: 1000, iterations: 1, clock });
  const { latency, load } = await clock.during(loop);
  expect([...latency].filter((value) => value > 1)).toEqual([300]);
  // 1000 ms less 300 at a millisecond each, and the one.
  expect(latency).toHaveLength(701);
  expect(load).toBeUndefined();
});

it('keeps as many in flight as asked for, for the duration and at least so many', async () => {
  const clock = new VirtualClock();
  let [inFlight, most] = [0, 0];
  const run = async () => {
    most = Math.max(most, ++inFlight);
    await clock.until(clock.now() + 10);
    inFlight -= 1;
    return { queueMs: 2, computeMs: 7, enqueueMs: 1, copyInMs: 0.5, copyOutMs: 0.25 };
  };
  const options = { concurrency: 3, durationMs: 25, iterations: 1, clock };
  const { latency, parts, wallMs } = await clock.during(closedLoop(run, options));
  expect(most).toBe(3);
  expect([...latency]).toEqual(Array(9).fill(10));
  expect(wallMs).toBe(30);
  const all = (value: number) => Float64Array.from(Array(9).fill(value));
  expect(parts).toEqual({
    queue: all(2),
    enqueue: all(1),
    copyIn: all(0.5),
    compute: all(7),
    copyOut: all(0.25),
  });
  const few = await clock.during(closedLoop(run, { ...options, durationMs: 0, iterations: 7 }));
  expect(few.latency).toHaveLength(7);
});

it('tells of an overload: what waits at the end, and what is never served', async () => {
  const clock = new VirtualClock();
  // 50 a second can be served, 100 a second come.
  const run = async () => {
    await clock.until(clock.now() + 20);
    return undefined;
  };
  const options = { arrivals: everyTen, capacity: 1, drainMs: 105, clock };
  const { latency, load } = await clock.during(openLoop(run, options));
  // The n-th ends at 10 + 20 n: 49 have by 1000 ms, 54 by 1105 ms.
  expect(load).toEqual({ arrivals: 100, backlog: 51, unserved: 46 });
  expect([...latency]).toEqual(Array.from({ length: 54 }, (_, index) => 20 + 10 * index));
});

it('counts failures and goes on', async () => {
  const clock = new VirtualClock();
  const run = async (index: number) => {
    await clock.until(clock.now() + 1);
    if (index % 4 === 3) throw new Error(`number ${index}`);
    return undefined;
  };
  const loop = openLoop(run, { arrivals: everyTen, clock, ...unlimited });
  const { latency, failures, failure, load } = await clock.during(loop);
  expect([latency.length, failures, failure?.message]).toEqual([75, 25, 'number 99']);
  expect(load?.unserved).toBe(0);
});

it('shows a stall on a real runtime, in the time of this machine', async () => {
  await using runtime = await Runtime.load(linearModel(), {
    runtime: 'onnxruntime:cpu',
    isolate: false,
  });
  const feeds = { x: randomTensor([2, 16]) };
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const run = async (index: number) => {
    if (index === 5) Atomics.wait(nobody, 0, 0, 300);
    let times: RunTimes | undefined;
    await runtime.infer(feeds, {
      onTimes: (taken) => {
        times = taken;
      },
    });
    return times;
  };
  const arrivals = everyTen.subarray(0, 45);
  const { latency, parts } = await openLoop(run, { arrivals, clock: realClock, ...unlimited });
  // Whoever came in those 300 ms cannot have been served before they were over.
  for (let behind = 0; behind < 30; behind++) {
    expect(latency[5 + behind]).toBeGreaterThanOrEqual(300 - 10 * behind);
  }
  expect(parts.queue[6]).toBeGreaterThanOrEqual(290);
  expect(parts.compute).toHaveLength(45);
});

it('makes arrivals of a rate: by chance, the same for a seed, or even', () => {
  const options = { rate: 50, durationMs: 100_000, atLeast: 1, seed: 7 } as const;
  const poisson = arrivalTimes({ ...options, arrivals: 'poisson' });
  expect(arrivalTimes({ ...options, arrivals: 'poisson' })).toEqual(poisson);
  expect(arrivalTimes({ ...options, seed: 8, arrivals: 'poisson' })).not.toEqual(poisson);
  // 5000 are expected, with a standard deviation of 71; of exponential gaps it equals their mean.
  expect(Math.abs(poisson.length - 5000)).toBeLessThan(3 * 71);
  const gaps = poisson.map((time, index) => time - (poisson[index - 1] ?? 0));
  const mean = gaps.reduce((a, b) => a + b) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length);
  expect(deviation / mean).toBeCloseTo(1, 1);
  const even = arrivalTimes({ ...options, durationMs: 100, arrivals: 'even' });
  expect([...even]).toEqual([20, 40, 60, 80, 100]);
  expect(arrivalTimes({ ...options, durationMs: 0, atLeast: 3, arrivals: 'even' })).toHaveLength(3);
});
