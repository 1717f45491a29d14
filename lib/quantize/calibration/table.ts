import { readFile } from 'node:fs/promises';
import { checkOptions, checkText, invalidArgument } from '../../arguments.js';
import { onFile, writeFiles } from '../../files.js';
import { formatOrtTable, parseOrtTable } from '../interchange/ort-table.js';
import { formatTensorRTCache, parseTensorRTCache } from '../interchange/trt-cache.js';
import type { RangeMethod } from './ranges.js';
import { format, notATable, ownKind, parseJSON, parseTable, version } from './table-json.js';

/**
 * How the ranges of a table were found: by one method, by the best one for each tensor (`'auto'`),
 * or not in calibration at all (`'given'`).
 */
export type CalibrationMethod = RangeMethod | 'auto' | 'given';

/** What calibration saw of one tensor. All numbers are about absolute values. */
export interface TensorRange {
  /** The range to be represented in INT8: the scale is amax / 127. 0 when there is none. */
  readonly amax: number;
  /** The largest finite value. That of a range from another tool's table is `amax`. */
  readonly absmax: number;
  /** How many finite values came; 0 for a range from another tool's table. */
  readonly count: number;
  /** How many NaN and infinite values came; they have no part in the range. */
  readonly nonFinite: number;
  /** How `amax` was found. `'given'`: by the user, or by another tool. */
  readonly method: RangeMethod | 'given';
  /** In percent; present for the method `'percentile'` only. */
  readonly percentile?: number | undefined;
  /** What is to be known about how the tensor was counted, such as padding that was not left out. */
  readonly note?: string | undefined;
}

export interface CalibrationTableFields {
  readonly method: CalibrationMethod;
  /** In percent; present for the method `'percentile'` only. */
  readonly percentile?: number | undefined;
  /** How many samples were run; 0 for a table of another tool. */
  readonly samples: number;
  /** By tensor name. */
  readonly ranges: ReadonlyMap<string, TensorRange>;
  /** Of a table of another tool, how that found it: `TRT-8501-EntropyCalibration2`, `MinMax`. */
  readonly source?: string | undefined;
}

/** The ranges of a model's tensors, as found by `calibrate`. Immutable. */
export class CalibrationTable implements CalibrationTableFields {
  readonly method: CalibrationMethod;
  readonly percentile: number | undefined;
  readonly samples: number;
  readonly ranges: ReadonlyMap<string, TensorRange>;
  readonly source: string | undefined;

  constructor({ method, percentile, samples, ranges, source }: CalibrationTableFields) {
    this.method = method;
    this.percentile = percentile;
    this.samples = samples;
    this.ranges = new Map(ranges);
    this.source = source;
  }

  toJSON(): object {
    const { method, percentile, samples, source } = this;
    const ranges = Object.fromEntries(this.ranges);
    return { format, version, method, percentile, samples, source, ranges };
  }

  /** @throws TensorRTError `ERR_CALIBRATION` that says what is wrong, when it is no such table. */
  static fromJSON(value: unknown): CalibrationTable {
    return new CalibrationTable(parseTable(value, 'The value'));
  }

  /**
   * Reads a calibration cache of TensorRT 5 to 10, whose calibrators TensorRT 11 no longer has.
   * TensorRT names the tensors as the ONNX model does, so the ranges fit the model that the cache was
   * made with; it may lack some that `quantize` needs.
   *
   * @param text - of the file: a line such as `TRT-8501-EntropyCalibration2`, then one for each tensor.
   * @throws TensorRTError `ERR_CALIBRATION` that says what is wrong, when it is no such cache.
   */
  static fromTensorRTCache(text: string): CalibrationTable {
    checkText('text', text);
    const { header, amax } = parseTensorRTCache(text, (problem) =>
      notATable('The text', 'calibration cache of TensorRT', problem),
    );
    return tableOfAnother(amax, header);
  }

  /**
   * The text of a calibration cache for TensorRT 5 to 10, which takes it only for its own version
   * and the algorithm that its calibrator has. Tensors whose amax is 0 are left out.
   *
   * @param options - `header`: its first line. Default: that of the cache which the table was read
   * from, else `TRT-8501-EntropyCalibration2`.
   */
  toTensorRTCache(options: { header?: string | undefined } = {}): string {
    checkOptions('options', options, ['header']);
    const known = this.source?.startsWith('TRT-') ? this.source : 'TRT-8501-EntropyCalibration2';
    const { header = known } = options;
    if (!/^TRT-\w+-\w+$/.test(header)) {
      throw invalidArgument('options.header', "such as 'TRT-8501-EntropyCalibration2'", header);
    }
    return formatTensorRTCache({ header, amax: amaxOf(this.ranges) });
  }

  /**
   * Reads what `write_calibration_table` of ONNX Runtime writes: `calibration.json`, or
   * `calibration.cache`, which has only the upper bound of each tensor. Its third form, FlatBuffers,
   * is not read.
   *
   * @throws TensorRTError `ERR_CALIBRATION` that says what is wrong, when it is no such table.
   */
  static fromOnnxRuntime(text: string): CalibrationTable {
    checkText('text', text);
    const { method, amax } = parseOrtTable(text, (problem) =>
      notATable('The text', 'calibration table of ONNX Runtime', problem),
    );
    return tableOfAnother(amax, method);
  }

  /** The text of a `calibration.json` of ONNX Runtime, with symmetric ranges. */
  toOnnxRuntime(): string {
    return formatOrtTable(amaxOf(this.ranges));
  }

  /** Writes the table as JSON. @throws TensorRTError `ERR_FILE` */
  async save(path: string): Promise<void> {
    const text = `${JSON.stringify(this, undefined, 2)}\n`;
    await writeFiles([{ path, parts: [new TextEncoder().encode(text)] }]);
  }

  /**
   * @throws TensorRTError `ERR_FILE` when the file cannot be read, `ERR_CALIBRATION` when it is
   * damaged or something else.
   */
  static async load(path: string): Promise<CalibrationTable> {
    const text = await onFile('read', path, () => readFile(path, 'utf8'));
    const value = parseJSON(text);
    if (value === undefined) throw notATable(`'${path}'`, ownKind, 'it is not JSON', path);
    return new CalibrationTable(parseTable(value, `'${path}'`, path));
  }
}

function tableOfAnother(
  amaxByTensor: ReadonlyMap<string, number>,
  source: string | undefined,
): CalibrationTable {
  const ranges = Array.from(amaxByTensor, ([name, amax]) => {
    const range: TensorRange = { amax, absmax: amax, count: 0, nonFinite: 0, method: 'given' };
    return [name, range] as const;
  });
  return new CalibrationTable({ method: 'given', samples: 0, ranges: new Map(ranges), source });
}

function amaxOf(ranges: ReadonlyMap<string, TensorRange>): Map<string, number> {
  return new Map(Array.from(ranges, ([name, { amax }]) => [name, amax]));
}
