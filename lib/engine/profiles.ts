import { checkOptions, invalidArgument } from '../arguments.js';
import type { NativeShapeRange } from '../native.js';
import type { ValueInfo } from '../onnx/model.js';

/** The shapes of one input that an engine accepts; `opt` is the one it is made fastest for. */
export interface ShapeRange {
  readonly min: readonly number[];
  readonly opt: readonly number[];
  readonly max: readonly number[];
}

/** An optimisation profile: a range for each input whose shape is dynamic. */
export type Profile = Readonly<Record<string, ShapeRange>>;

/**
 * Checks profiles against the inputs of a model, so that the error names the input and the dims.
 *
 * @throws TypeError
 */
export function toNativeProfiles(
  inputs: readonly ValueInfo[],
  profiles: readonly Profile[],
): NativeShapeRange[][] {
  if (!Array.isArray(profiles)) throw invalidArgument('profiles', 'an array', profiles);
  const dynamic = inputs.filter((input) => input.dims?.some((dim) => typeof dim !== 'number'));
  if (profiles.length === 0 && dynamic.length > 0) {
    const list = dynamic.map((input) => `'${input.name}' [${dimsText(input)}]`).join(', ');
    throw new TypeError(
      `Expected profiles with { min, opt, max } for the dynamic inputs ${list} but received none`,
    );
  }
  return profiles.map((profile, index) => toNativeProfile(`profiles[${index}]`, inputs, profile));
}

function dimsText(input: ValueInfo): string {
  return input.dims?.map((dim) => dim ?? '?').join(', ') ?? '?';
}

function toNativeProfile(
  name: string,
  inputs: readonly ValueInfo[],
  profile: Profile,
): NativeShapeRange[] {
  checkOptions(
    name,
    profile,
    inputs.map((input) => input.name),
  );
  const ranges: NativeShapeRange[] = [];
  for (const input of inputs) {
    const range = profile[input.name];
    if (range !== undefined) {
      checkRange(`${name}.${input.name}`, input, range);
      const { min, opt, max } = range;
      ranges.push({ input: input.name, min: [...min], opt: [...opt], max: [...max] });
    } else if (input.dims?.some((dim) => typeof dim !== 'number')) {
      throw invalidArgument(
        `${name}.${input.name}`,
        `{ min, opt, max } of [${dimsText(input)}]`,
        range,
      );
    }
  }
  return ranges;
}

function checkRange(name: string, input: ValueInfo, range: ShapeRange): void {
  checkOptions(name, range, ['min', 'opt', 'max']);
  const rank = input.dims?.length;
  for (const bound of ['min', 'opt', 'max'] as const) {
    const dims: unknown = range[bound];
    const fits =
      Array.isArray(dims) &&
      (rank === undefined || dims.length === rank) &&
      dims.every((dim) => Number.isInteger(dim) && dim >= 0);
    if (!fits) {
      throw invalidArgument(`${name}.${bound}`, `${rank ?? 'some'} whole numbers from 0`, dims);
    }
  }
  range.min.forEach((min, axis) => {
    const opt = range.opt[axis] as number;
    const max = range.max[axis] as number;
    if (min > opt || opt > max) {
      throw invalidArgument(`${name}, axis ${axis}`, 'min <= opt <= max', [min, opt, max]);
    }
    const fixed = input.dims?.[axis];
    if (typeof fixed === 'number' && (min !== fixed || max !== fixed)) {
      throw invalidArgument(`${name}, axis ${axis}`, `the model's fixed ${fixed}`, [min, opt, max]);
    }
  });
}
