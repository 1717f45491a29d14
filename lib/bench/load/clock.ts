import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Time in milliseconds since a moment that does not change; tests have one of their own. */
export interface Clock {
  now(): number;
  /** Resolves at that time, at once where it has passed. */
  until(time: number): Promise<void>;
}

/** Timers of Node.js come up to so much later than they were asked for. */
const timerErrorMs = 2;

export const realClock: Clock = {
  now: () => performance.now(),
  async until(time) {
    const rest = time - performance.now();
    if (rest > timerErrorMs) await sleep(rest - timerErrorMs);
    // What a timer is late by would be counted as time in line. Other events get their turns.
    while (performance.now() < time) await nextTurn();
  },
};
