/// <reference lib="dom" />

import { axesOf } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import { digits } from '../../page/figures.js';
import { logScale, type Scale } from '../../page/scales.js';
import type { ReportTensor } from '../report-data.js';

const size = { width: 720, height: 346 };
const plot = { left: 56, right: size.width - 16, top: 90, bottom: size.height - 44 };
/** Labels of ranges stand in as many rows as there are methods, and one range that was given. */
const labelRows = 5;

/**
 * The histogram of |x| with both axes logarithmic: what a range clips and what it rounds to zero
 * lie decades apart. The height of a bar is the share of values in one doubling of |x|.
 */
export function histogramChart(tensor: ReportTensor): SVGElement {
  const bars = barsOf(tensor);
  const shares = bars.map(({ share }) => share);
  const x = logScale(bars[0]?.from ?? 1, bars.at(-1)?.to ?? 2, plot.left, plot.right);
  const y = logScale(Math.min(...shares) / 2, Math.max(...shares) * 1.2, plot.bottom, plot.top);
  return svg(
    'svg',
    {
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: 'img',
      'aria-label': spoken(tensor),
      class: 'chart',
    },
    [
      ...axesOf(plot, {
        ...{ x, y, xName: '|x|', yName: 'Height: share of the values in one doubling of |x|' },
      }),
      ...bars.map(({ from, to, share }) =>
        svg('rect', {
          class: 'bar',
          x: x.at(from),
          width: Math.max(0.5, x.at(to) - x.at(from) - 0.6),
          y: y.at(share),
          height: Math.max(0, plot.bottom - y.at(share)),
        }),
      ),
      ...lossesOf(tensor, x),
      ...markersOf(tensor, x),
    ],
  );
}

/** Bars with values. The first reaches down to 0, which a logarithm does not, and is drawn as one doubling. */
function barsOf({ edges, counts, finite }: ReportTensor) {
  return counts
    .map((count, index) => {
      const to = edges[index + 1] as number;
      const from = index === 0 ? to / 2 : (edges[index] as number);
      return { from, to, share: count / finite / Math.log2(to / from) };
    })
    .filter(({ share }) => share > 0);
}

/** What the chosen range makes zero, and what it clips. */
function lossesOf({ chosen, candidates }: ReportTensor, x: Scale): SVGElement[] {
  const amax = (chosen ?? candidates[0])?.amax ?? 0;
  if (!(amax > 0)) return [];
  const shade = (from: number, to: number, label: string, anchor: 'start' | 'end') => {
    const [start, end] = [Math.max(from, x.from), Math.min(to, x.to)].map(x.at) as [number, number];
    if (!(end - start > 1)) return [];
    const box = { x: start, width: end - start, y: plot.top, height: plot.bottom - plot.top };
    const at = anchor === 'start' ? start + 5 : end - 5;
    return [
      svg('rect', { class: 'lost', ...box }),
      ...(end - start > 60
        ? [
            svg('text', { class: 'lost-label', x: at, y: plot.top + 14, 'text-anchor': anchor }, [
              label,
            ]),
          ]
        : []),
    ];
  };
  return [
    ...shade(0, amax / 254, 'becomes 0', 'start'),
    ...shade(amax, Number.POSITIVE_INFINITY, 'clipped', 'end'),
  ];
}

/** A line for each range, with labels in rows so that near ones do not cover each other. */
function markersOf({ chosen, candidates }: ReportTensor, x: Scale): SVGElement[] {
  const others = candidates
    .filter(({ method, amax }) => amax > 0 && method !== chosen?.method)
    .map(({ method, amax }) => ({ text: method, amax, kind: classOf(method) }));
  const all =
    chosen && chosen.amax > 0
      ? [...others, { text: `chosen: ${chosen.method}`, amax: chosen.amax, kind: 'chosen' }]
      : others;
  const ends: number[] = [];
  return [...all]
    .sort((a, b) => a.amax - b.amax)
    .flatMap(({ text, amax, kind }) => {
      const at = Math.min(x.at(amax), plot.right);
      const left = Math.min(at - 2, plot.right - text.length * 6.6);
      const free = ends.findIndex((end) => end < left - 6);
      const row = free >= 0 ? free : ends.length;
      ends[row] = left + text.length * 6.6;
      const top = 12 + (row % labelRows) * 13;
      return [
        svg('line', { class: `marker ${kind}`, x1: at, x2: at, y1: top + 3, y2: plot.bottom }, [
          svg('title', {}, [`${text}: ${digits(amax)}`]),
        ]),
        svg('text', { class: `marker-label ${kind}`, x: left, y: top }, [text]),
      ];
    });
}

/** The first word: `percentile` of `percentile 99.99`. */
export function classOf(method: string): string {
  return method.split(' ', 1)[0] ?? '';
}

function spoken({ name, absmax, chosen, candidates }: ReportTensor): string {
  const ranges = candidates.map(({ method, amax }) => `${method} ${digits(amax)}`).join(', ');
  const choice = chosen ? ` Chosen: ${digits(chosen.amax)} by ${chosen.method}.` : '';
  return `Histogram of |x| of ${name}, up to ${digits(absmax)}.${choice} Others: ${ranges}.`;
}
