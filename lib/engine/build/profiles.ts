import { checkOptions, invalidArgument } from '../../arguments.js';
import type { NativeProfile, NativeShapeRange } from '../../native.js';
import type { ValueInfo } from '../../onnx/model.js';

/** The shapes of one input that an engine accepts; `opt` is the one it is made fastest for. */
export interface ShapeRange {
  readonly min: readonly number[];
  readonly opt: readonly number[];
  readonly max: readonly number[];
}

/**
 * The values of one input that an engine accepts, all of its elements in row-major order. For an
 * input that shapes depend on, such as the second input of a Reshape: TensorRT calls it a shape
 * tensor.
 */
export interface ValueRange {
  readonly values: ShapeRange;
}

/**
 * An optimisation profile: a range of shapes for each input whose shape is dynamic, and a range of
 * values for each input that shapes depend on.
 */
export type Profile = Readonly<Record<string, ShapeRange | ValueRange>>;

const bounds = ['min', 'opt', 'max'] as const;

/**
 * Checks a list of profiles as far as that needs no model.
 *
 * @throws TypeError
 */
export function checkProfileList(name: string, profiles: unknown): void {
  if (!Array.isArray(profiles)) throw invalidArgument(name, 'an array', profiles);
  for (const [index, profile] of profiles.entries()) {
    if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) {
      throw invalidArgument(`${name}[${index}]`, 'an object', profile);
    }
  }
}

/**
 * Checks profiles against the inputs of a model, so that the error names the input and the dims.
 *
 * @throws TypeError
 */
export function toNativeProfiles(
  inputs: readonly ValueInfo[],
  profiles: readonly Profile[],
): NativeProfile[] {
  checkProfileList('profiles', profiles);
  const dynamic = inputs.filter(isDynamic);
  if (profiles.length === 0 && dynamic.length > 0) {
    const list = dynamic.map((input) => `'${input.name}' [${dimsText(input)}]`).join(', ');
    throw new TypeError(
      `Expected profiles with { min, opt, max } for the dynamic inputs ${list} but received none`,
    );
  }
  return profiles.map((profile, index) => toNativeProfile(`profiles[${index}]`, inputs, profile));
}

function isDynamic(input: ValueInfo): boolean {
  return input.dims?.some((dim) => typeof dim !== 'number') ?? false;
}

function dimsText(input: ValueInfo): string {
  return input.dims?.map((dim) => dim ?? '?').join(', ') ?? '?';
}

function toNativeProfile(
  name: string,
  inputs: readonly ValueInfo[],
  profile: Profile,
): NativeProfile {
  checkOptions(
    name,
    profile,
    inputs.map((input) => input.name),
  );
  const result: NativeProfile = { shapes: [], values: [] };
  for (const input of inputs) {
    const range = profile[input.name];
    const place = `${name}.${input.name}`;
    if (range === undefined) {
      if (!isDynamic(input)) continue;
      throw invalidArgument(place, `{ min, opt, max } of [${dimsText(input)}]`, range);
    }
    if ('values' in range) {
      checkValues(place, input, range);
      result.values.push(toNativeRange(input, range.values));
    } else {
      checkShapes(place, input, range);
      result.shapes.push(toNativeRange(input, range));
    }
  }
  return result;
}

function toNativeRange(input: ValueInfo, { min, opt, max }: ShapeRange): NativeShapeRange {
  return { input: input.name, min: [...min], opt: [...opt], max: [...max] };
}

function checkShapes(name: string, input: ValueInfo, range: ShapeRange): void {
  const rank = input.dims?.length;
  checkRange(name, range, rank, 0);
  range.min.forEach((min, axis) => {
    const { opt, max } = at(range, axis);
    const fixed = input.dims?.[axis];
    if (typeof fixed === 'number' && (min !== fixed || max !== fixed)) {
      throw invalidArgument(`${name}, axis ${axis}`, `the model's fixed ${fixed}`, [min, opt, max]);
    }
  });
}

function checkValues(name: string, input: ValueInfo, range: ValueRange): void {
  checkOptions(name, range, ['values']);
  if (input.type !== 'int32' && input.type !== 'int64') {
    throw new TypeError(
      `Expected { min, opt, max } of shapes for ${name}: values bound an input of type int32 or int64, not ${input.type}`,
    );
  }
  if (isDynamic(input)) {
    throw new TypeError(
      `Expected { min, opt, max } of shapes for ${name}: values bound an input of a fixed shape, not [${dimsText(input)}]`,
    );
  }
  const count = input.dims?.reduce<number>((product, dim) => product * Number(dim), 1);
  checkRange(`${name}.values`, range.values, count, Number.MIN_SAFE_INTEGER);
}

function checkRange(name: string, range: ShapeRange, count: number | undefined, least: number) {
  checkOptions(name, range, bounds);
  const numbers = least === 0 ? 'whole numbers from 0' : 'whole numbers';
  for (const bound of bounds) {
    const given: unknown = range[bound];
    const fits =
      Array.isArray(given) &&
      (count === undefined || given.length === count) &&
      given.every((entry) => Number.isSafeInteger(entry) && entry >= least);
    if (!fits) throw invalidArgument(`${name}.${bound}`, `${count ?? 'some'} ${numbers}`, given);
  }
  const lengths = new Set(bounds.map((bound) => range[bound].length));
  if (lengths.size > 1) {
    throw invalidArgument(name, 'as many numbers in min as in opt and max', [...lengths]);
  }
  range.min.forEach((min, axis) => {
    const { opt, max } = at(range, axis);
    if (min > opt || opt > max) {
      throw invalidArgument(`${name}, axis ${axis}`, 'min <= opt <= max', [min, opt, max]);
    }
  });
}

function at(range: ShapeRange, axis: number): { opt: number; max: number } {
  return { opt: range.opt[axis] as number, max: range.max[axis] as number };
}
