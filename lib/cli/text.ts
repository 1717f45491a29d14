import { stripVTControlCharacters } from 'node:util';
import { lineWidth, styled } from './terminal.js';

export { bytes, counted, number } from '../figures.js';

/** Dims as ONNX tools write them: `[batch, 384]`, with `?` for a size that nobody knows. */
export function shape(
  dims: readonly (number | string | null | undefined)[] | null | undefined,
): string {
  return dims ? `[${dims.map((dim) => dim ?? '?').join(', ')}]` : '[...]';
}

/** A title with lines below it; nothing where there are no lines. */
export function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return ['', styled('bold', title), ...lines.map((line) => `  ${line}`)];
}

/** Columns as wide as their widest cell. The last is wrapped where the terminal ends. */
export function table(rows: readonly (readonly string[])[], indent = 2): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => visibleWidth(row[column] ?? ''))),
  );
  return rows.flatMap((row) => {
    const head = row.slice(0, -1).map((cell, column) => pad(cell, widths[column] ?? 0));
    const start = head.map((cell) => `${cell}  `).join('');
    const lines = wrap(row.at(-1) ?? '', lineWidth() - visibleWidth(start) - indent);
    const margin = ' '.repeat(visibleWidth(start));
    return lines.map((line, index) => `${index === 0 ? start : margin}${line}`.trimEnd());
  });
}

/** Numbers stand at the right of their column. */
export function alignRight(cells: readonly string[]): string[] {
  const width = Math.max(0, ...cells.map(visibleWidth));
  return cells.map((cell) => cell.padStart(width + cell.length - visibleWidth(cell)));
}

/** A text with a margin, wrapped where the terminal ends. */
export function indented(text: string, margin: number): string[] {
  const start = ' '.repeat(margin);
  return wrap(text, lineWidth() - margin).map((line) => `${start}${line}`);
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(width - visibleWidth(cell));
}

function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Breaks a text between words. Words that are longer than a line stay whole. */
export function wrap(text: string, width: number): string[] {
  if (!(width >= 20) || visibleWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && visibleWidth(line) + 1 + visibleWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
