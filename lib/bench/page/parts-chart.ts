/// <reference lib="dom" />
import { figure, percent } from '../../figures.js';
import { label, widthOf } from '../../page/axes.js';
import { svg } from '../../page/elements.js';
import { linearScale, type Scale } from '../../page/scales.js';
import type { ChosenCell } from './chosen.js';

const partsRow = 46;

/** Launching happens while the device computes: it is drawn below the parts, not among them. */
export const partNames = {
  queue: 'queue',
  copyIn: 'H2D',
  compute: 'compute',
  copyOut: 'D2H',
  rest: 'rest',
  enqueue: 'enqueue',
} as const;

export type Part = keyof typeof partNames;

/** One bar for each cell: what the parts of an inference take. Means, since those add up. */
export function partsChart(cells: readonly ChosenCell[], width: number): SVGElement {
  const rows = cells.map((cell) => ({ cell, parts: partsOf(cell) }));
  const longest = Math.max(...rows.map(({ parts }) => total(parts)), Number.MIN_VALUE);
  const x = linearScale(0, longest, 0, width - 86);
  const height = rows.length * partsRow;
  const attributes = { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'group' };
  return svg('svg', { ...attributes, 'aria-label': 'Where the time goes' }, [
    ...rows.flatMap(({ cell, parts }, row) => {
      const top = row * partsRow;
      let start = 0;
      const bars = parts.flatMap(([part, mean]) => {
        const [from, to] = [x.at(start), x.at(start + mean)];
        start += mean;
        const text = `${partNames[part]} ${figure(mean)} ms, ${percent(mean / total(parts))}`;
        const fits = widthOf(partNames[part]) + 8 < to - from;
        return [
          svg('rect', {
            class: `part ${part}`,
            ...{ x: from, y: top + 20, width: Math.max(0.5, to - from), height: 18 },
            'data-tip': `${cell.name}\n${text}`,
          }),
          ...(fits
            ? [label(partNames[part], { class: `part-name ${part}`, x: from + 5, y: top + 33 })]
            : []),
        ];
      });
      return [
        label(cell.name, { class: 'row-name', x: 0, y: top + 14 }),
        ...bars,
        ...launching(cell, top, x),
        label(`${figure(total(parts))} ms`, {
          class: 'tick',
          x: x.at(start) + 6,
          y: top + 33,
        }),
      ];
    }),
  ]);
}

function launching({ name, result }: ChosenCell, top: number, x: Scale): SVGElement[] {
  const { enqueue } = result;
  if (!enqueue) return [];
  const width = Math.max(0.5, x.at(enqueue.mean));
  const tip = `${name}\nenqueue ${figure(enqueue.mean)} ms, while the device computes`;
  return [
    svg('rect', { class: 'part enqueue', x: 0, y: top + 39, width, height: 3, 'data-tip': tip }),
  ];
}

/** The parts that at least one of the cells has. */
export function partsShown(cells: readonly ChosenCell[]): Part[] {
  const found = new Set(cells.flatMap((cell) => partsOf(cell).map(([part]) => part)));
  if (cells.some(({ result }) => result.enqueue)) found.add('enqueue');
  return (Object.keys(partNames) as Part[]).filter((part) => found.has(part));
}

function total(parts: readonly (readonly [Part, number])[]): number {
  return parts.reduce((sum, [, mean]) => sum + mean, 0);
}

/** What the parts leave of the latency is the way through JavaScript and waiting for the device. */
function partsOf({ result }: ChosenCell): [Part, number][] {
  const keys = ['queue', 'copyIn', 'compute', 'copyOut'] as const;
  const parts = keys.flatMap((key): [Part, number][] => {
    const mean = result[key]?.mean ?? 0;
    return mean > 0 ? [[key, mean]] : [];
  });
  const rest = result.latency.mean - total(parts);
  return rest > 0 ? [...parts, ['rest', rest]] : parts;
}
