/// <reference lib="dom" />
import { label } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import { linearScale } from '../../page/scales.js';

const barsRow = 40;

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The value as it is written. */
  readonly text: string;
  readonly look: string;
}

/** Values beside each other, each as long as it is large. */
export function barsChart(bars: readonly Bar[], title: string, width: number): SVGElement {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const x = linearScale(0, longest, 0, width - 110);
  const height = bars.length * barsRow;
  const attributes = { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'group' };
  return svg(
    'svg',
    { ...attributes, 'aria-label': title },
    bars.flatMap(({ name, value, text, look }, row) => {
      const top = row * barsRow;
      return [
        label(name, { class: 'row-name', x: 0, y: top + 13 }),
        svg('rect', {
          class: `bar ${look}`,
          ...{ x: 0, y: top + 18, width: Math.max(1, x.at(value)), height: 14 },
          'data-tip': `${name}\n${text}`,
        }),
        label(text, { class: 'tick', x: x.at(value) + 6, y: top + 30 }),
      ];
    }),
  );
}
