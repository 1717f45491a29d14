import { readFile } from 'node:fs/promises';
import { TensorRTError } from '../../errors.js';
import { onFile, writeFiles } from '../../files.js';
import { isPercentile, type RangeMethod, rangeMethods } from './ranges.js';

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
}

const format = 'tensorrt-node calibration table';
/** Version 1 had no method for each range. */
const version = 2;

/** The ranges of a model's tensors, as found by `calibrate`. Immutable. */
export class CalibrationTable implements CalibrationTableFields {
  readonly method: CalibrationMethod;
  readonly percentile: number | undefined;
  readonly samples: number;
  readonly ranges: ReadonlyMap<string, TensorRange>;

  constructor({ method, percentile, samples, ranges }: CalibrationTableFields) {
    this.method = method;
    this.percentile = percentile;
    this.samples = samples;
    this.ranges = new Map(ranges);
  }

  toJSON(): object {
    const { method, percentile, samples } = this;
    const ranges = Object.fromEntries(this.ranges);
    return { format, version, method, percentile, samples, ranges };
  }

  /** @throws TensorRTError `ERR_CALIBRATION` that says what is wrong, when it is no such table. */
  static fromJSON(value: unknown): CalibrationTable {
    return parseTable(value, 'The value');
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
    if (value === undefined) throw notATable(`'${path}'`, 'it is not JSON', path);
    return parseTable(value, `'${path}'`, path);
  }
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseTable(value: unknown, subject: string, file?: string): CalibrationTable {
  const check = (valid: boolean, problem: string) => {
    if (!valid) throw notATable(subject, problem, file);
  };
  check(isObject(value), 'it is not an object');
  const table = value as Record<string, unknown>;
  check(table['format'] === format, `its format is ${show(table['format'])}, not '${format}'`);
  check(
    table['version'] === version || table['version'] === 1,
    `its version is ${show(table['version'])}, and this release reads 1 and ${version}`,
  );
  const { method, percentile, samples, ranges } = table;
  check(methods.includes(method), `its method is ${show(method)}`);
  check(
    method === 'percentile' ? isPercentile(percentile) : percentile === undefined,
    `its percentile is ${show(percentile)}`,
  );
  check(
    isCount(samples) && (method === 'given' || samples !== 0),
    `its number of samples is ${show(samples)}`,
  );
  check(isObject(ranges), 'it has no ranges');
  const shared = table['version'] === 1 ? { method, percentile } : {};
  const entries = Object.entries(ranges as object).map(([name, value]) => {
    const range = { ...shared, ...(isObject(value) && value) } as TensorRange;
    for (const [key, isValid] of rangeFields) {
      check(isValid(range[key], range), `the ${key} of tensor '${name}' is ${show(range[key])}`);
    }
    return [name, pickRange(range)] as const;
  });
  return new CalibrationTable({
    method: method as CalibrationMethod,
    percentile: percentile as number | undefined,
    samples: samples as number,
    ranges: new Map(entries),
  });
}

const methods: readonly unknown[] = [...rangeMethods, 'auto', 'given'];
const methodsOfRanges: readonly unknown[] = [...rangeMethods, 'given'];

const rangeFields: [keyof TensorRange, (value: unknown, range: TensorRange) => boolean][] = [
  ['amax', isMagnitude],
  ['absmax', isMagnitude],
  ['count', isCount],
  ['nonFinite', isCount],
  ['method', (value) => methodsOfRanges.includes(value)],
  [
    'percentile',
    (value, { method }) => (method === 'percentile' ? isPercentile(value) : value === undefined),
  ],
  ['note', (value) => value === undefined || typeof value === 'string'],
];

/** The range without fields that it need not have, and without those of a later release. */
function pickRange(range: TensorRange): TensorRange {
  const { amax, absmax, count, nonFinite, method, percentile, note } = range;
  return {
    amax,
    absmax,
    count,
    nonFinite,
    method,
    ...(percentile !== undefined && { percentile }),
    ...(note !== undefined && { note }),
  };
}

function isMagnitude(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

function notATable(subject: string, problem: string, file: string | undefined): TensorRTError {
  return new TensorRTError(
    'ERR_CALIBRATION',
    `${subject} is not a calibration table of this package: ${problem}.`,
    { file, remedy: 'Calibrate again, or use a file that CalibrationTable.save() wrote.' },
  );
}
