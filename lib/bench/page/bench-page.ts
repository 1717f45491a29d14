/// <reference lib="dom" />
import { figure, withUnit } from '../../figures.js';
import { byId, pageData, toggleTheme } from '../../page/dom.js';
import { html, svg } from '../../page/elements.js';
import { fittedChart } from '../../page/fitted-chart.js';
import { installTips } from '../../page/tips.js';
import type { BenchPageData, PageRoofs } from '../html/page-data.js';
import { type Bar, barsChart } from './bars-chart.js';
import { CellTable } from './cell-table.js';
import { changesChart } from './changes-chart.js';
import {
  Chosen,
  type ChosenCell,
  colourOf,
  isMeasured,
  legend,
  type MeasuredCell,
  nothingChosen,
} from './chosen.js';
import { curvesChart } from './curves-chart.js';
import { latencyChart } from './latency-chart.js';
import { matrixTables, measures } from './matrix.js';
import { partNames, partsChart, partsShown } from './parts-chart.js';
import { hasRoofline, rooflineChart } from './roofline-chart.js';
import { type Axis, seriesSwitches, sliceTools, valuesOf } from './slices.js';
import { timeChart } from './time-chart.js';

/** Draws a chart of the chosen cells now and whenever others are chosen. */
function chartOfChosen(
  id: string,
  chosen: Chosen,
  draw: (cells: readonly ChosenCell[], width: number) => SVGElement,
): () => void {
  const place = byId(id);
  const empty = nothingChosen();
  place.before(empty);
  const redraw = fittedChart(place, (width) => {
    const { cells } = chosen;
    empty.hidden = cells.length > 0;
    return cells.length > 0 ? draw(cells, width) : svg('svg');
  });
  chosen.onChange(redraw);
  return redraw;
}

function showLatency(chosen: Chosen): void {
  const [shape, scale] = [byId('latency-shape'), byId('latency-scale')] as HTMLSelectElement[];
  const redraw = chartOfChosen('latency-chart', chosen, (cells, width) => {
    const view = {
      cumulative: shape?.value === 'cumulative',
      logarithmic: scale?.value === 'logarithmic',
    };
    return latencyChart(cells, view, width);
  });
  for (const select of [shape, scale]) select?.addEventListener('input', redraw);
}

/** Keeps a legend, and what is said about each cell, in step with the choice. */
function showNotes(chosen: Chosen): void {
  chosen.follow(() => {
    const { cells } = chosen;
    for (const place of document.querySelectorAll('.chosen-legend')) {
      place.replaceChildren(legend(cells.map(({ look, name }) => [look, name])));
    }
    const drifts = cells.flatMap(({ name, result: { drift } }) => (drift ? note(name, drift) : []));
    byId('drift').replaceChildren(...drifts);
  });
}

function note(cell: string, text: string): HTMLElement {
  return html('li', {}, [html('b', {}, [cell]), ` ${text}`]);
}

const pointNouns = { rate: 'arrivals a second', batch: 'batches', length: 'lengths' };

function showCurves({ series, unit }: BenchPageData, cells: readonly MeasuredCell[]): void {
  const several = (['rate', 'batch', 'length'] as const).filter(
    (axis) => valuesOf(cells, axis).length > 1,
  );
  const [along, ...fixed] = several as [Axis, ...Axis[]];
  byId('curves-along').textContent = pointNouns[along];
  const slice = sliceTools(byId('curves-tools'), cells, fixed, () => redraw());
  const isShown = seriesSwitches(byId('curves-legend'), series, () => redraw());
  const redraw = fittedChart(byId('curves-chart'), (width) => {
    const shown = slice().filter((cell) => isShown(cell.series));
    return curvesChart({ cells: shown, series, along, unit }, width);
  });
}

