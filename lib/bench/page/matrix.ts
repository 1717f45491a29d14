/// <reference lib="dom" />
import { figure, percent } from '../../figures.js';
import { html } from '../../page/elements.js';
import type { PageResult } from '../html/page-data.js';
import { colourOf, type MeasuredCell, swatch } from './chosen.js';
import { valuesOf } from './slices.js';

export interface Measure {
  readonly of: (result: PageResult) => number;
  readonly text: (value: number) => string;
  /** Whether more of it is better. */
  readonly moreIsBetter: boolean;
}

export const measures: Readonly<Record<string, Measure>> = {
  throughput: { of: ({ throughput }) => throughput, text: figure, moreIsBetter: true },
  median: { of: ({ latency }) => latency.median, text: figure, moreIsBetter: false },
  p99: { of: ({ latency }) => latency.p99, text: figure, moreIsBetter: false },
  variation: { of: ({ latency }) => latency.variation, text: percent, moreIsBetter: false },
};

const shades = 9;

/** For each series a table of batches by lengths; the better a figure, the deeper its colour. */
export function matrixTables(
  cells: readonly MeasuredCell[],
  series: readonly string[],
  measure: Measure,
): HTMLElement[] {
  const values = cells.map(({ result }) => measure.of(result)).filter((value) => value > 0);
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const shade = (value: number) => {
    const share = high > low && value > 0 ? (Math.log(value) - low) / (high - low) : 0.5;
    return Math.round((measure.moreIsBetter ? share : 1 - share) * shades);
  };
  const [batches, lengths] = [valuesOf(cells, 'batch'), valuesOf(cells, 'length')];
  return series.flatMap((name, index) => {
    const own = cells.filter((cell) => cell.series === index);
    if (own.length === 0) return [];
    const row = (batch: number | undefined) =>
      html('tr', {}, [
        html('th', { scope: 'row' }, [batch === undefined ? '–' : `${batch}`]),
        ...orOne(lengths).map((length) => {
          const found = own.find(
            ({ parameters }) =>
              (batch === undefined || parameters.batch === batch) &&
              (length === undefined || parameters.length === length),
          );
          if (!found) return html('td', { class: 'none' }, ['–']);
          const value = measure.of(found.result);
          return html('td', { class: `heat${shade(value)}` }, [measure.text(value)]);
        }),
      ]);
    return [
      html('figure', { class: 'matrix' }, [
        html('figcaption', {}, [swatch(colourOf(index)), name]),
        html('table', {}, [
          html('thead', {}, [
            html('tr', {}, [
              html('th', { scope: 'col' }, [lengths.length > 0 ? 'batch \\ length' : 'batch']),
              ...orOne(lengths).map((length) =>
                html('th', { scope: 'col' }, [length === undefined ? '' : `${length}`]),
              ),
            ]),
          ]),
          html('tbody', {}, orOne(batches).map(row)),
        ]),
      ]),
    ];
  });
}

function orOne(values: readonly number[]): readonly (number | undefined)[] {
  return values.length > 0 ? values : [undefined];
}
