import { TensorRTError } from '../../errors.js';
import { isPercentile, rangeMethods } from './ranges.js';
import type { CalibrationMethod, CalibrationTableFields, TensorRange } from './table.js';

export const format = 'tensorrt-node calibration table';
/** Of the format. Version 1 had no method for each range. */
export const version = 2;

export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads what `CalibrationTable.toJSON` gives.
 *
 * @param subject - what to call the value in errors.
 * @throws TensorRTError `ERR_CALIBRATION` that says what is wrong.
 */
export function parseTable(value: unknown, subject: string, file?: string): CalibrationTableFields {
  const check = (valid: boolean, problem: string) => {
    if (!valid) throw notATable(subject, ownKind, problem, file);
  };
  check(isObject(value), 'it is not an object');
  const table = value as Record<string, unknown>;
  check(table['format'] === format, `its format is ${show(table['format'])}, not '${format}'`);
  check(
    table['version'] === version || table['version'] === 1,
    `its version is ${show(table['version'])}, and this release reads 1 and ${version}`,
  );
  const { method, percentile, samples, ranges, source } = table;
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
  check(source === undefined || typeof source === 'string', `its source is ${show(source)}`);
  const shared = table['version'] === 1 ? { method, percentile } : {};
  const entries = Object.entries(ranges as object).map(([name, value]) => {
    const range = { ...shared, ...(isObject(value) && value) } as TensorRange;
    for (const [key, isValid] of rangeFields) {
      check(isValid(range[key], range), `the ${key} of tensor '${name}' is ${show(range[key])}`);
    }
    return [name, pickRange(range)] as const;
  });
  return {
    method: method as CalibrationMethod,
    percentile: percentile as number | undefined,
    samples: samples as number,
    ranges: new Map(entries),
    source: source as string | undefined,
  };
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

export const ownKind = 'calibration table of this package';

export function notATable(
  subject: string,
  kind: string,
  problem: string,
  file?: string,
): TensorRTError {
  return new TensorRTError('ERR_CALIBRATION', `${subject} is not a ${kind}: ${problem}.`, {
    file,
    remedy:
      kind === ownKind
        ? 'Calibrate again, or use a file that CalibrationTable.save() wrote.'
        : 'Check that the file is whole, or calibrate with this package.',
  });
}
