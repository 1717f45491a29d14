/// <reference lib="dom" />
import { bytes, figure, number, percent } from '../../figures.js';
import { byId, matcher, tableRow } from '../../page/dom.js';
import { type Child, html } from '../../page/elements.js';
import type { BenchPageData, PageCell, PageResult } from '../html/page-data.js';
import { type Chosen, colourOf, swatch } from './chosen.js';

interface Column {
  readonly name: string;
  /** What it is, in full. */
  readonly title: string;
  of(result: PageResult): number | undefined;
  readonly text: (value: number) => string;
}

const milliseconds = (name: string, title: string, of: Column['of']): Column => ({
  ...{ name, title: `${title}, in milliseconds`, of, text: figure },
});

function columnsOf(unit: BenchPageData['unit']): Column[] {
  return [
    {
      name: `${unit}/s`,
      title: unit === 'samples' ? 'Rows of the batch a second' : 'Inferences a second',
      of: ({ throughput }) => throughput,
      text: figure,
    },
    milliseconds('median', 'Latency: median', ({ latency }) => latency.median),
    milliseconds('p90', 'Latency: 90 % are below', ({ latency }) => latency.p90),
    milliseconds('p99', 'Latency: 99 % are below', ({ latency }) => latency.p99),
    milliseconds('p99.9', 'Latency: 99.9 % are below', ({ latency }) => latency.p999),
    {
      name: 'variation',
      title: 'Latency: standard deviation by the mean',
      of: ({ latency }) => latency.variation,
      text: percent,
    },
    milliseconds('queue', 'Waiting in line, median', ({ queue }) => queue?.median),
    milliseconds('enqueue', 'Launching by the CPU, median', ({ enqueue }) => enqueue?.median),
    milliseconds('H2D', 'Inputs to the device, median', ({ copyIn }) => copyIn?.median),
    milliseconds('compute', 'Computing, median', ({ compute }) => compute?.median),
    milliseconds('D2H', 'Outputs from the device, median', ({ copyOut }) => copyOut?.median),
    {
      name: 'host memory',
      title: 'Most memory of the process',
      of: ({ memory }) => memory.hostPeak,
      text: bytes,
    },
    {
      name: 'device memory',
      title: 'Most memory of the device',
      of: ({ memory }) => memory.devicePeak,
      text: bytes,
    },
    {
      ...{ name: 'failed', title: 'Inferences that failed, and arrivals that were not served' },
      of: ({ failures, unserved = 0 }) => failures + unserved || undefined,
      text: number,
    },
    { name: 'W', title: 'Mean power', of: ({ energy }) => energy?.watts, text: figure },
    {
      name: 'J/million',
      title: 'Energy of a million samples',
      of: ({ cost }) => cost?.joules,
      text: figure,
    },
    {
      name: 'price/million',
      title: 'Price of a million samples',
      of: ({ cost }) => cost?.price,
      text: figure,
    },
  ];
}

/** All cells with their figures, to be sorted, searched, and chosen for the charts below. */
export class CellTable {
  readonly #cells: readonly PageCell[];
  readonly #columns: readonly Column[];
  readonly #chosen: Chosen;
  readonly #search = byId('cell-search') as HTMLInputElement;
  #order: { column: Column; descending: boolean } | undefined;

  constructor({ cells, unit }: BenchPageData, chosen: Chosen) {
    this.#cells = cells;
    this.#chosen = chosen;
    const results = cells.flatMap(({ result }) => result ?? []);
    this.#columns = columnsOf(unit).filter(({ of }) =>
      results.some((result) => of(result) !== undefined),
    );
    this.#search.addEventListener('input', () => this.#fill());
    chosen.onChange(() => this.#mark());
    this.#fill();
  }

  #fill(): void {
    byId('cell-head').replaceChildren(
      html('th', { scope: 'col' }, ['Cell']),
      ...this.#columns.map((column) => this.#head(column)),
    );
    const found = this.#sorted().filter(({ cell }) => matcher(this.#search.value)(cell.name));
    byId('cell-rows').replaceChildren(...found.map(({ cell, index }) => this.#row(cell, index)));
    const all = `${number(this.#cells.length)} ${this.#cells.length === 1 ? 'cell' : 'cells'}`;
    byId('cell-count').textContent =
      found.length === this.#cells.length ? all : `${number(found.length)} of ${all}`;
  }

  #head(column: Column): HTMLElement {
    const { name, title } = column;
    const isOrder = this.#order?.column === column;
    const direction = this.#order?.descending ? 'descending' : 'ascending';
    const sort = html('button', { type: 'button', class: 'sort', title }, [name]);
    sort.addEventListener('click', () => {
      this.#order = { column, descending: isOrder ? !this.#order?.descending : false };
      this.#fill();
      const again = byId('cell-head').children[this.#columns.indexOf(column) + 1];
      (again?.firstElementChild as HTMLElement | null)?.focus();
    });
    return html('th', { scope: 'col', 'aria-sort': isOrder ? direction : 'none' }, [sort]);
  }

  /** Cells without the figure come last in either direction. */
  #sorted(): { cell: PageCell; index: number }[] {
    const cells = this.#cells.map((cell, index) => ({ cell, index }));
    if (!this.#order) return cells;
    const { column, descending } = this.#order;
    const value = ({ result }: PageCell) => result && column.of(result);
    const sign = descending ? -1 : 1;
    return cells.sort((a, b) => {
      const [x, y] = [value(a.cell), value(b.cell)];
      if (x === undefined || y === undefined)
        return Number(x === undefined) - Number(y === undefined);
      return sign * (x - y);
    });
  }

  #row(cell: PageCell, index: number): HTMLElement {
    const { name, result, problem } = cell;
    if (!result) {
      const row = tableRow([html('span', { class: 'name' }, [name])]);
      const colspan = this.#columns.length;
      row.append(html('td', { colspan, class: 'problem' }, [problem ?? 'not measured']));
      return row;
    }
    const figures = this.#columns.map((column): Child => {
      const value = column.of(result);
      return value === undefined ? '–' : column.text(value);
    });
    return tableRow([this.#choice(cell, index), ...figures]);
  }

  #choice({ name, series, result }: PageCell, index: number): HTMLElement {
    const box = html('input', { type: 'checkbox', value: index }) as HTMLInputElement;
    box.checked = this.#chosen.has(index);
    box.addEventListener('change', () => this.#chosen.toggle(index));
    const warns = result && result.warnings > 0;
    const note = warns ? [html('a', { href: '#warnings', title: 'See the warnings' }, ['⚠'])] : [];
    return html('span', { class: 'choice' }, [
      html('label', { class: 'name' }, [box, swatch(colourOf(series)), name]),
      ...note,
    ]);
  }

  #mark(): void {
    for (const box of byId('cell-rows').querySelectorAll<HTMLInputElement>('input')) {
      box.checked = this.#chosen.has(Number(box.value));
    }
  }
}
