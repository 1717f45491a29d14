import { checkOptions } from '../arguments.js';
import { escapeHtml, htmlPage, joinModules } from '../page/html-page.js';
import type { Calibration } from '../quantize/calibration/calibration.js';
import type { CalibrationTable } from '../quantize/calibration/table.js';
import type { ReportData, ReportDecision, ReportSensitivity } from './report-data.js';
import { reportStyle } from './report-style.js';
import { tensorData } from './tensor-data.js';

/** What is to be shown; each part has a section of its own, and parts that are absent have none. */
export interface QuantizationReport {
  /** What the page is called, such as the name of the model. */
  title: string;
  /** The histograms of the tensors. */
  calibration?: Calibration | undefined;
  /** The ranges that were chosen. They are drawn where there is a calibration. */
  table?: CalibrationTable | undefined;
  /** `report` of a quantized model. */
  decisions?: readonly ReportDecision[] | undefined;
  /** What `sensitivity` returned. */
  sensitivity?: ReportSensitivity | undefined;
}

/**
 * Shows a quantization in a page of HTML, one file that needs no network: for each tensor the
 * histogram of |x| with the chosen range beside what other methods would choose, for each node what
 * was done and why, and for each group how much quantizing it alone changes the outputs.
 *
 * @returns the page.
 */
export async function renderQuantizationHtml(report: QuantizationReport): Promise<string> {
  checkOptions('report', report, ['title', 'calibration', 'table', 'decisions', 'sensitivity']);
  const { title, calibration, table, decisions = [], sensitivity } = report;
  const data: ReportData = {
    title,
    facts: factsOf(report),
    tensors: calibration ? await tensorData(calibration, table) : [],
    decisions: decisions.map(({ node, opType, role, action, reason, amax }) => ({
      ...{ node, opType, role, action, reason, amax },
    })),
    sensitivity: sensitivity && copyOf(sensitivity),
  };
  return htmlPage({
    title,
    style: reportStyle,
    body: bodyOf(data),
    script: await joinModules(new URL('./page/', import.meta.url), scriptParts),
    data,
  });
}

/** The modules of the page, each after those that it imports. */
const scriptParts = [
  '../../page/elements',
  '../../page/figures',
  '../../page/dom',
  '../../page/scales',
  '../../page/axes',
  'histogram-chart',
  'ranges',
  'decisions',
  'sensitivity',
  'report-page',
];

function copyOf({ samples, everything, groups }: ReportSensitivity): ReportSensitivity {
  const distance = ({
    rmse,
    cosine,
    agreement,
    maxError,
    metric,
  }: NonNullable<typeof everything>) => ({
    ...{ rmse, cosine, agreement, maxError, metric },
  });
  return {
    samples,
    everything: everything && distance(everything),
    groups: groups.map((group) => ({
      name: group.name,
      nodes: [...group.nodes],
      ...distance(group),
    })),
  };
}

function factsOf({ calibration, table, decisions, sensitivity }: QuantizationReport) {
  const facts: [string, string][] = [];
  if (decisions) {
    const quantized = decisions.filter(({ action }) => action !== 'float').length;
    facts.push(['nodes quantized', `${quantized} of ${decisions.length}`]);
  }
  if (calibration) facts.push(['tensors calibrated', `${calibration.histograms.size}`]);
  const samples = calibration?.samples ?? table?.samples;
  if (samples) facts.push(['samples', `${samples}`]);
  if (table) facts.push(['ranges', [table.method, table.percentile].filter(Boolean).join(' ')]);
  if (sensitivity) facts.push(['groups tried', `${sensitivity.groups.length}`]);
  return facts;
}

function bodyOf({ title, facts, tensors, decisions, sensitivity }: ReportData): string {
  const sections = [
    { id: 'ranges', name: 'Ranges', html: rangesSection, there: tensors.length > 0 },
    { id: 'decisions', name: 'Nodes', html: decisionsSection, there: decisions.length > 0 },
    { id: 'sensitivity', name: 'Sensitivity', html: sensitivitySection, there: sensitivity },
  ].filter(({ there }) => there);
  const links = sections.map(({ id, name }) => `<a href="#${id}">${name}</a>`);
  const pairs = facts.map(
    ([label, figure]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(figure)}</dd></div>`,
  );
  return `<header>
  <h1>${escapeHtml(title)}</h1>
  <nav aria-label="Sections">${links.join('')}</nav>
  <button id="theme" type="button" aria-label="Light or dark">◐</button>
</header>
<dl class="facts">${pairs.join('')}</dl>
<main>
${sections.map(({ html }) => html).join('\n')}
</main>`;
}

const rangesSection = `<section id="ranges" aria-labelledby="ranges-title">
  <h2 id="ranges-title">Ranges</h2>
  <div class="split">
    <div>
      <div class="tools">
        <input id="tensor-search" type="search" placeholder="Search tensors" aria-label="Search tensors" autocomplete="off" spellcheck="false">
        <label>Sort by <select id="tensor-order">
          <option value="graph">place in the graph</option>
          <option value="name">name</option>
          <option value="sqnr">most noise (SQNR)</option>
          <option value="clipped">most clipped</option>
        </select></label>
        <span id="tensor-count" class="count" role="status"></span>
      </div>
      <ul id="tensors" role="listbox" tabindex="0" aria-label="Tensors"></ul>
    </div>
    <div id="tensor" aria-live="polite"></div>
  </div>
</section>`;

const decisionsSection = `<section id="decisions" aria-labelledby="decisions-title">
  <h2 id="decisions-title">Nodes</h2>
  <div class="tools">
    <input id="node-search" type="search" placeholder="Search names, operators, reasons" aria-label="Search nodes" autocomplete="off" spellcheck="false">
    <label>Action <select id="node-action"><option value="">all</option></select></label>
    <label>Role <select id="node-role"><option value="">all</option></select></label>
    <span id="node-count" class="count" role="status"></span>
  </div>
  <div class="scroll" role="region" aria-label="Table of nodes" tabindex="0"><table>
    <thead><tr><th scope="col">Node</th><th scope="col">Action</th><th scope="col">Operator</th><th scope="col">Role</th><th scope="col">amax</th><th scope="col">Why</th></tr></thead>
    <tbody id="nodes"></tbody>
  </table></div>
  <p><button id="node-more" type="button" hidden></button></p>
</section>`;

const sensitivitySection = `<section id="sensitivity" aria-labelledby="sensitivity-title">
  <h2 id="sensitivity-title">Sensitivity</h2>
  <p class="quiet">Each group was quantized alone: how far the outputs are then from those of the float model.</p>
  <div class="tools"><label>Show <select id="measure">
    <option value="rmse">root mean squared error</option>
    <option value="disagreement">answers that differ</option>
    <option value="maxError">largest error</option>
    <option value="cosine">1 − cosine</option>
  </select></label></div>
  <div class="scroll" role="region" aria-label="Table of groups" tabindex="0"><table>
    <thead><tr id="group-head"><th scope="col">Group</th><th scope="col">Nodes</th><th scope="col"></th><th scope="col">Value</th></tr></thead>
    <tbody id="groups"></tbody>
  </table></div>
</section>`;
