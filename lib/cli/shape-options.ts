import { type Command, InvalidArgumentError } from 'commander';
import type { Profile, ShapeRange } from '../engine/build/profiles.js';

const bounds = ['min', 'opt', 'max'] as const;
type Bound = (typeof bounds)[number];
type Shapes = ReadonlyMap<string, readonly number[]>;

/** The shapes as they were given: by `--profile`, or by the three options that trtexec has. */
export interface ShapeFlags {
  profile?: ReadonlyMap<string, ShapeRange>;
  minShapes?: Shapes;
  optShapes?: Shapes;
  maxShapes?: Shapes;
}

/** The options that give an optimisation profile. */
export function addShapeOptions(command: Command): Command {
  return command
    .option(
      '--profile <name=min,opt,max>',
      'shapes of one input, such as input_ids=1x1,8x128,32x512; once for each input',
      parseRange,
    )
    .option(
      '--minShapes <shapes>',
      'smallest shapes as trtexec takes them: a:1x1,b:1x1',
      parseShapes,
    )
    .option('--optShapes <shapes>', 'shapes to make fastest', parseShapes)
    .option('--maxShapes <shapes>', 'largest shapes', parseShapes);
}

/**
 * The one profile that the options give together; none where there are none.
 *
 * @throws TypeError where an input has not all of its three shapes.
 */
export function profilesOf(flags: ShapeFlags): Profile[] | undefined {
  const given: Record<Bound, Shapes | undefined> = {
    min: flags.minShapes,
    opt: flags.optShapes,
    max: flags.maxShapes,
  };
  const names = new Set(bounds.flatMap((bound) => [...(given[bound]?.keys() ?? [])]));
  const ranges = new Map<string, ShapeRange>(flags.profile);
  for (const name of names) {
    const shapes = bounds.map((bound) => given[bound]?.get(name));
    const missing = bounds.filter((_, index) => !shapes[index]);
    if (missing.length > 0) {
      const options = missing.map((bound) => `--${bound}Shapes`).join(' and ');
      throw new TypeError(`Expected a shape of '${name}' in ${options} too`);
    }
    const [min, opt, max] = shapes as [number[], number[], number[]];
    ranges.set(name, { min, opt, max });
  }
  return ranges.size > 0 ? [Object.fromEntries(ranges)] : undefined;
}

function parseRange(text: string, before: ReadonlyMap<string, ShapeRange> = new Map()) {
  // A name may hold '=' and ',' itself: what counts is what stands last.
  const [, name, ...shapes] = /^(.+)=([\dx]+),([\dx]+),([\dx]+)$/.exec(text) ?? [];
  if (!name)
    throw new InvalidArgumentError('Expected name=min,opt,max, such as ids=1x1,8x128,32x512.');
  const [min, opt, max] = shapes.map(parseDims) as [number[], number[], number[]];
  return new Map(before).set(name, { min, opt, max });
}

/** Reads shapes as trtexec takes them: `a:1x8,b:1x8`. */
export function parseShapes(text: string): Shapes {
  return new Map(
    text.split(',').map((part) => {
      const [, name, dims] = /^'?(.+?)'?:([\dx]+)$/.exec(part) ?? [];
      if (!name || !dims) throw new InvalidArgumentError('Expected name:dims, such as ids:8x128.');
      return [name, parseDims(dims)];
    }),
  );
}

function parseDims(text: string): number[] {
  const dims = text.split('x').map((dim) => (dim === '' ? Number.NaN : Number(dim)));
  if (dims.every(Number.isSafeInteger)) return dims;
  throw new InvalidArgumentError(`'${text}' is no shape such as 8x128.`);
}
