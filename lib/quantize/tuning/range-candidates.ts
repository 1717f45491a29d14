import { loadAddon } from '../../native.js';
import type { Calibration } from '../calibration/calibration.js';
import type { RangeOptions } from '../calibration/ranges.js';
import type { TensorRange } from '../calibration/table.js';
import type { PlacementPlan } from '../placement/plan.js';

/** Tensors that have one scale: mostly a single one. */
export interface ScaleUnit {
  readonly tensors: readonly string[];
  /** The ranges to choose from: per way of finding them, one for each tensor. */
  readonly candidates: readonly RangeCandidate[];
}

export interface RangeCandidate {
  readonly ranges: readonly TensorRange[];
  /** The scale's amax: the largest of the ranges. */
  readonly amax: number;
  /** The mean squared error that INT8 makes of the values which calibration saw. */
  readonly error: number;
}

/** All from the same histograms. Each finds another balance of clipping and of coarse steps. */
const methods: readonly RangeOptions[] = [
  { method: 'absmax' },
  { method: 'percentile', percentile: 99.999 },
  { method: 'percentile', percentile: 99.99 },
  { method: 'percentile', percentile: 99.9 },
  { method: 'entropy' },
  { method: 'mse' },
];

/** The scales of a plan that can be chosen, in graph order, each with its candidates. */
export function findScaleUnits(
  plan: PlacementPlan,
  tensors: readonly string[],
  calibration: Calibration,
): ScaleUnit[] {
  const tables = methods.map((method) => calibration.table(method).ranges);
  const unionOf = new Map(plan.unions.flatMap((union) => union.map((name) => [name, union])));
  const available = new Set(tensors);
  const units = new Map<readonly string[] | string, string[]>();
  for (const name of tensors) {
    const union = unionOf.get(name);
    const key = union ?? name;
    if (!units.has(key))
      units.set(
        key,
        (union ?? [name]).filter((one) => available.has(one)),
      );
  }
  return Array.from(units.values(), (members) => {
    const errorOf = errorMeasure(calibration, members);
    const candidates = tables.map((table) => {
      const ranges = members.map((name) => table.get(name) as TensorRange);
      const amax = Math.max(...ranges.map((range) => range.amax));
      return { ranges, amax, error: errorOf(amax) };
    });
    return { tensors: members, candidates };
  });
}

export function leastError({ candidates }: ScaleUnit): RangeCandidate {
  return candidates.reduce((best, candidate) => (candidate.error < best.error ? candidate : best));
}

function errorMeasure(calibration: Calibration, tensors: readonly string[]) {
  const { Histogram } = loadAddon();
  const histograms = tensors.map((name) => new Histogram(calibration.histograms.get(name)));
  return (amax: number) =>
    histograms.reduce((sum, histogram) => sum + histogram.error(amax), 0) / histograms.length;
}
