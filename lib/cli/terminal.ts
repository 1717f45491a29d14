import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Whether texts on the standard output are coloured: not in a pipe, and not with `NO_COLOR`. */
export function hasColours(env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return process.stdout.isTTY === true && env['TERM'] !== 'dumb';
}

/** A text in a style, where the standard output shows styles. */
export function styled(style: Style, text: string): string {
  // Whether the stream can show it was decided above.
  return hasColours() ? styleText(style, text) : text;
}

/** Columns of the terminal. A pipe has no width: its reader decides where lines break. */
export function lineWidth(): number {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS'] ?? 0);
  return columns >= 40 ? columns : Number.POSITIVE_INFINITY;
}

export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.map(harmless).join('\n')}\n`);
}

const escapeCharacter = '\u001b';
const steering = new RegExp(`(?!${escapeCharacter}\\[\\d+(;\\d+)*m)\\p{Cc}`, 'gu');

/** Names in a model may hold anything; what would steer the terminal, but for styles, is left out. */
function harmless(line: string): string {
  return line.replaceAll(steering, '�');
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** What is told beside the result, also what went wrong: on standard error, so that pipes get the result alone. */
export function note(text: string): void {
  process.stderr.write(`${text.split('\n').map(harmless).join('\n')}\n`);
}
