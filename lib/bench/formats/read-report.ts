import { readFile } from 'node:fs/promises';
import { checkText } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { onFile } from '../../files.js';
import type { BenchReport } from '../bench-report.js';
import { findProblem, isObject, reportShape } from './report-shape.js';

const format: BenchReport['format'] = 'tensorrt-node-bench';
const version: BenchReport['version'] = 1;

/**
 * Reads a report that `bench --json` wrote, or that a program wrote with `JSON.stringify`.
 *
 * @throws TensorRTError `ERR_FILE` when the file cannot be read; `ERR_REPORT`, which says where it is
 * wrong, when it is damaged, of another version or something else.
 */
export async function readBenchReport(path: string): Promise<BenchReport> {
  checkText('path', path);
  return parseBenchReport(await onFile('read', path, () => readFile(path, 'utf8')), path);
}

/**
 * Reads the text of such a file.
 *
 * @param file - what to call it in errors.
 * @throws TensorRTError `ERR_REPORT`
 */
export function parseBenchReport(text: string, file?: string): BenchReport {
  const problem = problemOf(text);
  if (typeof problem !== 'string') return problem.report;
  const subject = file === undefined ? 'The text' : `'${file}'`;
  throw new TensorRTError('ERR_REPORT', `${subject} is no report of bench: ${problem}.`, {
    file,
    remedy: 'Write one with tensorrt-node bench --json.',
  });
}

function problemOf(text: string): string | { report: BenchReport } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `it is not JSON (${(error as Error).message})`;
  }
  if (!isObject(value)) return 'it is not an object';
  if (value['format'] !== format) {
    return `its format is ${JSON.stringify(value['format'])}, not '${format}'`;
  }
  if (value['version'] !== version) {
    return `its version is ${JSON.stringify(value['version'])}, and this release reads ${version}`;
  }
  return findProblem(value, reportShape) ?? { report: value as unknown as BenchReport };
}
