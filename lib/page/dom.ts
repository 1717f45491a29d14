/// <reference lib="dom" />
import { type Attributes, type Child, html } from './elements.js';

export function byId(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** What the page was written with. */
export function pageData<T>(): T {
  return JSON.parse(byId('data').textContent ?? '') as T;
}

/** A row of a table; the first cell names the row. */
export function tableRow(cells: readonly Child[], attributes: Attributes = {}): HTMLElement {
  const [name = '', ...others] = cells;
  const head = html('th', { scope: 'row' }, [name]);
  return html('tr', attributes, [head, ...others.map((cell) => html('td', {}, [cell]))]);
}

/** Tells for a text whether it has all words of a search. */
export function matcher(search: string): (text: string) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.toLowerCase().includes(word));
}

/** Goes from light to dark and back, whatever the reader's system prefers. */
export function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const dark =
    dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  dataset['theme'] = dark === 'dark' ? 'light' : 'dark';
}
