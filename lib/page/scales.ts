/** Where the values of an axis are drawn, in pixels. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  at(value: number): number;
  /** The value that is drawn at a pixel. */
  invert(pixel: number): number;
  /** Round values between the ends, at most about `count`. */
  ticks(count: number): number[];
}

export function linearScale(from: number, to: number, start: number, end: number): Scale {
  const span = to > from ? to - from : 1;
  return {
    from,
    to,
    at: (value) => start + ((value - from) / span) * (end - start),
    invert: (pixel) => from + ((pixel - start) / (end - start)) * span,
    ticks: (count) => linearTicks(from, to, count),
  };
}

/** Of values above 0. */
export function logScale(from: number, to: number, start: number, end: number): Scale {
  const [low, high] = [Math.log(from), Math.log(to)];
  const span = high > low ? high - low : 1;
  return {
    from,
    to,
    at: (value) => start + ((Math.log(value) - low) / span) * (end - start),
    invert: (pixel) => Math.exp(low + ((pixel - start) / (end - start)) * span),
    ticks: (count) => logTicks(from, to, count),
  };
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function linearTicks(from: number, to: number, count: number): number[] {
  if (!(to > from)) return [from];
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  // A multiple of the step is nearer to the decimal number than a sum of steps.
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to + step * 1e-9; index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** What stands between two powers of ten, where there is room for it: the more the further down. */
const mantissas: readonly (readonly number[])[] = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7]];

function logTicks(from: number, to: number, count: number): number[] {
  const [low, high] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))];
  const powers = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  const within = (value: number) => value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9);
  const choices = mantissas.map((factors) =>
    powers.flatMap((power) => factors.map((factor) => timesPower(factor, power))).filter(within),
  );
  const fitting = choices.filter(({ length }) => length <= count);
  if (fitting.length === 0) {
    const all = choices[0] as number[];
    const step = Math.ceil(all.length / Math.max(1, count));
    return all.filter((_, index) => index % step === 0);
  }
  const richest = fitting.at(-1) as number[];
  // Within one power of ten, steps of one size look even enough.
  return richest.length < Math.min(3, count) && to / from < 10
    ? linearTicks(from, to, count)
    : richest;
}

/** As the decimal number reads: 3e-7, where 3 * 10 ** -7 is 3.0000000000000004e-7. */
function timesPower(factor: number, power: number): number {
  return Number(`${factor}e${power}`);
}

export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential().replace('+', '');
  return value.toLocaleString('en-US', { maximumFractionDigits: 9 });
}

/** A share as a percentage. */
export function shareLabel(share: number): string {
  return `${tickLabel(Number((100 * share).toPrecision(9)))} %`;
}

/** A line through points, as the `d` of a path. */
export function linePath(points: readonly (readonly [x: number, y: number])[]): string {
  return points
    .map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${tenths(x)} ${tenths(y)}`)
    .join('');
}

/** Enough for a screen, and a third of the text. */
export function tenths(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
