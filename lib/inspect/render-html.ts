import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkOptions } from '../arguments.js';
import type { Model } from '../onnx/model.js';
import { inferShapes } from '../onnx/shapes/infer-shapes.js';
import { escapeHtml, htmlPage, joinModules } from '../page/html-page.js';
import { inspect, openOutline } from './inspect.js';
import { pageStyle } from './page-style.js';
import type { Picture } from './picture.js';
import { makePicture } from './picture-data.js';

export interface RenderOptions {
  signal?: AbortSignal | undefined;
}

/**
 * Draws a model's graph into a page of HTML: one file that needs no network. Modules are closed
 * first and open on a click, down to single nodes. No weights are in it, but integers such as axes.
 *
 * @param model - a model, or the path of an ONNX file, of which large weights are not read.
 * @returns the page.
 * @throws TypeError for wrong arguments.
 * @throws TensorRTError `ERR_FILE`, `ERR_ONNX_INVALID`, `ERR_ONNX_EXTERNAL_DATA` as {@link Model.load}
 */
export async function renderGraphHtml(
  model: Model | string,
  options: RenderOptions = {},
): Promise<string> {
  checkOptions('options', options, ['signal']);
  const { signal } = options;
  const opened = await openOutline(model, signal);
  const summary = await inspect(opened);
  const shapes = await inferShapes(opened, { signal });
  return page(makePicture(opened, summary, shapes), await pageScript());
}

/** The modules of the page, each after those that it imports: together they are one script. */
const scriptParts = [
  '../../page/elements',
  '../../page/dom',
  'boxes',
  'layout',
  'draw',
  'viewport',
  'panel',
  'search',
  'page',
];

async function pageScript(): Promise<string> {
  const own = await joinModules(new URL('./page/', import.meta.url), scriptParts);
  return `${await dagreScript()}\n${own}`;
}

async function dagreScript(): Promise<string> {
  const folder = dirname(createRequire(import.meta.url).resolve('@dagrejs/dagre/package.json'));
  const code = await readFile(join(folder, 'dist', 'dagre.min.js'), 'utf8');
  const licence = await readFile(join(folder, 'LICENSE'), 'utf8');
  return `/*! @dagrejs/dagre, MIT licence:\n${licence}*/\n${code.replaceAll(/^\/[/*].*$/gm, '')}`;
}

function page(picture: Picture, script: string): string {
  const title = escapeHtml(picture.title);
  const precision = escapeHtml(picture.facts[0]?.[1] ?? '');
  const body = `<header>
  <h1 title="${title}">${title}</h1>
  <span class="precision" title="${precision}">${precision}</span>
  <div class="search">
    <input id="search" type="search" placeholder="Search operators, names, tensors" aria-label="Search" role="combobox"
      aria-controls="results" aria-expanded="false" aria-autocomplete="list" autocomplete="off" spellcheck="false">
    <ul id="results" role="listbox" aria-label="Found" hidden></ul>
  </div>
  <div class="buttons" role="toolbar" aria-label="View">
    <button id="zoom-out" type="button" aria-label="Zoom out">−</button>
    <button id="zoom-in" type="button" aria-label="Zoom in">+</button>
    <button id="fit" type="button">Fit</button>
    <button id="open-all" type="button">Open all</button>
    <button id="close-all" type="button">Close all</button>
    <button id="theme" type="button" aria-label="Light or dark">◐</button>
  </div>
</header>
<main>
  <svg id="graph" role="application" aria-label="Graph of ${title}. Arrow keys move along the tensors, Enter opens and closes, Escape goes out, slash searches.">
    <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>
  </svg>
  <ul id="legend" aria-label="Legend"></ul>
  <p class="keys"><kbd>/</kbd> search <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd> move <kbd>Enter</kbd> open <kbd>0</kbd> fit</p>
  <p id="status" class="spoken" role="status"></p>
</main>
<aside id="panel" aria-label="Details"></aside>`;
  return htmlPage({ title: picture.title, style: pageStyle, body, script, data: picture });
}
