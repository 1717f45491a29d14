import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import type { CsvError, Info } from 'csv-parse';
import { fileError, isSystemError } from '../files.js';
import { isJsonLines, jsonLinesOf } from './lines.js';
import { sampleError } from './sample-error.js';

/** Named fields, or what else a JSON line may be; and what to call it in messages. */
export interface SampleRecord {
  readonly value: unknown;
  readonly label: string;
}

/** Names of fields in a message. */
const namesTold = 10;

/** Whether a file has a record on each line or row, by its name. */
export function hasRecords(path: string): boolean {
  return isJsonLines(path) || isTable(path);
}

/** The JSON values of `.jsonl`; of `.csv` and `.tsv` the rows, whose fields are texts. */
export function recordsOf(path: string): AsyncGenerator<SampleRecord> {
  return isTable(path) ? rowsOf(path) : jsonLinesOf(path);
}

function isTable(path: string): boolean {
  return /\.[ct]sv$/i.test(path);
}

/** What a record has in a field. @throws TensorRTError `ERR_SAMPLES` where it has no such field. */
export function fieldOf({ value, label }: SampleRecord, name: string): unknown {
  const fields = typeof value === 'object' && value !== null ? value : {};
  if (Object.hasOwn(fields, name)) return fields[name as keyof typeof fields];
  const names = Object.keys(fields).slice(0, namesTold);
  throw sampleError(
    label,
    `has no field '${name}'${names.length > 0 ? `, but ${names.join(', ')}` : ''}`,
  );
}

/** As `fieldOf`, for one that holds a text. */
export function textOf(record: SampleRecord, name: string): string {
  const text = fieldOf(record, name);
  if (typeof text === 'string') return text;
  throw sampleError(record.label, `has no text in the field '${name}'`);
}

/**
 * Rows below a line with the names of the columns: separated by commas, with quotes (RFC 4180), or by
 * tabs, where a quote is a character as any other (IANA's text/tab-separated-values).
 */
async function* rowsOf(path: string): AsyncGenerator<SampleRecord> {
  const { parse } = await import('csv-parse');
  const layout = /\.tsv$/i.test(path) ? { delimiter: '\t', quote: null } : {};
  const parser = parse({ ...layout, columns: true, bom: true, info: true, skip_empty_lines: true });
  // Where reading fails, the parser ends with that error.
  pipeline(createReadStream(path), parser, () => {});
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: unknown; info: Info }>) {
      yield { value: record, label: `${path}:${info.lines}` };
    }
  } catch (cause) {
    if (isSystemError(cause)) throw fileError('read', path, cause);
    throw sampleError(path, `is no table: ${(cause as CsvError).message}`, {
      cause,
      remedy: 'Write as many fields in each row as in the first, and texts with commas in quotes.',
    });
  }
}
