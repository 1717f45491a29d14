/// <reference lib="dom" />
import { type Attributes, type Child, html } from '../../page/elements.js';

export function byId(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** A row of a table; the first cell names the row. */
export function tableRow(cells: readonly Child[], attributes: Attributes = {}): HTMLElement {
  const [name = '', ...others] = cells;
  const head = html('th', { scope: 'row' }, [name]);
  return html('tr', attributes, [head, ...others.map((cell) => html('td', {}, [cell]))]);
}

export function wholeNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** Three digits, without an exponent where that is as short. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

export function percent(share: number): string {
  if (share === 0) return '0 %';
  return share < 0.0001
    ? `${(share * 100).toExponential(1)} %`
    : `${(share * 100).toPrecision(3)} %`;
}

/** Tells for a text whether it has all words of a search. */
export function matcher(search: string): (text: string) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.toLowerCase().includes(word));
}
