import { figure, percent } from '../../figures.js';
import type { Precision } from '../../variants/precision.js';
import type { BenchCell, BenchReport, BenchResult } from '../bench-report.js';
import { placeName, precisionName, runtimeName } from '../names.js';

/** One answer to "is it faster?". */
export interface Headline {
  readonly verdict: 'faster' | 'slower' | 'same';
  /** Such as `2.25×`. */
  readonly figure: string;
  readonly claim: string;
  /** The figures that it comes from. */
  readonly evidence: string;
  /** The names of the cells that the evidence quotes. */
  readonly cells: readonly string[];
}

type Measured = BenchCell & { readonly result: BenchResult };

interface Pair {
  readonly cell: Measured;
  readonly reference: Measured;
  /** How many times as fast as the reference. */
  readonly ratio: number;
  /** Ratios no further from 1 than this are none. */
  readonly noise: number;
}

/** Differences below this are nobody's business, however exactly they were measured. */
const leastDifference = 0.03;

/**
 * Every precision against FP32, or else against the first one, of the same runtime; then every runtime
 * against ONNX Runtime, or else against the first one, in the same precision. Only cells of the same
 * shape and rate are compared.
 */
export function headlinesOf({ cells }: Pick<BenchReport, 'cells'>): Headline[] {
  const measured = cells.filter((cell): cell is Measured => cell.result !== undefined);
  return [...precisionHeadlines(measured), ...runtimeHeadlines(measured)];
}

function precisionHeadlines(cells: readonly Measured[]): Headline[] {
  const runtimes = distinct(cells.map(({ parameters }) => parameters.runtime));
  return runtimes.flatMap((runtime) => {
    const own = cells.filter(({ parameters }) => parameters.runtime === runtime);
    const precisions = distinct(own.map(({ parameters }) => parameters.precision));
    const reference = precisions.includes('fp32') ? 'fp32' : precisions[0];
    const inPrecision = (wanted: Precision | undefined) =>
      own.filter(({ parameters }) => parameters.precision === wanted);
    return precisions
      .filter((precision) => precision !== reference)
      .flatMap((precision) =>
        headline(inPrecision(precision), inPrecision(reference), {
          name: precisionName(precision),
          reference: reference ? precisionName(reference) : 'the model as given',
          place: runtimes.length > 1 ? ` on ${runtimeName(runtime)}` : '',
        }),
      );
  });
}

function runtimeHeadlines(cells: readonly Measured[]): Headline[] {
  const runtimes = distinct(cells.map(({ parameters }) => parameters.runtime));
  const reference = runtimes.find((name) => /^onnxruntime(:cpu)?$/.test(name)) ?? runtimes[0];
  const precisions = distinct(cells.map(({ parameters }) => parameters.precision));
  return precisions.flatMap((precision) => {
    const on = (runtime: typeof reference) =>
      cells.filter(
        ({ parameters }) => parameters.precision === precision && parameters.runtime === runtime,
      );
    return runtimes
      .filter((runtime) => runtime !== reference)
      .flatMap((runtime) =>
        headline(on(runtime), on(reference), {
          name: runtimeName(runtime),
          reference: reference ? runtimeName(reference) : '',
          place: precision ? ` in ${precisionName(precision)}` : '',
        }),
      );
  });
}

interface Names {
  readonly name: string;
  readonly reference: string;
  readonly place: string;
}

function headline(
  cells: readonly Measured[],
  references: readonly Measured[],
  { name, reference, place }: Names,
): Headline[] {
  const pairs = pairUp(cells, references);
  const typical = pairs[Math.floor((pairs.length - 1) / 2)];
  if (!typical) return [];
  const ratio = geometricMean(pairs.map((pair) => pair.ratio));
  const noise = Math.max(leastDifference, typical.noise);
  const verdict = Math.abs(ratio - 1) <= noise ? 'same' : ratio > 1 ? 'faster' : 'slower';
  return [
    {
      verdict,
      figure: `${times(ratio)}×`,
      claim: claims[verdict](name, reference) + place,
      evidence: evidenceOf(pairs, typical),
      cells: [typical.reference.name, typical.cell.name],
    },
  ];
}

const claims: Readonly<Record<Headline['verdict'], (name: string, reference: string) => string>> = {
  faster: (name, reference) => `${name} is faster than ${reference}`,
  slower: (name, reference) => `${name} is slower than ${reference}`,
  same: (name, reference) => `${name} is about as fast as ${reference}`,
};

/** Cells of the same shape and rate, from the smallest ratio to the largest. */
function pairUp(cells: readonly Measured[], references: readonly Measured[]): Pair[] {
  const byPlace = new Map(references.map((cell) => [placeKey(cell), cell]));
  return cells
    .flatMap((cell) => {
      const reference = byPlace.get(placeKey(cell));
      if (!reference) return [];
      const [a, b] = [cell.result.latency, reference.result.latency];
      const noise =
        2 * Math.hypot(a.variation / Math.sqrt(a.count), b.variation / Math.sqrt(b.count));
      return [{ cell, reference, ratio: speedOf(cell) / speedOf(reference), noise }];
    })
    .sort((a, b) => a.ratio - b.ratio);
}

function placeKey({ parameters: { batch, length, rate }, shapes }: BenchCell): string {
  return JSON.stringify([batch, length, rate, shapes]);
}

/** In an open loop the throughput is what was asked for, and only the latency tells. */
function speedOf({ parameters, result }: Measured): number {
  return parameters.rate === undefined ? result.inferencesPerSecond : 1 / result.latency.median;
}

function evidenceOf(pairs: readonly Pair[], typical: Pair): string {
  const { cell, reference } = typical;
  const place = placeName(cell.parameters);
  const unit = cell.parameters.rate === undefined;
  const speed = unit
    ? `${figure(cell.result.inferencesPerSecond)} against ${figure(reference.result.inferencesPerSecond)} inferences a second, `
    : '';
  const latency = `median ${figure(cell.result.latency.median)} against ${figure(reference.result.latency.median)} ms`;
  const [least, most] = [pairs[0], pairs.at(-1)] as [Pair, Pair];
  const span =
    pairs.length > 1
      ? `${times(least.ratio)}× (${placeName(least.cell.parameters)}) to ${times(most.ratio)}× (${placeName(most.cell.parameters)}) over ${pairs.length} shapes. `
      : '';
  const noise = typical.noise > leastDifference ? `, give or take ${percent(typical.noise)}` : '';
  return `${span}${place ? `At ${place}: ` : ''}${speed}${latency}${noise}.`;
}

function times(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