function showMatrix({ series }: BenchPageData, cells: readonly MeasuredCell[]): void {
  const select = byId('matrix-measure') as HTMLSelectElement;
  const fill = () => {
    const measure = measures[select.value];
    if (measure) byId('matrix-tables').replaceChildren(...matrixTables(slice(), series, measure));
  };
  const slice = sliceTools(byId('matrix-tools'), cells, ['rate'], fill);
  select.addEventListener('input', fill);
  fill();
}

/** For each series the cell in which a million costs least. */
function cheapest(
  { series }: BenchPageData,
  cells: readonly MeasuredCell[],
  kind: 'price' | 'joules',
): Bar[] {
  return series.flatMap((_, index) => {
    const costs = cells
      .filter((cell) => cell.series === index)
      .flatMap((cell) => {
        const value = cell.result.cost?.[kind];
        return value === undefined ? [] : [{ cell, value }];
      })
      .sort((a, b) => a.value - b.value);
    const [least] = costs;
    if (!least) return [];
    const text = kind === 'joules' ? withUnit(least.value, 'J') : figure(least.value);
    return [{ name: least.cell.name, value: least.value, text, look: colourOf(index) }];
  });
}

function showCosts(data: BenchPageData, cells: readonly MeasuredCell[]): void {
  for (const kind of ['price', 'joules'] as const) {
    const place = document.getElementById(`${kind}-chart`);
    const title = kind === 'price' ? 'Price of a million' : 'Energy of a million';
    if (place) fittedChart(place, (width) => barsChart(cheapest(data, cells, kind), title, width));
  }
}

/** Under the roof of the GPU where one is known; else what was reached, and nothing of limits. */
function showRoofline(
  { roofs }: BenchPageData,
  cells: readonly MeasuredCell[],
  chosen: Chosen,
): void {
  if (roofs) showLimits(roofs, cells, chosen);
  else {
    chartOfChosen('roofline-chart', chosen, (shown, width) => {
      const bars = shown.flatMap(({ name, look, result: { roofline } }) => {
        if (!roofline) return [];
        const value = roofline.flopsPerSecond;
        return [{ name, look, value, text: withUnit(value, 'OP/s') }];
      });
      return barsChart(bars, 'Operations a second', width);
    });
  }
}

function showLimits(roofs: PageRoofs, cells: readonly MeasuredCell[], chosen: Chosen): void {
  const onGpu = cells
    .filter(hasRoofline)
    .filter(({ result }) => result.roofline.share !== undefined);
  fittedChart(byId('roofline-chart'), (width) => rooflineChart(onGpu, roofs, width));
  chosen.follow(() => {
    const hints = chosen.cells.flatMap(({ name, result: { roofline } }) =>
      roofline ? note(name, roofline.text) : [],
    );
    byId('roofline-hints').replaceChildren(...hints);
  });
}

function showPartsLegend(chosen: Chosen): void {
  chosen.follow(() => {
    const entries = partsShown(chosen.cells).map((part) =>
      html('li', {}, [html('span', { class: `key ${part}` }), partNames[part]]),
    );
    byId('parts-legend').replaceChildren(html('ul', { class: 'legend' }, entries));
  });
}

const data = pageData<BenchPageData>();
const measured = data.cells.filter(isMeasured);
const chosen = new Chosen(data);
byId('theme').addEventListener('click', toggleTheme);
installTips();
new CellTable(data, chosen);
const { changes = [] } = data;
if (changes.length > 0) {
  fittedChart(byId('changes-chart'), (width) => changesChart(changes, width));
}
if (measured.length > 0) {
  showNotes(chosen);
  showLatency(chosen);
  chartOfChosen('time-chart', chosen, timeChart);
  chartOfChosen('parts-chart', chosen, partsChart);
  showPartsLegend(chosen);
}
if (document.getElementById('curves')) showCurves(data, measured);
if (document.getElementById('matrix')) showMatrix(data, measured);
if (document.getElementById('cost')) showCosts(data, measured);
if (document.getElementById('roofline')) showRoofline(data, measured, chosen);
