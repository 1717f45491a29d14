/** How the benchmarks tell what they measured, ready to be pasted into RESULTS.md. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { basename, isAbsolute, relative } from 'node:path';

/** @typedef {import('./statistics.mjs').Summary} Summary */

/** The machine, and how busy it is with other things. */
export function describeRun() {
  const command = [
    'node',
    relative(process.cwd(), process.argv[1] ?? ''),
    ...process.argv.slice(2).map(withoutFolder),
  ];
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    `- date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `- command: \`${command.join(' ')}\``,
    `- machine: ${availableParallelism()} cores of ${cpus()[0]?.model.trim()}, Linux ${release()}, load ${load.join(' ')}`,
    `- Node ${process.versions.node}, tensorrt-node ${ownVersion()}`,
  ].join('\n');
}

/** Where something lies on this machine is of no interest to others. @param {string} argument */
function withoutFolder(argument) {
  return isAbsolute(argument) ? `<${basename(argument)}>` : argument;
}

function ownVersion() {
  const file = new URL('../../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/**
 * A Markdown table.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

/**
 * The median, with the quartiles in brackets.
 * @param {Summary} summary
 * @param {number} [digits]
 */
export function spread({ median, lower, upper }, digits = 1) {
  return `${median.toFixed(digits)} [${lower.toFixed(digits)}, ${upper.toFixed(digits)}]`;
}

/**
 * @param {string} what
 * @param {number} value
 * @param {'<=' | '>=' | '<'} relation
 * @param {number} limit
 * @param {number} [digits]
 */
export function bar(what, value, relation, limit, digits = 2) {
  const met =
    relation === '>=' ? value >= limit : relation === '<' ? value < limit : value <= limit;
  return `- ${met ? 'met' : 'MISSED'}: ${what}: ${value.toFixed(digits)} (bar: ${relation} ${limit})`;
}
