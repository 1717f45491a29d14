/// <reference lib="dom" />
import { figure } from '../../figures.js';
import { axesOf, label, type Plot, widthOf } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import { linearScale, linePath, logScale, type Scale } from '../../page/scales.js';
import { colourOf, type MeasuredCell } from './chosen.js';
import type { Axis } from './slices.js';

const curvesHeight = 340;

/** What the points of a line differ in. */
export interface Curves {
  readonly cells: readonly MeasuredCell[];
  readonly series: readonly string[];
  readonly along: Axis;
  readonly unit: string;
}

/** Throughput against latency: the median as a line, p99 dashed above it, a point for each batch or rate. */
export function curvesChart({ cells, series, along, unit }: Curves, width: number): SVGElement {
  const plot = { left: 58, right: width - 20, top: 26, bottom: curvesHeight - 46 };
  const throughputs = cells.map(({ result }) => result.throughput);
  const latencies = cells.flatMap(({ result: { latency } }) => [latency.median, latency.p99]);
  const x = scaleFor(throughputs, plot.left, plot.right);
  const y = scaleFor(latencies, plot.bottom, plot.top);
  const lines = series
    .map((_, index) => ({ index, own: ofSeries(cells, index, along) }))
    .filter(({ own }) => own.length > 0);
  const attributes = { viewBox: `0 0 ${width} ${curvesHeight}`, class: 'chart', role: 'group' };
  return svg('svg', { ...attributes, 'aria-label': 'Throughput against latency' }, [
    ...axesOf(plot, { x, y, xName: `${unit} a second`, yName: 'latency, ms' }),
    ...lines.flatMap(({ index, own }) => [
      line(own, 'p99', `curve ${colourOf(index)} tail`, { x, y }),
      line(own, 'median', `curve ${colourOf(index)}`, { x, y }),
    ]),
    ...lines.flatMap(({ index, own }) =>
      own.flatMap((cell) => [
        point(cell, 'p99', `point tail ${colourOf(index)}`, { x, y, unit }),
        point(cell, 'median', `point ${colourOf(index)}`, { x, y, unit }),
      ]),
    ),
    ...pointNames(
      lines.map(({ own }) => own),
      along,
      { x, y, plot },
    ),
  ]);
}

/** Cells at the same value stand one after another, as cells of several lengths do. */
function ofSeries(cells: readonly MeasuredCell[], index: number, along: Axis): MeasuredCell[] {
  return cells
    .filter(({ series }) => series === index)
    .sort((a, b) => (a.parameters[along] ?? 0) - (b.parameters[along] ?? 0));
}

/** Logarithmic where values lie far apart; from 0 where they do not. */
function scaleFor(values: readonly number[], start: number, end: number): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high / low > 8
    ? logScale(low / 1.25, high * 1.25, start, end)
    : linearScale(0, high * 1.08, start, end);
}

type Scales = { readonly x: Scale; readonly y: Scale };
type Figure = 'median' | 'p99';

function line(cells: readonly MeasuredCell[], of: Figure, look: string, { x, y }: Scales) {
  const points = cells.map(({ result }): [number, number] => [
    x.at(result.throughput),
    y.at(result.latency[of]),
  ]);
  return svg('path', { class: look, d: linePath(points) });
}

function point(
  { name, result }: MeasuredCell,
  of: Figure,
  look: string,
  { x, y, unit }: Scales & { unit: string },
): SVGElement {
  const { latency, throughput } = result;
  const figures = `${of} ${figure(latency[of])} ms at ${figure(throughput)} ${unit}/s`;
  return svg('circle', {
    class: look,
    cx: x.at(throughput),
    cy: y.at(latency[of]),
    r: of === 'median' ? 5 : 3.5,
    'data-tip': `${name}\n${figures}`,
  });
}

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly half: number;
}

/** Below, to the right, to the left, above: the first that is free. */
const nameOffsets: readonly (readonly [x: number, y: number])[] = [
  [0, 15],
  [1, 4],
  [-1, 4],
  [0, -9],
];

/** The batch or rate beside each median, where it covers neither a mark nor a line. */
function pointNames(
  lines: readonly (readonly MeasuredCell[])[],
  along: Axis,
  { x, y, plot }: Scales & { plot: Plot },
): SVGElement[] {
  const taken = lines.flatMap((cells) => spotsOf(cells, { x, y }));
  return lines.flat().flatMap(({ parameters, result }) => {
    const text = `${parameters[along] ?? ''}`;
    const half = widthOf(text) / 2;
    const [left, top] = [x.at(result.throughput), y.at(result.latency.median)];
    const free = nameOffsets
      .map(([side, down]): Spot => ({ x: left + side * (half + 9), y: top + down, half }))
      .find(
        (spot) =>
          spot.y < plot.bottom &&
          spot.x - half > plot.left &&
          spot.x + half < plot.right + 18 &&
          !taken.some((other) => covers({ ...spot, y: spot.y - 4 }, other)),
      );
    if (text === '' || !free) return [];
    taken.push({ ...free, y: free.y - 4 });
    return [label(text, { class: 'tick', x: free.x, y: free.y, 'text-anchor': 'middle' })];
  });
}

function covers(a: Spot, b: Spot): boolean {
  return Math.abs(a.x - b.x) < a.half + b.half && Math.abs(a.y - b.y) < 10;
}

/** What is drawn of a line: its marks, and points along its pieces. */
function spotsOf(cells: readonly MeasuredCell[], { x, y }: Scales): Spot[] {
  return (['median', 'p99'] as const).flatMap((of) => {
    const marks = cells.map(({ result }) => ({
      x: x.at(result.throughput),
      y: y.at(result.latency[of]),
      half: 5,
    }));
    const between = marks.slice(1).flatMap((end, index) => {
      const start = marks[index] as Spot;
      const steps = Math.ceil(Math.hypot(end.x - start.x, end.y - start.y) / 8);
      return Array.from({ length: steps }, (_, step) => ({
        x: start.x + ((end.x - start.x) * step) / steps,
        y: start.y + ((end.y - start.y) * step) / steps,
        half: 1,
      }));
    });
    return [...marks, ...between];
  });
}
