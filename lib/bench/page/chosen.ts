/// <reference lib="dom" />
import { html, svg } from '../../page/elements.js';
import type { BenchPageData, PageCell, PageResult } from '../html/page-data.js';

/** More than these are not told apart. */
const mostChosen = 8;
const colours = 8;

/** A cell that was measured. */
export type MeasuredCell = PageCell & { readonly result: PageResult };

/** A cell whose latencies are drawn, and how it looks. */
export interface ChosenCell extends MeasuredCell {
  readonly look: string;
}

/** The class that gives the colour of a series. */
export function colourOf(series: number): string {
  return `c${series % colours}`;
}

export function isMeasured(cell: PageCell): cell is MeasuredCell {
  return cell.result !== undefined;
}

/** The cells that the reader has chosen to look at. */
export class Chosen {
  readonly #cells: readonly PageCell[];
  #indices: readonly number[];
  readonly #listeners: (() => void)[] = [];

  constructor({ cells, chosen }: BenchPageData) {
    this.#cells = cells;
    this.#indices = chosen;
  }

  /** In the order of the report. Those of one series have one colour and differ in their dashes. */
  get cells(): ChosenCell[] {
    const seen = new Map<number, number>();
    return [...this.#indices]
      .sort((a, b) => a - b)
      .map((index) => this.#cells[index] as MeasuredCell)
      .map((cell) => {
        const before = seen.get(cell.series) ?? 0;
        seen.set(cell.series, before + 1);
        return { ...cell, look: `${colourOf(cell.series)} dash${before}` };
      });
  }

  has(index: number): boolean {
    return this.#indices.includes(index);
  }

  /** Puts a cell in or takes it out; where there are too many, the one chosen first goes. */
  toggle(index: number): void {
    this.#indices = this.has(index)
      ? this.#indices.filter((other) => other !== index)
      : [...this.#indices, index].slice(-mostChosen);
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}

/** A piece of the line that a cell is drawn with. */
export function swatch(look: string): SVGElement {
  return svg('svg', { class: 'swatch', viewBox: '0 0 22 10', 'aria-hidden': 'true' }, [
    svg('line', { class: `curve ${look}`, x1: 1, x2: 21, y1: 5, y2: 5 }),
  ]);
}

export function legend(entries: readonly (readonly [look: string, name: string])[]): HTMLElement {
  return html(
    'ul',
    { class: 'legend' },
    entries.map(([look, name]) => html('li', {}, [swatch(look), name])),
  );
}

/** Says that nothing is chosen, in the place of a chart. */
export function nothingChosen(): HTMLElement {
  return html('p', { class: 'quiet' }, ['Choose cells in the table to see them here.']);
}
