import { loadAddon } from '../../native.js';
import type { HistogramSnapshot } from './native-calibration.js';
import type { ObservedTensor } from './observed-tensors.js';

/** What is to be counted. */
export interface CountingOptions {
  readonly observed: readonly ObservedTensor[];
  /** The input whose zeros mark padding. */
  readonly mask: string | undefined;
  /** Threads that run and count; by default one for each processor. */
  readonly threads: number | undefined;
}

/** What has been counted, by tensor. */
export interface Counted {
  readonly histograms: ReadonlyMap<string, HistogramSnapshot>;
  readonly notes: ReadonlyMap<string, string>;
}

/** All parts together, as if one had counted it all. @param parts - of the same tensors; not empty. */
export function mergeCounted(parts: readonly Counted[]): Counted {
  return parts.reduce((a, b) => ({
    histograms: mergeHistograms(a.histograms, b.histograms),
    notes: new Map([...b.notes, ...a.notes]),
  }));
}

function mergeHistograms(
  a: Counted['histograms'],
  b: Counted['histograms'],
): Counted['histograms'] {
  const { Histogram } = loadAddon();
  return new Map(
    Array.from(a, ([name, snapshot]) => {
      const histogram = new Histogram(snapshot);
      histogram.merge(new Histogram(b.get(name)));
      return [name, histogram.snapshot()];
    }),
  );
}
