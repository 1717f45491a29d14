/** Which lines of a folder of lib/ ran, from what V8 counted in all processes (NODE_V8_COVERAGE). */
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inProject, projectFiles, projectFolder } from '../../setup/project.mjs';
import { LineCoverage } from './lines.mjs';

/**
 * @typedef {{ startOffset: number, endOffset: number, count: number }} Range
 * @typedef {{ url: string, functions: { ranges: Range[] }[] }} Script
 * @typedef {{ file: string, line: number, offset: number }} CodeLine A line of lib/, and where the
 *   code begins that it became.
 */

/** A line of closing brackets, a comment, or a link to another module: nothing that runs. */
const idle = /^\s*($|[)}\]`;,]+$|\/[/*]|\*|import\b|export (\*|\{))/;

/**
 * @param {string} folder What V8 wrote to.
 * @param {string} room A folder of lib/.
 */
export function libCoverage(folder, room) {
  const coverage = new LineCoverage(`lib/${room}`);
  /** @type {Map<string, CodeLine[]>} */
  const linesOf = new Map();
  for (const file of projectFiles([`dist/${room}`], /\.m?js$/)) {
    const lines = codeLines(file);
    linesOf.set(pathToFileURL(inProject(file)).href, lines);
    for (const { file: source, line } of lines) coverage.add(source, line, false);
  }
  for (const name of readdirSync(folder)) {
    /** @type {{ result: Script[] }} */
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    for (const { url, functions } of result) {
      const lines = linesOf.get(url);
      if (lines)
        addScript(
          coverage,
          lines,
          functions.flatMap(({ ranges }) => ranges),
        );
    }
  }
  return coverage;
}

/**
 * The lines of code in a compiled file.
 * @param {string} file
 * @returns {CodeLine[]}
 */
function codeLines(file) {
  const text = readFileSync(inProject(file), 'utf8');
  const map = new SourceMap(JSON.parse(readFileSync(inProject(`${file}.map`), 'utf8')));
  const lines = [];
  let begin = 0;
  for (const [number, line] of text.split('\n').entries()) {
    const column = line.search(/\S/);
    if (!idle.test(line)) {
      const { originalSource, originalLine } = /** @type {import('node:module').SourceMapping} */ (
        map.findEntry(number, column)
      );
      const source = resolve(inProject(dirname(file)), originalSource);
      lines.push({
        file: relative(projectFolder, source),
        line: originalLine + 1,
        offset: begin + column,
      });
    }
    begin += line.length + 1;
  }
  return lines;
}

/**
 * @param {LineCoverage} coverage
 * @param {readonly CodeLine[]} lines
 * @param {readonly Range[]} ranges
 */
function addScript(coverage, lines, ranges) {
  // Ranges are nested, and the innermost one counts: the last, when they are sorted like this.
  const sorted = [...ranges].sort(
    (a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset,
  );
  for (const { file, line, offset } of lines) {
    const innermost = sorted.findLast((r) => r.startOffset <= offset && offset < r.endOffset);
    coverage.add(file, line, innermost !== undefined && innermost.count > 0);
  }
}
