import type { Clock } from './clock.js';
import { type Recorded, Recorder, type Run } from './recorder.js';

export interface OpenLoopOptions {
  /** When inferences are asked for, in milliseconds from the beginning, in rising order. */
  readonly arrivals: Float64Array;
  /** Inferences that the runtime takes at once; the others wait in line here, in their order. */
  readonly capacity: number;
  /** How long those who wait at the last arrival may still be served. */
  readonly drainMs: number;
  readonly clock: Clock;
}

/**
 * Users who come at their times, whether or not others have been served. A latency is from the
 * intended arrival to the result, also where the runtime or this very loop stood still at that time:
 * what a slow inference costs those behind it is in the figures. Measuring from the moment of the
 * call instead would leave it out, which Gil Tene named coordinated omission.
 */
export async function openLoop(
  run: Run,
  { arrivals, capacity, drainMs, clock }: OpenLoopOptions,
): Promise<Recorded> {
  const recorder = new Recorder(clock);
  const { begin } = recorder;
  let markDrained = () => {};
  const drained = new Promise<void>((resolve) => {
    markDrained = resolve;
  });
  let arrived = 0;
  let started = 0;
  let over = false;

  const startWaiting = () => {
    while (!over && started < arrived && started - recorder.ended < capacity) {
      const due = begin + (arrivals[started] as number);
      recorder.record(run(started++), clock.now(), due).then(next);
    }
  };
  const next = () => {
    startWaiting();
    if (recorder.ended === arrivals.length) markDrained();
  };

  for (const offset of arrivals) {
    if (clock.now() < begin + offset) await clock.until(begin + offset);
    arrived += 1;
    startWaiting();
  }
  const backlog = arrived - recorder.ended;
  await Promise.race([drained, clock.until(clock.now() + drainMs)]);
  over = true;
  const unserved = arrived - recorder.ended;
  return recorder.recorded({ arrivals: arrived, backlog, unserved });
}
