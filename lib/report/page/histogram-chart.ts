/// <reference lib="dom" />

import { svg } from '../../page/elements.js';
import type { ReportTensor } from '../report-data.js';
import { digits } from './dom.js';

const size = { width: 720, height: 330 };
const plot = { left: 56, right: 16, top: 72, bottom: 44 };
/** Labels of ranges stand in as many rows as there are methods, and one range that was given. */
const labelRows = 5;
const bottom = size.height - plot.bottom;

/**
 * The histogram of |x| with both axes logarithmic: what a range clips and what it rounds to zero
 * lie decades apart. The height of a bar is the share of values in one doubling of |x|.
 */
export function histogramChart(tensor: ReportTensor): SVGElement {
  const bars = barsOf(tensor);
  const shares = bars.map(({ share }) => share);
  const x = logScale(bars[0]?.from ?? 1, bars.at(-1)?.to ?? 2, plot.left, size.width - plot.right);
  const y = logScale(Math.min(...shares) / 2, Math.max(...shares) * 1.2, bottom, plot.top);
  return svg(
    'svg',
    {
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: 'img',
      'aria-label': spoken(tensor),
      class: 'chart',
    },
    [
      ...gridOf(x, y),
      ...bars.map(({ from, to, share }) =>
        svg('rect', {
          class: 'bar',
          x: x.at(from),
          width: Math.max(0.5, x.at(to) - x.at(from) - 0.6),
          y: y.at(share),
          height: Math.max(0, bottom - y.at(share)),
        }),
      ),
      ...lossesOf(tensor, x),
      ...markersOf(tensor, x),
    ],
  );
}

interface Scale {
  readonly from: number;
  readonly to: number;
  at(value: number): number;
}

function logScale(from: number, to: number, start: number, end: number): Scale {
  const [low, high] = [Math.log(from), Math.log(to)];
  const span = high > low ? high - low : 1;
  return { from, to, at: (value) => start + ((Math.log(value) - low) / span) * (end - start) };
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

function gridOf(x: Scale, y: Scale): SVGElement[] {
  const right = size.width - plot.right;
  return [
    ...powersOfTen(x).flatMap(([value, label]) => [
      svg('line', { class: 'grid', x1: x.at(value), x2: x.at(value), y1: plot.top, y2: bottom }),
      svg('text', { class: 'tick', x: x.at(value), y: bottom + 16, 'text-anchor': 'middle' }, [
        label,
      ]),
    ]),
    ...powersOfTen(y).flatMap(([value, label]) => [
      svg('line', { class: 'grid', x1: plot.left, x2: right, y1: y.at(value), y2: y.at(value) }),
      svg('text', { class: 'tick', x: plot.left - 6, y: y.at(value) + 4, 'text-anchor': 'end' }, [
        label,
      ]),
    ]),
    svg('text', { class: 'axis', x: right, y: size.height - 8, 'text-anchor': 'end' }, ['|x|']),
    svg('text', { class: 'axis', x: plot.left, y: size.height - 8 }, [
      'Height: share of the values in one doubling of |x|',
    ]),
  ];
}

function powersOfTen({ from, to }: Scale): [value: number, label: string][] {
  const [low, high] = [Math.ceil(Math.log10(from)), Math.floor(Math.log10(to))];
  const step = Math.max(1, Math.ceil((high - low) / 8));
  const powers: [number, string][] = [];
  for (let power = low; power <= high; power += step) {
    powers.push([
      10 ** power,
      Math.abs(power) < 4 ? `${Number((10 ** power).toPrecision(1))}` : `1e${power}`,
    ]);
  }
  return powers;
}

/** What the chosen range makes zero, and what it clips. */
function lossesOf({ chosen, candidates }: ReportTensor, x: Scale): SVGElement[] {
  const amax = (chosen ?? candidates[0])?.amax ?? 0;
  if (!(amax > 0)) return [];
  const shade = (from: number, to: number, label: string, anchor: 'start' | 'end') => {
    const [start, end] = [Math.max(from, x.from), Math.min(to, x.to)].map(x.at) as [number, number];
    if (!(end - start > 1)) return [];
    const box = { x: start, width: end - start, y: plot.top, height: bottom - plot.top };
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
      const at = Math.min(x.at(amax), size.width - plot.right);
      const left = Math.min(at - 2, size.width - plot.right - text.length * 6.6);
      const free = ends.findIndex((end) => end < left - 6);
      const row = free >= 0 ? free : ends.length;
      ends[row] = left + text.length * 6.6;
      const top = 12 + (row % labelRows) * 13;
      return [
        svg('line', { class: `marker ${kind}`, x1: at, x2: at, y1: top + 3, y2: bottom }, [
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
