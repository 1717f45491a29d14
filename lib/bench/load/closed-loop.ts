import type { Clock } from './clock.js';
import { type Recorded, Recorder, type Run } from './recorder.js';

export interface ClosedLoopOptions {
  /** Inferences in flight: each that ends makes room for the next. */
  readonly concurrency: number;
  readonly durationMs: number;
  /** Fewest inferences, if they take longer than the duration. */
  readonly iterations: number;
  readonly clock: Clock;
}

/**
 * Users who each wait for their answer before they ask again. A latency is from the call to the
 * result. It shows what is possible, and not what users wait for who come by themselves: while one
 * inference is slow, fewer are asked for.
 */
export async function closedLoop(
  run: Run,
  { concurrency, durationMs, iterations, clock }: ClosedLoopOptions,
): Promise<Recorded> {
  const recorder = new Recorder(clock);
  let started = 0;
  const user = async () => {
    while (started < iterations || clock.now() - recorder.begin < durationMs) {
      const called = clock.now();
      await recorder.record(run(started++), called);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, user));
  return recorder.recorded();
}
