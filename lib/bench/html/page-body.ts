import { bytes, counted, figure } from '../../figures.js';
import { escapeHtml } from '../../page/html-page.js';
import type { BenchReport } from '../bench-report.js';
import type { ReportComparison } from '../compare/compare-reports.js';
import { machineText, methodText, versionsText } from '../formats/words.js';
import { changesSection } from './changes.js';
import type { Headline } from './headlines.js';
import type { BenchPageData } from './page-data.js';
import * as sections from './page-sections.js';

export interface PageContents {
  readonly data: BenchPageData;
  readonly headlines: readonly Headline[];
  readonly baseline: BenchReport | undefined;
  readonly comparison: ReportComparison | undefined;
}

interface Section {
  readonly id: string;
  readonly name: string;
  readonly html: string;
}

/** The page without its charts, which its script draws. Sections without anything in them are left out. */
export function pageBody(report: BenchReport, contents: PageContents): string {
  const shown = sectionsOf(report, contents);
  const links = shown.map(({ id, name }) => `<a href="#${id}">${name}</a>`);
  return `<header>
  <h1>${escapeHtml(report.model.name)}</h1>
  <nav aria-label="Sections">${links.join('')}</nav>
  <button id="theme" type="button" aria-label="Light or dark">◐</button>
</header>
${factsOf(report)}
<main>
${headlineCards(contents.headlines, contents.data)}
${shown.map(({ id, name, html }) => sectionOf(id, name, html)).join('\n')}
</main>`;
}

function sectionsOf(report: BenchReport, { data, baseline, comparison }: PageContents): Section[] {
  const results = data.cells.flatMap(({ result }) => result ?? []);
  const measured = results.length > 0;
  const varies = (axis: 'batch' | 'length' | 'rate') =>
    new Set(report.cells.map(({ parameters }) => parameters[axis])).size > 1;
  const isMatrix = varies('batch') || varies('length');
  const all: (Section & { readonly there: boolean })[] = [
    { id: 'warnings', name: 'Warnings', html: warningsOf(report), there: hasWarnings(report) },
    {
      ...{ id: 'changes', name: 'Before and after', there: comparison !== undefined },
      html: comparison && baseline ? changesSection(comparison, baseline) : '',
    },
    { id: 'cells', name: 'Cells', html: sections.cells + notesOf(report), there: true },
    { id: 'latency', name: 'Latency', html: sections.latency, there: measured },
    { id: 'parts', name: 'Where the time goes', html: sections.parts, there: measured },
    { id: 'time', name: 'Over time', html: sections.time, there: measured },
    {
      ...{ id: 'curves', name: 'Throughput and latency', html: sections.curves },
      there: results.length > 1 && (isMatrix || varies('rate')),
    },
    {
      ...{ id: 'matrix', name: 'Batch and length', html: sections.matrix(data.unit) },
      there: results.length > 1 && isMatrix,
    },
    {
      ...{ id: 'cost', name: 'Cost', html: sections.cost(data) },
      there: results.some(({ cost }) => cost !== undefined),
    },
    {
      ...{ id: 'roofline', name: 'What limits it', html: sections.roofline(data) },
      there: results.some(({ roofline }) => roofline !== undefined),
    },
  ];
  return all.filter(({ there }) => there);
}

function sectionOf(id: string, name: string, html: string): string {
  return `<section id="${id}" aria-labelledby="${id}-title">
  <h2 id="${id}-title">${name}</h2>
  ${html}
</section>`;
}

