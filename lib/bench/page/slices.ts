/// <reference lib="dom" />
import { html } from '../../page/elements.js';
import type { BenchParameters } from '../bench-report.js';
import { colourOf, type MeasuredCell, swatch } from './chosen.js';

export type Axis = 'batch' | 'length' | 'rate';

/** The values that cells have on an axis, ascending. */
export function valuesOf(cells: readonly MeasuredCell[], axis: Axis): number[] {
  const values = cells.flatMap(({ parameters }) => parameters[axis] ?? []);
  return [...new Set(values)].sort((a, b) => a - b);
}

const axisNames: Readonly<Record<Axis, string>> = {
  batch: 'Batch',
  length: 'Length',
  rate: 'Arrivals a second',
};

/**
 * Offers a choice for each axis on which cells differ and which a chart does not draw.
 *
 * @returns the cells of the choice that is made now.
 */
export function sliceTools(
  tools: HTMLElement,
  cells: readonly MeasuredCell[],
  fixed: readonly Axis[],
  redraw: () => void,
): () => MeasuredCell[] {
  const selects = fixed.flatMap((axis) => {
    const values = valuesOf(cells, axis);
    if (values.length < 2) return [];
    const options = values.map((value) => html('option', { value }, [`${value}`]));
    const select = html('select', {}, options);
    select.addEventListener('input', redraw);
    tools.append(html('label', {}, [`${axisNames[axis]} `, select]));
    return [{ axis, select }];
  });
  return () =>
    cells.filter(({ parameters }) =>
      selects.every(({ axis, select }) => isAt(parameters, axis, Number(select.value))),
    );
}

/** A cell that has no size on an axis is the same at every one. */
function isAt(parameters: BenchParameters, axis: Axis, value: number): boolean {
  return parameters[axis] === undefined || parameters[axis] === value;
}

/**
 * A legend whose entries put series in and out of a chart; the last one stays in.
 *
 * @returns whether a series is in.
 */
export function seriesSwitches(
  place: HTMLElement,
  series: readonly string[],
  redraw: () => void,
): (index: number) => boolean {
  const hidden = new Set<number>();
  const switches = series.map((name, index) => {
    const button = html('button', { type: 'button', class: 'series', 'aria-pressed': 'true' }, [
      swatch(colourOf(index)),
      name,
    ]);
    button.addEventListener('click', () => {
      if (!hidden.delete(index) && hidden.size < series.length - 1) hidden.add(index);
      button.setAttribute('aria-pressed', `${!hidden.has(index)}`);
      redraw();
    });
    return html('li', {}, [button]);
  });
  place.replaceChildren(html('ul', { class: 'legend' }, switches));
  return (index) => !hidden.has(index);
}
