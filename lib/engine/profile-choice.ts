import { TensorRTError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import type { DeviceTensor } from './device-tensor.js';
import type { ShapeRange } from './profiles.js';

/** The ranges of one optimisation profile, by input. */
export type EngineProfile = Readonly<Record<string, ShapeRange>>;

/** Chooses among the profiles that a session runs. */
export class ProfileChoice {
  /** Tightest first. */
  readonly #candidates: readonly { index: number; profile: EngineProfile }[];

  constructor(profiles: readonly EngineProfile[], allowed: readonly number[]) {
    this.#candidates = allowed
      .map((index) => ({ index, profile: profiles[index] as EngineProfile }))
      .sort((a, b) => largestVolume(a.profile) - largestVolume(b.profile) || a.index - b.index);
  }

  /**
   * The tightest profile that holds the feeds: TensorRT chooses kernels for a profile as a whole, so
   * a tighter one is faster.
   *
   * @throws TensorRTError ERR_FEED with the input, what it has and what each profile holds.
   */
  indexFor(feeds: Readonly<Record<string, Tensor | DeviceTensor>>): number {
    const fitting = this.#candidates.find(({ profile }) => misfitIn(profile, feeds) === undefined);
    if (fitting) return fitting.index;
    throw this.#misfit(feeds);
  }

  #misfit(feeds: Readonly<Record<string, Tensor | DeviceTensor>>): TensorRTError {
    const widest = this.#candidates.at(-1);
    const name = (widest && misfitIn(widest.profile, feeds)) ?? '';
    const ranges = this.#candidates.map(({ index, profile }) => {
      const { min, opt, max } = profile[name] ?? { min: [], opt: [], max: [] };
      return `profile ${index} holds min [${min.join(', ')}], opt [${opt.join(', ')}], max [${max.join(', ')}]`;
    });
    const range = widest?.profile[name];
    const what = range?.values ? 'values' : 'shape';
    const came = range ? boundedBy(range, feeds[name] as Tensor) : [];
    return new TensorRTError(
      'ERR_FEED',
      `Input '${name}' has ${what} [${came.join(', ')}], but ${ranges.join('; ')}.`,
      { tensor: name, remedy: 'Feed less, or build the engine with a wider profile.' },
    );
  }
}

/** What a range bounds of a feed: its values where it is a shape tensor, else its shape. */
function boundedBy(range: ShapeRange, feed: Tensor | DeviceTensor): readonly number[] {
  return range.values && 'data' in feed ? Array.from(feed.data, Number) : feed.dims;
}

/** The first input that is out of its range. */
function misfitIn(
  profile: EngineProfile,
  feeds: Readonly<Record<string, Tensor | DeviceTensor>>,
): string | undefined {
  return Object.keys(profile).find((name) => {
    const range = profile[name] as ShapeRange;
    const numbers = boundedBy(range, feeds[name] as Tensor);
    return !numbers.every(
      (number, i) => number >= (range.min[i] ?? 0) && number <= (range.max[i] ?? 0),
    );
  });
}

function largestVolume(profile: EngineProfile): number {
  return Object.values(profile).reduce(
    (sum, { max }) => sum + max.reduce((product, dim) => product * Math.max(dim, 1), 1),
    0,
  );
}
