/// <reference lib="dom" />

import { byId, matcher, tableRow } from '../../page/dom.js';
import { html } from '../../page/elements.js';
import { digits, percent, wholeNumber } from '../../page/figures.js';
import type { ReportTensor } from '../report-data.js';
import { classOf, histogramChart } from './histogram-chart.js';

type Order = (a: ReportTensor, b: ReportTensor) => number;

/** How the list can be sorted; the order of the graph is the order of the data. */
const orders: Readonly<Record<string, Order | undefined>> = {
  graph: undefined,
  name: (a, b) => a.name.localeCompare(b.name),
  sqnr: (a, b) => (a.chosen?.sqnr ?? Infinity) - (b.chosen?.sqnr ?? Infinity),
  clipped: (a, b) => (b.chosen?.clipped ?? 0) - (a.chosen?.clipped ?? 0),
};

/** The list of tensors, and the histogram of the one that is chosen in it. */
export class Ranges {
  readonly #tensors: readonly ReportTensor[];
  readonly #list = byId('tensors');
  readonly #search = byId('tensor-search') as HTMLInputElement;
  readonly #order = byId('tensor-order') as HTMLSelectElement;
  #shown: readonly ReportTensor[] = [];
  #chosen: ReportTensor | undefined;

  constructor(tensors: readonly ReportTensor[]) {
    this.#tensors = tensors;
    this.#search.addEventListener('input', () => this.#fill());
    this.#order.addEventListener('change', () => this.#fill());
    this.#list.addEventListener('click', ({ target }) => {
      const line = (target as Element).closest<HTMLElement>('[data-index]');
      if (line) this.choose(this.#shown[Number(line.dataset['index'])]);
    });
    this.#list.addEventListener('keydown', (event) => this.#key(event));
    this.#fill();
  }

  /** Shows a tensor by its name, where it was calibrated. */
  open(name: string): void {
    this.#search.value = '';
    this.#fill();
    this.choose(this.#tensors.find((tensor) => tensor.name === name));
    byId('ranges').scrollIntoView();
    this.#list.focus({ preventScroll: true });
  }

  choose(tensor: ReportTensor | undefined): void {
    this.#chosen = tensor;
    for (const line of this.#list.querySelectorAll('[aria-selected=true]')) {
      line.setAttribute('aria-selected', 'false');
    }
    byId('tensor').replaceChildren(...(tensor ? describe(tensor) : []));
    const line = this.#list.children[this.#shown.indexOf(tensor as ReportTensor)];
    line?.setAttribute('aria-selected', 'true');
    line?.scrollIntoView({ block: 'nearest' });
    this.#list.setAttribute('aria-activedescendant', line?.id ?? '');
  }

  #fill(): void {
    const isWanted = matcher(this.#search.value);
    const order = orders[this.#order.value];
    const found = this.#tensors.filter(({ name }) => isWanted(name));
    this.#shown = order ? found.sort(order) : found;
    this.#list.replaceChildren(...this.#shown.map(lineOf));
    const count = wholeNumber(this.#shown.length);
    byId('tensor-count').textContent =
      this.#shown.length === this.#tensors.length
        ? `${count} tensors`
        : `${count} of ${wholeNumber(this.#tensors.length)} tensors`;
    const kept = this.#chosen && this.#shown.includes(this.#chosen) ? this.#chosen : this.#shown[0];
    this.choose(kept);
  }

  #key(event: KeyboardEvent): void {
    const at = this.#chosen ? this.#shown.indexOf(this.#chosen) : -1;
    const last = this.#shown.length - 1;
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.choose(this.#shown[Math.max(0, Math.min(last, next))]);
  }
}

function lineOf(
  { name, chosen, nans, infinities, note }: ReportTensor,
  index: number,
): HTMLElement {
  const warns = nans + infinities > 0 || note !== undefined;
  return html(
    'li',
    { role: 'option', id: `tensor-${index}`, 'data-index': index, 'aria-selected': 'false' },
    [
      html('span', { class: 'name' }, [name]),
      html('span', { class: 'quiet' }, [
        `${warns ? '⚠ ' : ''}${chosen ? `${chosen.method}, ${digits(chosen.amax)}` : 'not chosen yet'}`,
      ]),
    ],
  );
}

function describe(tensor: ReportTensor): Node[] {
  const { name, finite, zeros, nans, infinities, note, counts } = tensor;
  const facts = [
    `${wholeNumber(finite)} finite values, ${percent(finite > 0 ? zeros / finite : 0)} of them zero`,
    ...(nans > 0 ? [`⚠ ${wholeNumber(nans)} NaN`] : []),
    ...(infinities > 0 ? [`⚠ ${wholeNumber(infinities)} infinite`] : []),
    ...(note ? [`⚠ ${note}`] : []),
  ];
  return [
    html('h3', {}, [name]),
    html('p', { class: 'quiet' }, [facts.join(' · ')]),
    counts.length > 0
      ? histogramChart(tensor)
      : html('p', {}, [
          'It never had a finite value other than zero, so there is nothing to draw.',
        ]),
    rangeTable(tensor),
  ];
}

function rangeTable({ chosen, candidates }: ReportTensor): HTMLElement {
  const head = ['Range', 'amax', 'SQNR', 'clipped', 'becomes 0'];
  const rows = [
    ...(chosen ? [{ ...chosen, method: `chosen: ${chosen.method}`, kind: 'chosen' }] : []),
    ...candidates.map((range) => ({ ...range, kind: classOf(range.method) })),
  ];
  return html('table', { class: 'figures' }, [
    html('thead', {}, [
      html(
        'tr',
        {},
        head.map((name) => html('th', { scope: 'col' }, [name])),
      ),
    ]),
    html(
      'tbody',
      {},
      rows.map(({ method, kind, amax, sqnr, clipped, flushed }) =>
        tableRow(
          [
            html('span', { class: `key ${kind}` }, [method]),
            digits(amax),
            sqnr === null ? '–' : `${sqnr.toFixed(1)} dB`,
            percent(clipped),
            percent(flushed),
          ],
          { class: kind },
        ),
      ),
    ),
  ]);
}
