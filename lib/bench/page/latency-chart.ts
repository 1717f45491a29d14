/// <reference lib="dom" />
import { figure } from '../../figures.js';
import { axesOf, label, type Plot } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import { linearScale, linePath, logScale, type Scale, shareLabel } from '../../page/scales.js';
import type { ChosenCell } from './chosen.js';

export interface LatencyView {
  readonly cumulative: boolean;
  readonly logarithmic: boolean;
}

const latencyRow = 20;
/** Below the names of the percentiles. */
const firstRow = 24;
const plotHeight = 230;

/**
 * How the latencies of cells are distributed: above a row of percentiles for each, below the histogram,
 * or the share of inferences that took longer.
 */
export function latencyChart(
  cells: readonly ChosenCell[],
  view: LatencyView,
  width: number,
): SVGElement {
  const top = firstRow + 24 + cells.length * latencyRow;
  const plot = { left: 58, right: width - 14, top, bottom: top + plotHeight };
  const [low, high] = extent(cells);
  const margin = view.logarithmic ? (high / low) ** 0.02 : (high - low) * 0.02;
  const x = view.logarithmic
    ? logScale(low / margin, high * margin, plot.left, plot.right)
    : linearScale(Math.max(0, low - margin), high + margin, plot.left, plot.right);
  const height = plot.bottom + 46;
  const names = cells.map(({ name }) => name).join(', ');
  return svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      class: 'chart',
      role: 'group',
      'aria-label': `Latencies of ${names}`,
    },
    [
      ...cells.flatMap((cell, row) => percentileRow(cell, firstRow + row * latencyRow, x)),
      ...(view.cumulative ? slowerThan(cells, plot, x) : histogram(cells, plot, x)),
      ...percentileNames(cells, x),
    ],
  );
}

/** From the least latency to the largest; where all are equal, a little to both sides. */
function extent(cells: readonly ChosenCell[]): [low: number, high: number] {
  const low = Math.min(...cells.map(({ result }) => result.latency.min));
  const high = Math.max(...cells.map(({ result }) => result.latency.max));
  return high > low ? [low, high] : [low * 0.9, high * 1.1 || 1];
}

