/// <reference lib="dom" />
import { type Attributes, svg } from './elements.js';
import { type Scale, tickLabel } from './scales.js';

/** The edges of what a chart draws in, in pixels. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Axes {
  readonly x: Scale;
  readonly y: Scale;
  readonly xName: string;
  readonly yName: string;
  readonly xLabel?: ((value: number) => string) | undefined;
  readonly yLabel?: ((value: number) => string) | undefined;
}

/** Lines at round values with their labels, and the names of the axes: below, and above at the left. */
export function axesOf(plot: Plot, { x, y, xName, yName, ...labels }: Axes): SVGElement[] {
  const { left, right, top, bottom } = plot;
  const { xLabel = tickLabel, yLabel = tickLabel } = labels;
  return [
    ...x.ticks(Math.floor((right - left) / 64)).flatMap((value) => {
      const text = xLabel(value);
      // The last one would reach beyond the chart.
      const at = Math.min(x.at(value), right + 12 - widthOf(text) / 2);
      return [
        svg('line', { class: 'grid', x1: x.at(value), x2: x.at(value), y1: top, y2: bottom }),
        label(text, { class: 'tick', x: at, y: bottom + 16, 'text-anchor': 'middle' }),
      ];
    }),
    ...y.ticks(Math.floor((bottom - top) / 28)).flatMap((value) => [
      svg('line', { class: 'grid', x1: left, x2: right, y1: y.at(value), y2: y.at(value) }),
      label(yLabel(value), {
        class: 'tick',
        x: left - 6,
        y: y.at(value) + 4,
        'text-anchor': 'end',
      }),
    ]),
    label(xName, { class: 'axis', x: right, y: bottom + 36, 'text-anchor': 'end' }),
    label(yName, { class: 'axis', x: 0, y: top - 10 }),
  ];
}

export function label(content: string, attributes: Attributes): SVGElement {
  return svg('text', attributes, [content]);
}

/** About how wide a label of a chart is; the browser knows only what it has drawn. */
export function widthOf(content: string): number {
  return content.length * 6.4;
}
