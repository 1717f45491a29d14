import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { TensorRTError } from '../../errors.js';
import { onFile, writeFiles } from '../../files.js';
import { loadAddon } from '../../native.js';
import type { CalibrationFields } from './calibration.js';
import type { HistogramSnapshot } from './native-calibration.js';

/*
 * The file: gzip, whose checksum covers all of it, around one line of JSON and the counts of all
 * histograms. Most counts are small or zero, and a thousand tensors have eight million of them: each
 * is a varint, and a histogram ends with its last count above zero.
 */

const format = 'tensorrt-node calibration';
const version = 1;
const bins = 8192;

/** A histogram in the header. */
interface StoredHistogram extends Omit<HistogramSnapshot, 'counts'> {
  name: string;
  /** How many bins there are up to the last one that is not empty. */
  bins: number;
  note?: string | undefined;
}

interface Header {
  format: typeof format;
  version: typeof version;
  model: string;
  mask?: string | undefined;
  samples: number;
  tensors: StoredHistogram[];
}

/** @throws TensorRTError `ERR_FILE` */
export async function writeCalibration(
  path: string,
  { model, mask, samples, histograms, notes }: CalibrationFields,
): Promise<void> {
  const tensors: StoredHistogram[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, { counts, ...stored }] of histograms) {
    const end = counts.findLastIndex((count) => count > 0n) + 1;
    tensors.push({ name, bins: end, ...stored, note: notes?.get(name) });
    parts.push(encodeCounts(counts.subarray(0, end)));
    await nextTurn();
  }
  const header: Header = { format, version, model, mask, samples, tensors };
  const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...parts]);
  await writeFiles([{ path, parts: [await promisify(gzip)(bytes)] }]);
}

/** @throws TensorRTError `ERR_FILE`, and `ERR_CALIBRATION` that says what is wrong. */
export async function readCalibration(path: string): Promise<CalibrationFields> {
  const fail = (problem: string, cause?: unknown) =>
    new TensorRTError('ERR_CALIBRATION', `'${path}' is no usable calibration: ${problem}.`, {
      file: path,
      cause,
      remedy: 'Collect again, or use a file that Calibration.save() wrote.',
    });
  const file = await onFile('read', path, () => readFile(path));
  const bytes = await promisify(gunzip)(file).catch((cause) => {
    const isGzip = file[0] === 0x1f && file[1] === 0x8b;
    throw fail(isGzip ? `it is damaged (${cause.message})` : 'it is another kind of file', cause);
  });
  const end = bytes.indexOf('\n');
  const { model, mask, samples, tensors } = parseHeader(bytes.subarray(0, end), fail);
  const { Histogram } = loadAddon();
  const reader = new VarintReader(bytes, end + 1);
  const histograms = new Map<string, HistogramSnapshot>();
  for (const { name, bins: size, note: _, ...stored } of tensors) {
    const counts = new BigUint64Array(bins);
    for (let i = 0; i < Math.min(size, bins); i++) counts[i] = BigInt(reader.next());
    try {
      histograms.set(name, new Histogram({ counts, ...stored }).snapshot());
    } catch (cause) {
      throw fail(`the histogram of tensor '${name}' contradicts itself`, cause);
    }
    await nextTurn();
  }
  if (reader.position !== bytes.byteLength) throw fail('its counts do not fit its header');
  const notes = new Map(
    tensors.flatMap(({ name, note }) => (note === undefined ? [] : [[name, note] as const])),
  );
  return { model, mask, samples, histograms, notes };
}

function parseHeader(line: Uint8Array, fail: (problem: string) => TensorRTError): Header {
  let header: Partial<Header>;
  try {
    header = JSON.parse(Buffer.from(line).toString());
  } catch {
    throw fail('it is another kind of file');
  }
  if (header.format !== format) throw fail('it is another kind of file');
  if (header.version !== version) {
    throw fail(`its version is ${header.version}, and this release reads ${version}`);
  }
  const { model, mask, samples, tensors } = header;
  const isComplete =
    typeof model === 'string' &&
    (mask === undefined || typeof mask === 'string') &&
    Number.isSafeInteger(samples) &&
    Array.isArray(tensors) &&
    tensors.every((tensor) => typeof tensor?.name === 'string');
  if (!isComplete) throw fail('its header is not complete');
  return header as Header;
}

function encodeCounts(counts: BigUint64Array): Uint8Array {
  const bytes: number[] = [];
  for (const count of counts) {
    let rest = Number(count);
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

class VarintReader {
  readonly #bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  next(): number {
    let value = 0;
    let unit = 1;
    let byte: number;
    do {
      // Past the end each byte is 0, and the position tells that there were too few.
      byte = this.#bytes[this.position++] ?? 0;
      value += (byte % 128) * unit;
      unit *= 128;
    } while (byte >= 128);
    return value;
  }
}
