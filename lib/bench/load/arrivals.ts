import { randomNumbers } from '../../random.js';

export interface ArrivalOptions {
  /** Arrivals a second. */
  readonly rate: number;
  readonly durationMs: number;
  /** Fewest arrivals, if they take longer than the duration. */
  readonly atLeast: number;
  /**
   * `'poisson'`: as many users come who know nothing of each other, with exponentially distributed
   * gaps. `'even'`: with equal gaps.
   */
  readonly arrivals: 'poisson' | 'even';
  readonly seed: number;
}

/** When inferences are asked for, in milliseconds from the beginning. */
export function arrivalTimes(options: ArrivalOptions): Float64Array {
  const { rate, durationMs, atLeast, arrivals, seed } = options;
  const random = randomNumbers(seed);
  const gap = () => ((arrivals === 'even' ? 1 : -Math.log(1 - random())) * 1000) / rate;
  const times: number[] = [];
  for (let time = gap(); time <= durationMs || times.length < atLeast; time += gap()) {
    times.push(time);
  }
  return Float64Array.from(times);
}
