import type { BenchReport } from '../bench/bench-report.js';
import { toCsv } from '../bench/formats/to-csv.js';
import { toMarkdown } from '../bench/formats/to-markdown.js';
import { renderBenchHtml } from '../bench/render-bench-html.js';
import { writeFiles } from '../files.js';
import type { BenchFlags } from './bench-flags.js';
import { note } from './terminal.js';
import { bytes } from './text.js';

export const formats = ['json', 'csv', 'markdown', 'html'] as const;
const standardOutput = '-';

/** Whether the standard output is for a file, and so for nothing else. */
export function printsFile(flags: BenchFlags): boolean {
  return formats.some((format) => flags[format] === standardOutput);
}

/** @throws TypeError where two outputs would overwrite each other, or what is measured. */
export function checkOutputs(flags: BenchFlags, model: string): void {
  const { saveEngine, layersFile, layerInfo } = flags;
  const outputs = [...formats.map((format) => flags[format]), saveEngine, layersFile, layerInfo];
  const paths = outputs.filter((path) => path !== undefined);
  const twice = [model, ...paths].find((path, index, all) => all.indexOf(path) < index);
  if (twice !== undefined) throw new TypeError(`Expected another file than '${twice}'`);
}

/** Writes the report in all formats that are asked for: all files, or none. */
export async function writeOutputs(
  report: BenchReport,
  flags: BenchFlags,
  baseline: BenchReport | undefined,
): Promise<void> {
  const files: { path: string; parts: [Uint8Array] }[] = [];
  for (const format of formats) {
    const path = flags[format];
    if (path === undefined) continue;
    const text = await render(format, report, flags, baseline);
    if (path === standardOutput) process.stdout.write(text);
    else files.push({ path, parts: [new TextEncoder().encode(text)] });
  }
  await writeFiles(files);
  for (const { path, parts } of files) note(`Wrote ${path} (${bytes(parts[0].byteLength)}).`);
}

async function render(
  format: (typeof formats)[number],
  report: BenchReport,
  { threshold }: BenchFlags,
  baseline: BenchReport | undefined,
): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, undefined, 2)}\n`;
    case 'csv':
      return toCsv(report);
    case 'markdown':
      return toMarkdown(report);
    case 'html':
      return renderBenchHtml(report, { baseline, threshold });
  }
}
