import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadAddon } from '../native.js';
import type { Calibration } from '../quantize/calibration/calibration.js';
import type { HistogramSnapshot } from '../quantize/calibration/native-calibration.js';
import { chooseRanges, type RangeMethod } from '../quantize/calibration/ranges.js';
import type { CalibrationTable, TensorRange } from '../quantize/calibration/table.js';
import type { ReportRange, ReportTensor } from './report-data.js';

const methods: readonly RangeMethod[] = ['absmax', 'percentile', 'entropy', 'mse'];
/** Bars of the picture for each doubling of |x|: more cannot be told apart. */
const barsPerOctave = 8;
/** INT8 without -128, as TensorRT's symmetric quantization has it. */
const levels = 127;

/** Every tensor of a calibration, with the range in the table beside those that other methods choose. */
export async function tensorData(
  { histograms }: Calibration,
  table: CalibrationTable | undefined,
): Promise<ReportTensor[]> {
  const tensors: ReportTensor[] = [];
  for (const [name, snapshot] of histograms) {
    // A tensor takes milliseconds, a model has hundreds: the event loop gets its turn between.
    await nextTurn();
    const chosen = table?.ranges.get(name);
    const costs = costsIn(snapshot);
    const candidates = candidatesFor(snapshot, chosen, table?.percentile);
    const { absmax, finite, zeros, nans, infinities } = snapshot;
    tensors.push({
      name,
      ...{ absmax, finite, zeros, nans, infinities },
      ...barsOf(snapshot),
      candidates: candidates.map(costs),
      chosen: chosen && costs(chosen),
      note: chosen?.note,
    });
  }
  return tensors;
}

/** What each method chooses, as far as it is not known already. */
function candidatesFor(
  snapshot: HistogramSnapshot,
  chosen: TensorRange | undefined,
  percentile = 99.99,
): TensorRange[] {
  return methods.map((method) => {
    const options = { method, ...(method === 'percentile' && { percentile }) };
    if (chosen?.method === method && chosen.percentile === options.percentile) return chosen;
    return chooseRanges(new Map([['', snapshot]]), options).get('') as TensorRange;
  });
}

/** Bars that grow with |x|, so that all look as wide where |x| is drawn logarithmically. */
function barsOf({ counts, exponent }: HistogramSnapshot): Pick<ReportTensor, 'edges' | 'counts'> {
  const width = 2 ** exponent;
  const last = counts.findLastIndex((count) => count > 0n) + 1;
  const edges = [0];
  for (let step = 0; (edges.at(-1) as number) < last; step++) {
    const next = Math.round(2 ** (step / barsPerOctave));
    if (next > (edges.at(-1) as number)) edges.push(Math.min(next, last));
  }
  const bars = edges.slice(1).map((end, index) => {
    let sum = 0n;
    for (let bin = edges[index] as number; bin < end; bin++) sum += counts[bin] as bigint;
    return Number(sum);
  });
  return { edges: edges.map((bin) => bin * width), counts: bars };
}

function costsIn(snapshot: HistogramSnapshot): (range: TensorRange) => ReportRange {
  const { Histogram } = loadAddon();
  const histogram = new Histogram(snapshot);
  const { below, power } = cumulated(snapshot);
  const { finite, zeros, absmax } = snapshot;
  return ({ method, percentile, amax }) => {
    const noise = amax > 0 ? histogram.error(amax, levels) : 0;
    return {
      method: percentile === undefined ? method : `${method} ${percentile}`,
      amax,
      sqnr: noise > 0 && power > 0 ? 10 * Math.log10(power / noise) : null,
      clipped: amax < absmax && finite > 0 ? (finite - zeros - below(amax)) / finite : 0,
      flushed: finite > zeros ? below(amax / levels / 2) / (finite - zeros) : 0,
    };
  };
}

/** The number of values other than zero below a limit, and the mean of all squares. */
function cumulated({ counts, exponent, finite }: HistogramSnapshot) {
  const width = 2 ** exponent;
  const sums = new Float64Array(counts.length + 1);
  let squares = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = Number(counts[bin]);
    sums[bin + 1] = (sums[bin] as number) + count;
    squares += count * ((bin + 0.5) ** 2 + 1 / 12) * width ** 2;
  }
  /** Within a bin, values count as spread evenly. */
  const below = (limit: number): number => {
    const at = Math.min(counts.length, limit / width);
    const bin = Math.min(counts.length - 1, Math.floor(at));
    const [start, end] = [sums[bin] as number, sums[bin + 1] as number];
    return start + (end - start) * (at - bin);
  };
  return { below, power: finite > 0 ? squares / finite : 0 };
}
