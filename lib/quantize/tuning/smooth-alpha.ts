import { loadAddon } from '../../native.js';

/** The strengths that are compared. */
const alphas = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** A smaller share of the error is not worth other weights. */
const leastGain = 0.1;

const mostRows = 64;
const rowsPerSample = 2;
const mostColumns = 64;
/** Its multiples fall evenly between whole numbers. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** Some of the rows of an activation, spread over the samples. */
export class KeptRows {
  readonly rows: Float32Array[] = [];
  readonly #channels: number;

  constructor(channels: number) {
    this.#channels = channels;
  }

  /** @param data - rows of one value per channel. */
  add(data: Float32Array): void {
    const count = data.length / this.#channels;
    for (let i = 0; i < rowsPerSample && this.rows.length < mostRows; i++) {
      // Other positions in every sample: first and last tokens are often unlike the rest.
      const position = Math.floor(((this.rows.length * goldenRatio) % 1) * count);
      const start = position * this.#channels;
      this.rows.push(data.slice(start, start + this.#channels));
    }
  }
}

/** A weight as one list of values per output channel. */
export type Columns = readonly Float32Array[];

/** Some of the output channels of a weight [channels, outputs], or [outputs, channels] with axis 0. */
export function someColumns(data: Float32Array, channels: number, axis: number): Columns {
  const outputs = data.length / channels;
  const count = Math.min(outputs, mostColumns);
  return Array.from({ length: count }, (_, i) => {
    const output = Math.floor((i * outputs) / count);
    return axis === 0
      ? data.slice(output * channels, (output + 1) * channels)
      : Float32Array.from({ length: channels }, (_, k) => data[k * outputs + output] as number);
  });
}

/**
 * The strength whose INT8 products are nearest to the float ones, on a few rows and columns of them.
 *
 * @param factorsOf - what the channels are divided by at a strength.
 * @returns undefined where none is clearly better than no smoothing at all.
 */
export function searchAlpha(
  rows: readonly Float32Array[],
  columns: Columns,
  factorsOf: (alpha: number) => Float32Array,
): number | undefined {
  const channels = rows[0]?.length ?? 0;
  const errorOf = (factors: Float32Array) => productError(rows, columns, factors);
  let least = (1 - leastGain) * errorOf(new Float32Array(channels).fill(1));
  let best: number | undefined;
  for (const alpha of alphas) {
    const error = errorOf(factorsOf(alpha));
    if (error >= least) continue;
    least = error;
    best = alpha;
  }
  return best;
}

/** The squared error of all products of rows and columns when both are INT8. */
function productError(
  rows: readonly Float32Array[],
  columns: Columns,
  factors: Float32Array,
): number {
  const smoothed = rows.map((row) => row.map((value, k) => value / (factors[k] as number)));
  const histogram = new (loadAddon().Histogram)();
  for (const row of smoothed) histogram.collect(row, 'float32');
  const amax = histogram.mse();
  const rounded = smoothed.map((row) => round(row, amax));
  let error = 0;
  for (const column of columns) {
    const weights = column.map((value, k) => value * (factors[k] as number));
    const roundedWeights = round(
      weights,
      weights.reduce((max, w) => Math.max(max, Math.abs(w)), 0),
    );
    rows.forEach((row, i) => {
      const difference = dot(row, column) - dot(rounded[i] as Float32Array, roundedWeights);
      error += difference * difference;
    });
  }
  return error;
}

function round(values: Float32Array, amax: number): Float32Array {
  if (amax === 0) return values;
  const scale = amax / 127;
  return values.map((value) => Math.max(-127, Math.min(127, Math.round(value / scale))) * scale);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
