import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mends } from '../../dist/check/fixes/index.js';
import { rules } from '../../dist/check/rules/index.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/check.md'), 'utf8');
const codes = page.slice(page.indexOf('## Codes'));

/** The table's rows, each as its cells. */
const rows = [...codes.matchAll(/^\| `([a-z0-9-]+)` \|(.*)\|$/gm)].map(([, code, rest]) => [
  code,
  ...(rest as string).split('|').map((cell) => cell.trim()),
]);

const cell = (text: string) => text.replaceAll('|', '\\|');

describe('docs/check.md', () => {
  it('has a row for every code, with the texts of its rule', () => {
    const expected = rules.map(({ code, severity, title, why, remedy }) => {
      const mend = mends.find((candidate) => candidate.code === code);
      const mended = mend ? `${mend.title}${mend.onlyByName ? ' (only where named)' : ''}` : '';
      return [code, severity, cell(`${title}. ${why}`), cell(remedy), cell(mended)];
    });
    expect(rows.filter(([code]) => code !== 'parser-refuses')).toEqual(expected);
  });

  it('names every option', () => {
    const source = readFileSync(join(import.meta.dirname, '../../lib/check/check.ts'), 'utf8');
    const list = /const optionNames[^=]*= \[(.*?)\]/s.exec(source)?.[1] ?? '';
    const names = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name);
    expect(names).toContain('target');
    for (const name of names) expect(page).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|`, 'm'));
  });

  it('tells of what the parser says by itself', () => {
    expect(rows.map(([code]) => code)).toContain('parser-refuses');
  });
});
