/// <reference lib="dom" />
import { figure } from '../../figures.js';
import { axesOf, label, widthOf } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import { linearScale } from '../../page/scales.js';
import type { PageChange } from '../html/page-data.js';

const changesRow = 28;
/** Where there is less room, names stand above the intervals. */
const leastBeside = 640;

/** For each cell where the ratio of medians lies, after by before: left of 1 is faster. */
export function changesChart(changes: readonly PageChange[], width: number): SVGElement {
  const ends = changes.flatMap(({ ratio, low = ratio, high = ratio }) => [low, high]);
  const least = Math.min(0.9, ...ends);
  const most = Math.max(1.1, ...ends);
  const isBeside = width >= leastBeside;
  const names = Math.max(...changes.map(({ name }) => 1.1 * widthOf(name)));
  const plot = {
    left: isBeside ? Math.min(names + 14, width / 2) : 6,
    right: width - 6,
    top: 26,
    bottom: 26 + changes.length * changesRow,
  };
  const margin = (most - least) * 0.04;
  const x = linearScale(least - margin, most + margin, plot.left, plot.right);
  const height = plot.bottom + 42;
  const attributes = { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'group' };
  const y = { ...linearScale(0, 1, plot.bottom, plot.top), ticks: () => [] };
  return svg('svg', { ...attributes, 'aria-label': 'Medians after by before' }, [
    ...axesOf(plot, { x, y, xName: 'median after by before', yName: '← faster' }),
    svg('line', { class: 'even', x1: x.at(1), x2: x.at(1), y1: plot.top, y2: plot.bottom }),
    ...changes.flatMap(({ name, verdict, ratio, low = ratio, high = ratio }, row) => {
      const middle = plot.top + row * changesRow + (isBeside ? 14 : 20);
      return [
        label(name, { class: 'row-name', x: 2, y: isBeside ? middle + 4 : middle - 8 }),
        svg('line', {
          class: `interval ${verdict}`,
          ...{ x1: x.at(low), x2: Math.max(x.at(high), x.at(low) + 1), y1: middle, y2: middle },
        }),
        svg('circle', {
          class: `mark ${verdict}`,
          ...{ cx: x.at(ratio), cy: middle, r: 5 },
          'data-tip': `${name}\n${figure(ratio)} (${figure(low)} to ${figure(high)}), ${verdict}`,
        }),
      ];
    }),
  ]);
}
