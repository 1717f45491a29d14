/// <reference lib="dom" />
import { withUnit } from '../../figures.js';
import { axesOf, label, type Plot } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import { linePath, logScale, type Scale } from '../../page/scales.js';
import type { PageRoofs } from '../html/page-data.js';
import type { RooflineHint } from '../roofline/roofline.js';
import { colourOf, type MeasuredCell } from './chosen.js';

const rooflineHeight = 340;

export type CellWithRoofline = MeasuredCell & {
  readonly result: { readonly roofline: RooflineHint };
};

export function hasRoofline(cell: MeasuredCell): cell is CellWithRoofline {
  return cell.result.roofline !== undefined;
}

/** What was reached at how many operations a byte, below what the GPU could reach there. */
export function rooflineChart(
  cells: readonly CellWithRoofline[],
  roofs: PageRoofs,
  width: number,
): SVGElement {
  const plot = { left: 74, right: width - 16, top: 26, bottom: rooflineHeight - 46 };
  const lines = roofsOf(cells, roofs);
  const ridges = lines.map(({ peak }) => peak / roofs.bytesPerSecond);
  const intensities = cells.map(({ result }) => result.roofline.intensity);
  const speeds = cells.map(({ result }) => result.roofline.flopsPerSecond);
  const ends = [...intensities, ...ridges];
  const x = logScale(Math.min(...ends) / 3, Math.max(...ends) * 3, plot.left, plot.right);
  const peaks = lines.map(({ peak }) => peak);
  const y = logScale(
    Math.min(...speeds, ...peaks) / 3,
    Math.max(...peaks) * 2,
    plot.bottom,
    plot.top,
  );
  const attributes = { viewBox: `0 0 ${width} ${rooflineHeight}`, class: 'chart', role: 'group' };
  return svg('svg', { ...attributes, 'aria-label': `Roofline of the ${roofs.gpu}` }, [
    ...axesOf(plot, {
      ...{ x, y, xName: 'operations for each byte', yName: 'operations a second' },
      yLabel: (value) => withUnit(value, ''),
    }),
    ...lines.flatMap((line) => roof(line, roofs.bytesPerSecond, { x, y, plot })),
    ...cells.map(({ name, series, result: { roofline } }) =>
      svg('circle', {
        class: `point ${colourOf(series)}`,
        ...{ cx: x.at(roofline.intensity), cy: y.at(roofline.flopsPerSecond), r: 5 },
        'data-tip': `${name}\n${roofline.text}`,
      }),
    ),
  ]);
}

interface Roof {
  readonly names: readonly string[];
  readonly peak: number;
}

/** One for each rate of the precisions that were measured; those with the same rate share it. */
function roofsOf(cells: readonly CellWithRoofline[], { flopsPerSecond }: PageRoofs): Roof[] {
  const types = new Set(cells.map(({ parameters }) => parameters.precision?.split('+')[0] ?? ''));
  const peaks = new Set([...types].flatMap((type) => flopsPerSecond[type] ?? []));
  return [...peaks].map((peak) => ({
    peak,
    names: [...types].filter((type) => flopsPerSecond[type] === peak),
  }));
}

function roof(
  { names, peak }: Roof,
  bytesPerSecond: number,
  { x, y, plot }: { x: Scale; y: Scale; plot: Plot },
): SVGElement[] {
  const ridge = peak / bytesPerSecond;
  const foot = Math.max(x.from, y.from / bytesPerSecond);
  const points: [number, number][] = [
    [x.at(foot), y.at(foot * bytesPerSecond)],
    [x.at(ridge), y.at(peak)],
    [plot.right, y.at(peak)],
  ];
  const text = `${names.join(', ').toUpperCase()}: ${withUnit(peak, '/s')}`;
  return [
    svg('path', { class: 'roof', d: linePath(points) }),
    label(text, { class: 'tick', x: plot.right - 4, y: y.at(peak) - 5, 'text-anchor': 'end' }),
  ];
}
