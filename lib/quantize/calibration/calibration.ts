import { invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { readCalibration, writeCalibration } from './calibration-file.js';
import { mergeCounted } from './counted.js';
import type { HistogramSnapshot } from './native-calibration.js';
import { chooseRanges, type RangeOptions } from './ranges.js';
import { CalibrationTable, type TensorRange } from './table.js';

/** What {@link Calibration} is made from. */
export interface CalibrationFields {
  /** Identifies the model that ran: its nodes, and a part of its weights. */
  readonly model: string;
  /** The input whose zeros were left out as padding. */
  readonly mask?: string | undefined;
  /** How many samples were run. */
  readonly samples: number;
  /** By tensor name. */
  readonly histograms: ReadonlyMap<string, HistogramSnapshot>;
  /** What is to be known about how a tensor was counted, by tensor name. */
  readonly notes?: ReadonlyMap<string, string> | undefined;
}

/**
 * What `collect` has counted: a histogram of the values of every observed tensor. Ranges of every
 * method come from it without running the model again. Immutable.
 *
 * The histograms depend on the values alone, not on the order of the samples, on how they were cut
 * into batches, or on how many parts were counted apart and merged.
 */
export class Calibration implements CalibrationFields {
  readonly model: string;
  readonly mask: string | undefined;
  readonly samples: number;
  readonly histograms: ReadonlyMap<string, HistogramSnapshot>;
  readonly notes: ReadonlyMap<string, string>;

  /** @internal */
  constructor({ model, mask, samples, histograms, notes = new Map() }: CalibrationFields) {
    this.model = model;
    this.mask = mask;
    this.samples = samples;
    this.histograms = new Map(histograms);
    this.notes = new Map(notes);
  }

  /**
   * Both together, as if the samples of both had been run by one `collect`.
   *
   * @throws TensorRTError `ERR_CALIBRATION` that says what differs, when they are of different
   * models, observed different tensors or left out other padding.
   */
  merge(other: Calibration): Calibration {
    if (!(other instanceof Calibration)) throw invalidArgument('other', 'a Calibration', other);
    checkMergeable(this, other);
    const samples = this.samples + other.samples;
    return new Calibration({ ...this, samples, ...mergeCounted([this, other]) });
  }

  /**
   * The ranges of all tensors.
   *
   * @throws TypeError for options that are none, and for an override whose pattern covers no tensor.
   */
  table(options: RangeOptions = {}): CalibrationTable {
    const ranges = chooseRanges(this.histograms, options);
    for (const [name, note] of this.notes) {
      ranges.set(name, { ...(ranges.get(name) as TensorRange), note });
    }
    const { method = 'percentile', percentile = 99.99 } = options;
    return new CalibrationTable({
      method,
      percentile: method === 'percentile' ? percentile : undefined,
      samples: this.samples,
      ranges,
    });
  }

  /** Writes all there is to a compressed file. @throws TensorRTError `ERR_FILE` */
  async save(path: string): Promise<void> {
    await writeCalibration(path, this);
  }

  /**
   * @throws TensorRTError `ERR_FILE` when the file cannot be read, `ERR_CALIBRATION` that says what
   * is wrong when it is damaged or something else.
   */
  static async load(path: string): Promise<Calibration> {
    return new Calibration(await readCalibration(path));
  }
}

/** What has to be the same in calibrations that become one. */
export interface Observation extends Pick<CalibrationFields, 'model' | 'mask'> {
  readonly histograms: { keys(): Iterable<string>; has(tensor: string): boolean };
}

/** @throws TensorRTError `ERR_CALIBRATION` that says why two calibrations cannot become one. */
export function checkMergeable(a: Observation, b: Observation): void {
  const difference = differenceOf(a, b);
  if (!difference) return;
  throw new TensorRTError('ERR_CALIBRATION', `The calibrations do not fit: ${difference}.`, {
    remedy: 'Merge and resume what was collected from one model with the same options.',
  });
}

function differenceOf(a: Observation, b: Observation): string | undefined {
  if (a.model !== b.model) return 'they are of different models';
  if (a.mask !== b.mask) {
    return `one left out padding by ${describeMask(a)}, the other by ${describeMask(b)}`;
  }
  return missingTensor(a, b) ?? missingTensor(b, a);
}

function describeMask({ mask }: Observation): string {
  return mask === undefined ? 'no mask' : `the mask '${mask}'`;
}

function missingTensor(a: Observation, b: Observation): string | undefined {
  const name = [...a.histograms.keys()].find((tensor) => !b.histograms.has(tensor));
  return name === undefined ? undefined : `tensor '${name}' was observed in one of them only`;
}
