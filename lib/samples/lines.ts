import { createReadStream } from 'node:fs';
import { onFile } from '../files.js';
import { sampleError } from './sample-error.js';

/** A line of a text file that is not empty; lines are counted from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** The lines of a UTF-8 file. The file may be of any size, a line as long as a string can be. */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 });
  const pieces: AsyncIterator<string> = stream[Symbol.asyncIterator]();
  let number = 0;
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await onFile('read', path, () => pieces.next());
      const lines = (done ? rest : rest + value).split('\n');
      rest = done ? '' : (lines.pop() as string);
      for (const line of lines) {
        number++;
        const text = (number === 1 ? line.replace(/^\uFEFF/, '') : line).trim();
        if (text !== '') yield { text, number };
      }
      if (done) return;
    }
  } finally {
    stream.destroy();
  }
}

/** Whether a file has a JSON value on each line, by its name. */
export function isJsonLines(path: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(path);
}

/** What the lines of a JSON-lines file hold, each with what to call it in messages. */
export async function* jsonLinesOf(
  path: string,
): AsyncGenerator<{ value: unknown; label: string }> {
  for await (const { text, number } of linesOf(path)) {
    const label = `${path}:${number}`;
    yield { value: parseJson(label, text), label };
  }
}

function parseJson(label: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw sampleError(label, `is not JSON: ${(cause as Error).message}`, {
      cause,
      remedy: 'Write one JSON value a line.',
    });
  }
}
