/// <reference lib="dom" />
import { html } from '../../page/elements.js';
import type { BenchParameters } from '../bench-report.js';
import type { MeasuredCell } from './chosen.js';

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
