/// <reference lib="dom" />
import { axesOf } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import {
  linearScale,
  linePath,
  logScale,
  type Scale,
  shareLabel,
  tenths,
} from '../../page/scales.js';
import type { ChosenCell } from './chosen.js';

const timeHeight = 260;
const blocks = 60;
/** Dots of one cell; more hide each other. */
const mostDots = 1500;
/** Fewer than these are drawn larger. */
const fewDots = 200;

/** The latencies of cells in the order in which they were measured, with a line through medians. */
export function timeChart(cells: readonly ChosenCell[], width: number): SVGElement {
  const plot = { left: 58, right: width - 14, top: 26, bottom: timeHeight - 46 };
  const low = Math.min(...cells.map(({ result }) => result.latency.min));
  const high = Math.max(...cells.map(({ result }) => result.latency.max));
  const x = linearScale(0, 1, plot.left, plot.right);
  const y =
    high / low > 5
      ? logScale(low * 0.9, high * 1.1, plot.bottom, plot.top)
      : linearScale(low - (high - low) * 0.05, high + (high - low) * 0.05, plot.bottom, plot.top);
  return svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${timeHeight}`,
      class: 'chart',
      role: 'img',
      'aria-label': `Latencies over time of ${cells.map(({ name }) => name).join(', ')}`,
    },
    [
      ...axesOf(plot, {
        ...{ x, y, xName: 'share of the measurement', yName: 'latency, ms', xLabel: shareLabel },
      }),
      ...cells.map(({ look, result }) =>
        svg('path', {
          class: `dots ${look}${result.samples.length < fewDots ? ' few' : ''}`,
          d: dots(result.samples, x, y),
        }),
      ),
      ...cells.map(({ look, result }) =>
        svg('path', { class: `curve ${look}`, d: medians(result.samples, x, y) }),
      ),
    ],
  );
}

function dots(samples: readonly number[], x: Scale, y: Scale): string {
  const step = Math.max(1, samples.length / mostDots);
  const count = Math.floor(samples.length / step);
  return Array.from({ length: count }, (_, dot) => {
    const index = Math.floor(dot * step);
    return `M${tenths(x.at(index / samples.length))} ${tenths(y.at(samples[index] as number))}h0`;
  }).join('');
}

function medians(samples: readonly number[], x: Scale, y: Scale): string {
  const count = Math.min(blocks, Math.max(1, Math.floor(samples.length / 5)));
  const size = samples.length / count;
  return linePath(
    Array.from({ length: count }, (_, block): [number, number] => {
      const part = samples.slice(Math.floor(block * size), Math.floor((block + 1) * size));
      const middle = part.sort((a, b) => a - b)[Math.floor(part.length / 2)] as number;
      return [x.at((block + 0.5) / count), y.at(middle)];
    }),
  );
}
