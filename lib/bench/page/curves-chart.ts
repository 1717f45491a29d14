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
  const plot = { left: 58, right: width - 20, top: 16, bottom: curvesHeight - 46 };
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
    ...pointNames(cells, along, { x, y, plot }),
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
  const figures = `${figure(throughput)} ${unit}/s\nmedian ${figure(latency.median)} ms, p99 ${figure(latency.p99)} ms`;
  return svg('circle', {
    class: look,
    cx: x.at(throughput),
    cy: y.at(latency[of]),
    r: of === 'median' ? 5 : 3.5,
    'data-tip': `${name}\n${figures}`,
  });
}

/** The batch or rate below each median, where it covers no other. */
function pointNames(
  cells: readonly MeasuredCell[],
  along: Axis,
  { x, y, plot }: Scales & { plot: Plot },
): SVGElement[] {
  const taken = cells.flatMap(({ result: { throughput, latency } }) =>
    [latency.median, latency.p99].map((value) => ({
      x: x.at(throughput),
      y: y.at(value),
      half: 6,
    })),
  );
  return cells.flatMap(({ parameters, result }) => {
    const text = `${parameters[along] ?? ''}`;
    const half = widthOf(text) / 2;
    const at = { x: x.at(result.throughput), y: y.at(result.latency.median) + 15 };
    const place = { x: at.x, y: at.y - 4, half };
    const hidden = taken.some(
      (other) =>
        Math.abs(other.x - place.x) < other.half + half && Math.abs(other.y - place.y) < 10,
    );
    if (text === '' || hidden || at.y > plot.bottom) return [];
    taken.push(place);
    return [label(text, { class: 'tick', x: at.x, y: at.y, 'text-anchor': 'middle' })];
  });
}