/** The percentiles that a row marks, the most important first. */
const percentiles = [
  ['median', 'median'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
  ['p90', 'p90'],
] as const;

function percentileRow({ name, look, result }: ChosenCell, y: number, x: Scale): SVGElement[] {
  const { latency } = result;
  const line = { x1: x.at(latency.min), x2: x.at(latency.max), y1: y, y2: y };
  return [
    svg('line', { class: `range ${look}`, ...line }),
    ...[...percentiles].reverse().map(([key, text]) =>
      svg('circle', {
        class: `mark ${look} ${key}`,
        cx: x.at(latency[key]),
        cy: y,
        r: key === 'median' ? 6 : 4,
        'data-tip': `${name}\n${text} ${figure(latency[key])} ms`,
      }),
    ),
  ];
}

/** Above the first row, as far as they have room. */
function percentileNames(cells: readonly ChosenCell[], x: Scale): SVGElement[] {
  const [first] = cells;
  if (!first) return [];
  const taken: [number, number][] = [];
  return percentiles.flatMap(([key, text]) => {
    const at = x.at(first.result.latency[key]);
    const half = (text.length * 6.4) / 2 + 3;
    const start = Math.min(at, x.at(x.to) - half);
    if (taken.some(([from, to]) => start - half < to && start + half > from)) return [];
    taken.push([start - half, start + half]);
    return [label(text, { class: 'tick', x: start, y: firstRow - 11, 'text-anchor': 'middle' })];
  });
}

/** The share of its inferences that each cell has in each of equally wide columns of the chart. */
function binsOf(cells: readonly ChosenCell[], plot: Plot, x: Scale): number[][] {
  const most = Math.max(...cells.map(({ result }) => result.samples.length));
  // Finer columns than the number of values bears show nothing but chance.
  const wanted = Math.max(10, Math.ceil(2.5 * Math.sqrt(most)));
  const count = Math.min(wanted, 120, Math.floor((plot.right - plot.left) / 8));
  return cells.map(({ result: { samples } }) => {
    const bins = new Array<number>(count).fill(0);
    for (const sample of samples) {
      const bin = Math.floor(((x.at(sample) - plot.left) / (plot.right - plot.left)) * count);
      const inside = Math.max(0, Math.min(count - 1, bin));
      bins[inside] = (bins[inside] as number) + 1 / samples.length;
    }
    return bins;
  });
}

function histogram(cells: readonly ChosenCell[], plot: Plot, x: Scale): SVGElement[] {
  const shares = binsOf(cells, plot, x);
  const count = shares[0]?.length ?? 1;
  const edge = (bin: number) => plot.left + (bin / count) * (plot.right - plot.left);
  const most = Math.max(...shares.flat(), Number.MIN_VALUE);
  const y = linearScale(0, most * 1.05, plot.bottom, plot.top + 8);
  return [
    ...axesOf(plot, {
      ...{ x, y, xName: 'latency, ms', yName: 'share of the inferences', yLabel: shareLabel },
    }),
    ...cells.flatMap(({ look }, index) => {
      const d = outlineOf(shares[index] as number[], edge, y);
      return [
        svg('path', { class: `area ${look}`, d }),
        svg('path', { class: `curve ${look}`, d }),
      ];
    }),
    ...Array.from({ length: count }, (_, bin) => {
      const own = cells.flatMap(({ name }, index) => {
        const share = shares[index]?.[bin] ?? 0;
        return share > 0 ? [`${name}: ${shareLabel(Number(share.toPrecision(2)))}`] : [];
      });
      const box = {
        x: edge(bin),
        width: edge(bin + 1) - edge(bin),
        y: plot.top,
        height: plot.bottom - plot.top,
      };
      const span = `${figure(x.invert(edge(bin)))} to ${figure(x.invert(edge(bin + 1)))} ms`;
      return own.length > 0
        ? [svg('rect', { class: 'hit', ...box, 'data-tip': [span, ...own].join('\n') })]
        : [];
    }).flat(),
  ];
}

/** The outline of the bins that have something in them. */
function outlineOf(bins: readonly number[], edge: (bin: number) => number, y: Scale): string {
  const at = (bin: number) => y.at(bins[bin] ?? 0);
  return bins
    .map((share, bin) => {
      if (share === 0) return '';
      const start = (bins[bin - 1] ?? 0) === 0 ? [[edge(bin), y.at(0)] as const] : [];
      const end = (bins[bin + 1] ?? 0) === 0 ? [[edge(bin + 1), y.at(0)] as const] : [];
      const piece = linePath([...start, [edge(bin), at(bin)], [edge(bin + 1), at(bin)], ...end]);
      // Goes on where the bin before has ended.
      return start.length > 0 ? piece : piece.replace('M', 'L');
    })
    .join('');
}

/** Of the sorted latencies, the more of them the further out: the tail is what is looked at. */
function slowerThan(cells: readonly ChosenCell[], plot: Plot, x: Scale): SVGElement[] {
  const most = Math.max(...cells.map(({ result }) => result.samples.length));
  const y = logScale(0.8 / most, 1, plot.bottom, plot.top + 8);
  return [
    ...axesOf(plot, {
      ...{ x, y, xName: 'latency, ms', yName: 'share that took longer', yLabel: shareLabel },
    }),
    ...cells.map(({ look, result }) => {
      const sorted = [...result.samples].sort((a, b) => b - a);
      const ranks = new Set(
        Array.from({ length: 240 }, (_, index) => Math.round(sorted.length ** (index / 239))),
      );
      const points = [...ranks].map((rank): [number, number] => [
        x.at(sorted[rank - 1] as number),
        y.at(rank / sorted.length),
      ]);
      return svg('path', { class: `curve ${look}`, d: linePath(points) });
    }),
  ];
}
