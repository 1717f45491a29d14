/** Which lines of native/ ran, from what gcov wrote in all processes. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { inProject, projectFiles, projectFolder } from '../../setup/project.mjs';
import { LineCoverage } from './lines.mjs';

/**
 * One line of gcov's output.
 * @typedef {object} GcovUnit
 * @property {string} current_working_directory
 * @property {{ file: string, lines: { line_number: number, count: number }[] }[]} files
 */

/**
 * Forgets what earlier runs counted.
 * @param {import('../../setup/native.mjs').NativeBuild} build
 */
export function resetNativeCoverage({ out }) {
  for (const file of projectFiles([out], /\.gcda$/)) rmSync(inProject(file));
}

/**
 * @param {import('../../setup/native.mjs').NativeBuild} build
 * @throws when gcov is missing, or does not fit the compiler.
 */
export async function nativeCoverage({ out }) {
  const coverage = new LineCoverage('native/');
  // Also of what never ran there are notes of the compiler's.
  const notes = projectFiles([out], /\.gcno$/).map((file) => inProject(file));
  // What it writes to standard error is about units of which nothing ran.
  const { stdout } = await promisify(execFile)(gcov(), ['--json-format', '--stdout', ...notes], {
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  for (const line of stdout.split('\n')) {
    if (line !== '') addUnit(coverage, JSON.parse(line));
  }
  return coverage;
}

/** The gcov that belongs to the compiler: g++-13 writes for gcov-13. */
function gcov() {
  const compiler = process.env['CXX'] ?? 'g++';
  return compiler.replace(/[gc]\+\+(?=[-\d.]*$)/, 'gcov');
}

/**
 * @param {LineCoverage} coverage
 * @param {GcovUnit} unit
 */
function addUnit(coverage, { current_working_directory: folder, files }) {
  for (const { file, lines } of files) {
    const name = relative(projectFolder, resolve(folder, file));
    if (!name.startsWith(`native${sep}`)) continue;
    for (const { line_number: line, count } of lines) coverage.add(name, line, count > 0);
  }
}
