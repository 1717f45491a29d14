import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** A distribution of durations, in milliseconds. All 0 where nothing was counted. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Durations in nanoseconds, in the buckets of an HDR histogram (three significant digits). */
export class Durations {
  readonly #histogram: RecordableHistogram = createHistogram();

  record(milliseconds: number): void {
    this.#histogram.record(Math.max(1, Math.round(milliseconds * 1e6)));
  }

  summary(): LatencySummary {
    const { count, mean, min, max } = this.#histogram;
    if (count === 0) return { count, mean: 0, min: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    const at = (percentile: number) => this.#histogram.percentile(percentile) / 1e6;
    return {
      count,
      mean: mean / 1e6,
      min: min / 1e6,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      max: max / 1e6,
    };
  }
}
