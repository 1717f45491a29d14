/// <reference lib="dom" />

import { byId, tableRow } from '../../page/dom.js';
import { html, svg } from '../../page/elements.js';
import { digits, wholeNumber } from '../../page/figures.js';
import type { ReportDistance, ReportGroup, ReportSensitivity } from '../report-data.js';

type Measure = 'rmse' | 'disagreement' | 'maxError' | 'cosine';

/** What the bars can show; all grow with the damage. */
const measures: Readonly<Record<Measure, (distance: ReportDistance) => number>> = {
  rmse: ({ rmse }) => rmse,
  disagreement: ({ agreement }) => 1 - agreement,
  maxError: ({ maxError }) => maxError,
  cosine: ({ cosine }) => 1 - cosine,
};

/** One bar for each group that was quantized alone, the longest first. */
export class Sensitivity {
  readonly #data: ReportSensitivity;
  readonly #measure = byId('measure') as HTMLSelectElement;

  constructor(data: ReportSensitivity) {
    this.#data = data;
    this.#measure.addEventListener('input', () => this.#fill());
    this.#fill();
  }

  #fill(): void {
    const measure = measures[this.#measure.value as Measure];
    const groups = [...this.#data.groups].sort((a, b) => measure(b) - measure(a));
    const { everything } = this.#data;
    const all = [...groups, ...(everything ? [everything] : [])].map(measure);
    const longest = Math.max(...all, Number.MIN_VALUE);
    const row = (name: string, nodes: number | undefined, group: ReportDistance, kind: string) =>
      tableRow(
        [
          name,
          nodes === undefined ? '' : wholeNumber(nodes),
          bar(measure(group) / longest, kind),
          digits(measure(group)),
          ...(group.metric === undefined ? [] : [digits(group.metric)]),
        ],
        { class: kind },
      );
    byId('groups').replaceChildren(
      ...(everything ? [row('all together', undefined, everything, 'everything')] : []),
      ...groups.map((group: ReportGroup) => row(group.name, group.nodes.length, group, 'group')),
    );
  }
}

function bar(share: number, kind: string): SVGElement {
  return svg(
    'svg',
    {
      class: 'sensitivity',
      viewBox: '0 0 100 10',
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    [svg('rect', { class: kind, x: 0, y: 1, height: 8, width: Math.max(0.4, share * 100) })],
  );
}

/** The column of what the caller measured, where there is one. */
export function hasMetric({ groups }: ReportSensitivity): boolean {
  return groups.some(({ metric }) => metric !== undefined);
}

export function metricHead(): HTMLElement {
  return html('th', { scope: 'col' }, ['evaluation']);
}
