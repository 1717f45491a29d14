import { basename } from 'node:path';
import { writeFiles } from '../files.js';
import {
  type QuantizationReport,
  renderQuantizationHtml,
} from '../report/render-quantization-html.js';
import { note } from './terminal.js';
import { bytes } from './text.js';

/** Writes the page of `--html`, where it is asked for. */
export async function writeReport(
  path: string | undefined,
  model: string,
  report: Omit<QuantizationReport, 'title'>,
): Promise<void> {
  if (path === undefined) return;
  const html = await renderQuantizationHtml({ title: basename(model), ...report });
  const page = new TextEncoder().encode(html);
  await writeFiles([{ path, parts: [page] }]);
  note(`Wrote ${path} (${bytes(page.byteLength)}): open it in a browser.`);
}
