import { TensorRTError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import type { Profile, ShapeRange, ValueRange } from '../build/profiles.js';
import type { DeviceTensor } from '../device/device-tensor.js';
import type { Feeds } from './bindings.js';

/** Chooses among the profiles that a session runs. */
export class ProfileChoice {
  /** Tightest first. */
  readonly #candidates: readonly { index: number; profile: Profile }[];

  constructor(profiles: readonly Profile[], allowed: readonly number[]) {
    this.#candidates = allowed
      .map((index) => ({ index, profile: profiles[index] as Profile }))
      .sort((a, b) => largestVolume(a.profile) - largestVolume(b.profile) || a.index - b.index);
  }

  /**
   * The tightest profile that holds the feeds: TensorRT chooses kernels for a profile as a whole, so
   * a tighter one is faster.
   *
   * @throws TensorRTError ERR_FEED with the input, what it has and what each profile holds.
   */
  indexFor(feeds: Feeds): number {
    const fitting = this.#candidates.find(({ profile }) => misfitIn(profile, feeds) === undefined);
    if (fitting) return fitting.index;
    throw this.#misfit(feeds);
  }

  #misfit(feeds: Feeds): TensorRTError {
    const widest = this.#candidates.at(-1)?.profile ?? {};
    const name = misfitIn(widest, feeds) ?? '';
    const ranges = this.#candidates.map(({ index, profile }) => {
      const { min, opt, max } = boundsOf(profile[name] as ShapeRange | ValueRange);
      return (
        `profile ${index} holds min [${min.join(', ')}], opt [${opt.join(', ')}], ` +
        `max [${max.join(', ')}]`
      );
    });
    const range = widest[name] as ShapeRange | ValueRange;
    const what = 'values' in range ? 'values' : 'shape';
    const came = boundedBy(range, feeds[name] as Tensor);
    return new TensorRTError(
      'ERR_FEED',
      `Input '${name}' has ${what} [${came.join(', ')}], but ${ranges.join('; ')}.`,
      { tensor: name, remedy: 'Feed less, or build the engine with a wider profile.' },
    );
  }
}

function boundsOf(range: ShapeRange | ValueRange): ShapeRange {
  return 'values' in range ? range.values : range;
}

/** What a range bounds of a feed: its values where shapes depend on them, else its shape. */
function boundedBy(range: ShapeRange | ValueRange, feed: Tensor | DeviceTensor): readonly number[] {
  return 'values' in range && 'data' in feed ? Array.from(feed.data, Number) : feed.dims;
}

/** The first input that is out of its range. */
function misfitIn(profile: Profile, feeds: Feeds): string | undefined {
  return Object.keys(profile).find((name) => {
    const range = profile[name] as ShapeRange | ValueRange;
    const { min, max } = boundsOf(range);
    const numbers = boundedBy(range, feeds[name] as Tensor);
    return !numbers.every((number, i) => number >= (min[i] ?? 0) && number <= (max[i] ?? 0));
  });
}

function largestVolume(profile: Profile): number {
  return Object.values(profile).reduce(
    (sum, range) => sum + boundsOf(range).max.reduce((all, dim) => all * Math.max(dim, 1), 1),
    0,
  );
}