function factsOf(report: BenchReport): string {
  const { model, date } = report;
  const facts = [
    ['Model', `${model.name}, ${bytes(model.bytes)}, SHA-256 ${model.sha256.slice(0, 12)}`],
    ['Machine', machineText(report.machine)],
    ['Versions', versionsText(report)],
    ['Method', methodText(report.method)],
    [
      'Measured',
      `${date.slice(0, 16).replace('T', ' ')} UTC, ${counted(report.cells.length, 'cell')}`,
    ],
  ];
  const pairs = facts.map(
    ([label = '', fact = '']) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(fact)}</dd>`,
  );
  return `<dl class="setting">${pairs.join('')}</dl>`;
}

/** More than these are folded away. */
const firstHeadlines = 6;

function headlineCards(headlines: readonly Headline[], { cells, unit }: BenchPageData): string {
  if (headlines.length === 0) return plainCards(cells, unit);
  const cards = headlines.map(
    ({ verdict, figure: times, claim, evidence }) => `<li class="headline ${verdict}">
  <b>${escapeHtml(times)}</b>
  <div><p class="claim">${escapeHtml(claim)}</p><p class="quiet">${escapeHtml(evidence)}</p></div>
</li>`,
  );
  const rest = cards.slice(firstHeadlines);
  const more = `<details class="more"><summary>${counted(rest.length, 'more comparison')}</summary><ul class="headlines">${rest.join('')}</ul></details>`;
  return `<ul class="headlines" aria-label="Is it faster?">${cards.slice(0, firstHeadlines).join('')}</ul>${rest.length > 0 ? more : ''}`;
}

/** Where nothing can be compared: how fast it is, where it is fastest. */
function plainCards(cells: BenchPageData['cells'], unit: string): string {
  const best = cells
    .flatMap(({ name, result }) => (result ? [{ name, result }] : []))
    .sort((a, b) => b.result.throughput - a.result.throughput)[0];
  if (!best) return '';
  const { throughput, latency } = best.result;
  const cards = [
    [figure(throughput), `${unit} a second`],
    [`${figure(latency.median)} ms`, 'median latency'],
    [`${figure(latency.p99)} ms`, 'p99 latency'],
  ].map(
    ([value = '', claim = '']) =>
      `<li class="headline plain"><b>${value}</b><div><p class="claim">${claim}</p><p class="quiet">${escapeHtml(best.name)}</p></div></li>`,
  );
  return `<ul class="headlines" aria-label="How fast it is">${cards.join('')}</ul>`;
}

function hasWarnings({ cells }: BenchReport): boolean {
  return cells.some(({ result, problem }) => problem !== undefined || result?.warnings.length);
}

/** What is said about several cells is said once, even where figures in it differ. */
class Remarks {
  readonly #about = new Map<string, { readonly cell: string; readonly remark: string }[]>();

  add(remark: string, cell: string): void {
    const alike = remark.replaceAll(/\d[\d.,]*/g, '0');
    this.#about.set(alike, [...(this.#about.get(alike) ?? []), { cell, remark }]);
  }

  /** @param all - how many cells there are. */
  toHtml(kind: string, all: number): string {
    const lines = [...this.#about.values()].map((about) => {
      const [first] = about;
      return `<li>${escapeHtml(first?.remark ?? '')} ${whereOf(about, all)}</li>`;
    });
    return lines.length > 0 ? `<ul class="${kind}">${lines.join('')}</ul>` : '';
  }
}

/** The cells that a remark is about, with what is said of each where that differs. */
function whereOf(about: readonly { cell: string; remark: string }[], all: number): string {
  if (new Set(about.map(({ remark }) => remark)).size === 1) {
    const names = about.map(({ cell }) => cell);
    return `<span class="quiet">${listOf(names, all)}</span>`;
  }
  const lines = about.map(
    ({ cell, remark }) => `<li>${escapeHtml(cell)}: ${escapeHtml(remark)}</li>`,
  );
  const summary = `${about[0]?.cell} and ${counted(about.length - 1, 'other cell')}`;
  return `<details class="quiet"><summary>${escapeHtml(summary)}</summary><ul>${lines.join('')}</ul></details>`;
}

/** The warnings, then what was not measured. */
function warningsOf({ cells }: BenchReport): string {
  const remarks = new Remarks();
  for (const { name, result } of cells) {
    for (const { message } of result?.warnings ?? []) remarks.add(message, name);
  }
  for (const { name, problem } of cells) {
    if (problem !== undefined) remarks.add(`Not measured: ${problem}`, name);
  }
  return remarks.toHtml('warnings', cells.length);
}

/** How the model came to its precisions. */
function notesOf({ cells }: BenchReport): string {
  const remarks = new Remarks();
  for (const { name, notes = [] } of cells) for (const note of notes) remarks.add(note, name);
  return remarks.toHtml('notes made', cells.length);
}

/** More names than these are folded away. */
const mostNames = 4;

function listOf(names: readonly string[], all: number): string {
  const text = escapeHtml(names.join(' · '));
  if (names.length === all && all > 1) return 'every cell';
  if (names.length <= mostNames) return text;
  return `<details><summary>${counted(names.length, 'cell')}</summary>${text}</details>`;
}
