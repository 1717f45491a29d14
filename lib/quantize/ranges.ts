import { invalidArgument } from '../arguments.js';
import { nameMatcher } from '../name-patterns.js';
import type { CalibrationTable, TensorRange } from './calibration/table.js';
import type { PlacementPlan } from './placement/plan.js';
import { type QuantizedType, scaleOf } from './qdq/number-types.js';

/** Ranges that the user knows better than calibration, by tensor name or pattern with `*`. */
export type RangeOverrides = Readonly<Record<string, { readonly amax: number }>>;

/** The range that a tensor is quantized with. */
export interface UsableRange {
  readonly amax: number;
  /** For the report: what is special about it, each beginning with a comma. */
  readonly notes: string;
}

/** The range of a tensor, or why it cannot be quantized: the end of a sentence about it. */
export type SettledRange = UsableRange | string;

/** Scales below it lose bits, and 0 is refused by TensorRT. */
const smallestNormal = 2 ** -126;

/** @throws TypeError */
export function checkOverrides(name: string, overrides: unknown): void {
  if (typeof overrides !== 'object' || overrides === null || Array.isArray(overrides)) {
    throw invalidArgument(name, 'an object', overrides);
  }
  for (const [pattern, range] of Object.entries(overrides)) {
    const amax: unknown = range?.amax;
    if (typeof amax !== 'number' || !(amax > 0 && amax < Infinity)) {
      throw invalidArgument(`${name}['${pattern}'].amax`, 'a number above 0', amax);
    }
  }
}

/**
 * Finds the range of every tensor that a plan quantizes. An override wins over all else, of several
 * the last; a range that the plan fixes wins over the table. Tensors of a union all get the largest
 * amax among them, or among those of them that are overridden.
 *
 * @throws TypeError when an override matches no tensor of the plan.
 */
export function settleRanges(
  plan: PlacementPlan,
  table: CalibrationTable | undefined,
  overrides: RangeOverrides,
  type: QuantizedType,
): ReadonlyMap<string, SettledRange> {
  const tensors = plannedTensors(plan);
  const overridden = overriddenTensors(tensors, overrides);
  const own = new Map(
    tensors.map((tensor): [string, SettledRange] => {
      const amax = overridden.get(tensor);
      if (amax !== undefined)
        return [tensor, { amax, notes: `, '${tensor}' by options.overrides` }];
      const fixed = plan.fixed.get(tensor);
      if (fixed !== undefined) return [tensor, { amax: fixed, notes: '' }];
      return [tensor, fromTable(tensor, table?.ranges.get(tensor))];
    }),
  );
  for (const union of plan.unions) unite(union, own, overridden);
  for (const [tensor, range] of own) {
    if (typeof range !== 'string') own.set(tensor, checkScale(range, type));
  }
  return own;
}

function plannedTensors({ nodes, unions }: PlacementPlan): string[] {
  const activations = nodes.flatMap((node) => node.activations.map(({ tensor }) => tensor));
  return [...new Set([...activations, ...unions.flat()])];
}

function overriddenTensors(
  tensors: readonly string[],
  overrides: RangeOverrides,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const [pattern, { amax }] of Object.entries(overrides)) {
    const kind = 'tensors that are quantized';
    const matches = nameMatcher('options.overrides', [pattern], tensors, kind);
    for (const tensor of tensors) if (matches(tensor)) found.set(tensor, amax);
  }
  return found;
}

function fromTable(tensor: string, range: TensorRange | undefined): SettledRange {
  if (!range) return 'was not calibrated';
  const { amax, absmax, count, nonFinite, method } = range;
  // Who gives a range has counted nothing.
  if (count === 0 && method !== 'given') {
    return nonFinite > 0 ? 'was never finite in calibration' : 'never had a value in calibration';
  }
  const notes = nonFinite > 0 ? `, '${tensor}' without ${nonFinite} NaN or infinite values` : '';
  return { amax: absmax === 0 ? 0 : amax, notes };
}

/** A tensor that is always 0 takes the range of the others; one without any range stays without. */
function unite(
  union: readonly string[],
  ranges: Map<string, SettledRange>,
  overridden: ReadonlyMap<string, number>,
): void {
  const members = union.flatMap((tensor): [string, UsableRange][] => {
    const range = ranges.get(tensor);
    return range === undefined || typeof range === 'string' ? [] : [[tensor, range]];
  });
  const chosen = members.filter(([tensor]) => overridden.has(tensor));
  const deciding = chosen.length > 0 ? chosen : members;
  const amax = deciding.reduce((largest, [, range]) => Math.max(largest, range.amax), 0);
  for (const [tensor, range] of members) ranges.set(tensor, { ...range, amax });
}

function checkScale(range: UsableRange, type: QuantizedType): SettledRange {
  if (range.amax === 0) return 'was always 0 in calibration';
  if (scaleOf(range.amax, type) >= smallestNormal) return range;
  return `has a range of ${range.amax}, too small to scale`;
}
