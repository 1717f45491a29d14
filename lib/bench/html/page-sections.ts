import type { BenchPageData } from './page-data.js';

/** What the sections of the page are made of; the script fills them. */

export const cells = `<div class="tools">
    <input id="cell-search" type="search" placeholder="Search cells" aria-label="Search cells" autocomplete="off" spellcheck="false">
    <span class="quiet">The charts below show the cells that are ticked. Times are in milliseconds; those of the parts are medians.</span>
    <span id="cell-count" class="count" role="status"></span>
  </div>
  <div class="scroll" role="region" aria-label="Table of cells" tabindex="0"><table class="cells">
    <thead><tr id="cell-head"></tr></thead>
    <tbody id="cell-rows"></tbody>
  </table></div>`;

const chosenLegend = '<div class="chosen-legend"></div>';

export const latency = `<div class="tools">
    <label>Show <select id="latency-shape">
      <option value="histogram">histogram</option>
      <option value="cumulative">share that took longer</option>
    </select></label>
    <label>Axis <select id="latency-scale">
      <option value="logarithmic">logarithmic</option>
      <option value="linear">linear</option>
    </select></label>
  </div>
  ${chosenLegend}
  <div id="latency-chart" class="place"></div>`;

export const time = `<p class="quiet">Dots are inferences in the order in which they were measured, lines medians of stretches.</p>
  ${chosenLegend}
  <div id="time-chart" class="place"></div>
  <ul id="drift" class="notes"></ul>`;

export const parts = `<p class="quiet">Means, which add up to the mean latency. The rest is the way through JavaScript and waiting for the device.</p>
  <div id="parts-legend"></div>
  <div id="parts-chart" class="place"></div>`;

export const curves = `<div class="tools" id="curves-tools"></div>
  <p class="quiet">Lines are medians, dashed lines p99; figures beside the points are <span id="curves-along"></span>. Down and to the right is better.</p>
  <div id="curves-legend"></div>
  <div id="curves-chart" class="place"></div>`;

export function matrix(unit: BenchPageData['unit']): string {
  return `<div class="tools" id="matrix-tools"><label>Show <select id="matrix-measure">
    <option value="throughput">throughput, ${unit} a second</option>
    <option value="median">median latency, ms</option>
    <option value="p99">p99 latency, ms</option>
    <option value="variation">variation</option>
  </select></label></div>
  <p class="quiet">The deeper the colour, the better.</p>
  <div id="matrix-tables"></div>`;
}

export function cost({ cells }: BenchPageData): string {
  const has = (kind: 'price' | 'joules') =>
    cells.some(({ result }) => result?.cost?.[kind] !== undefined);
  const part = (kind: string, name: string) =>
    `<div><h3>${name} of a million samples</h3><div id="${kind}-chart" class="place"></div></div>`;
  return `<p class="quiet">Each at the cell where it is least.</p>
  <div class="columns">
    ${has('price') ? part('price', 'Price') : ''}
    ${has('joules') ? part('joules', 'Energy') : ''}
  </div>`;
}

export function roofline({ roofs }: BenchPageData): string {
  const text = roofs
    ? `Lines are what NVIDIA publishes for the ${roofs.gpu}: the memory's bandwidth, and dense products on tensor cores. Operations are those of the model's products; bytes are estimated.`
    : 'Operations are those of the model’s products. No published figures are known for this device, so there is no roof to hold them against.';
  return `<p class="quiet">${text}</p>
  <div id="roofline-chart" class="place"></div>
  <ul id="roofline-hints" class="notes"></ul>`;
}
