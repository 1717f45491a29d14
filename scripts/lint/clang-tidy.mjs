/** clang-tidy over the native sources, several at a time, and only those that may have changed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { assetFolder } from '../setup/cache.mjs';
import { run } from '../setup/child.mjs';
import { configure } from '../setup/native.mjs';
import { fingerprintOf, inProject, projectFolder } from '../setup/project.mjs';

/** A build folder of its own, so that linting does not change the options of another build. */
const out = join('build', 'lint');
/** Holds one empty file, named by fingerprint, for each source that was found clean. */
const cleanFolder = join(out, 'clean');

const configurations = ['.clang-tidy', 'test/.clang-tidy'];

/** @typedef {{ directory: string, file: string, command: string }} CompileCommand */

/**
 * @param {readonly string[]} cppFiles All sources and headers, relative to the project.
 * @param {(note: string) => void} update
 */
export async function checkWithClangTidy(cppFiles, update) {
  update('configuring');
  await configure({ out, standins: true, cppTests: true, unity: false });
  const commands = oneCommandPerSource();
  mkdirSync(inProject(cleanFolder), { recursive: true });
  const headers = cppFiles.filter((file) => file.endsWith('.h'));
  const queue = commands
    .filter(({ sources }) => sources.every((source) => cppFiles.includes(source)))
    .map(({ sources, command: { file, command } }) => ({
      file,
      stamp: stampOf([...sources, ...headers], command),
    }))
    .filter(({ stamp }) => !existsSync(stamp));

  const total = queue.length;
  let done = 0;
  /** @type {Set<string>} A header's complaints come with each source that includes it. */
  const complaints = new Set();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { code, output } = await lint(next.file);
      if (code === 0) writeFileSync(next.stamp, '');
      else
        for (const complaint of output.split(/^(?=\S+:\d+:\d+: error)/m)) complaints.add(complaint);
      update(`${++done} of ${total} files`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return { code: complaints.size, output: [...complaints].join('') };
}

/**
 * The sources that are compiled once per ABI family are looked at once. Rewrites the compilation
 * database in place: clang-tidy reads it from there.
 */
function oneCommandPerSource() {
  const database = inProject(out, 'compile_commands.json');
  /** @type {CompileCommand[]} */
  const all = JSON.parse(readFileSync(database, 'utf8'));
  const bySources = new Map(
    all.map((command) => {
      const sources = sourcesOf(command.file);
      return [`${sources}`, { command, sources }];
    }),
  );
  const kept = [...bySources.values()];
  writeFileSync(database, JSON.stringify(kept.map(({ command }) => command)));
  return kept;
}

/**
 * Relative to the project: the file itself, or what is compiled at once by way of it.
 * @param {string} file
 */
function sourcesOf(file) {
  const included = readFileSync(file, 'utf8').matchAll(/^#include "(\/.*\.cc)"$/gm);
  const sources = [...included].map(([, source = '']) => source);
  return (sources.length === 0 ? [file] : sources).map((source) => relative(projectFolder, source));
}

/**
 * @param {readonly string[]} files
 * @param {string} command
 */
function stampOf(files, command) {
  const others = [command, assetFolder('clang-tidy')];
  return inProject(cleanFolder, fingerprintOf([...files, ...configurations], others));
}

/** @param {string} file */
function lint(file) {
  const program = join(assetFolder('clang-tidy'), 'bin', 'clang-tidy');
  const options = ['--quiet', '-p', out, '--extra-arg=-Wno-unknown-warning-option'];
  return run(program, [...options, file], { cwd: projectFolder });
}
