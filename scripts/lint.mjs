#!/usr/bin/env node
/**
 * Checks everything that a program can check about the source: format and lint of TypeScript
 * (biome) and C++ (clang-format, clang-tidy), types (tsc), and the package (publint).
 *
 *   npm run lint                 all checks
 *   npm run format               formats, and mends what biome can mend safely
 */
import './setup/require-node.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkWithClangTidy } from './lint/clang-tidy.mjs';
import { assetFolder } from './setup/cache.mjs';
import { run } from './setup/child.mjs';
import { startTask } from './setup/progress.mjs';
import { inProject, projectFiles, projectFolder } from './setup/project.mjs';
import { runScript, SetupError } from './setup/setup-error.mjs';

/** @typedef {import('./setup/child.mjs').Outcome} Outcome */
/** @typedef {(update: (note: string) => void) => Promise<Outcome>} Check */

const cppFiles = projectFiles(['native', 'test/standin', 'test/cpp', 'bench/native'], /\.(cc|h)$/);

/**
 * Runs a program of node_modules.
 * @param {string} entry
 * @param {...string} args
 */
function nodeTool(entry, ...args) {
  return run(process.execPath, [inProject('node_modules', entry), ...args], { cwd: projectFolder });
}

/** @param {...string} args */
function clangFormat(...args) {
  const program = join(assetFolder('clang-format'), 'bin', 'clang-format');
  return run(program, [...args, ...cppFiles], { cwd: projectFolder });
}

/** @type {Record<string, Check>} */
const checks = {
  biome: () => nodeTool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  'clang-format': () => clangFormat('--dry-run', '--Werror'),
  tsc: () => nodeTool('typescript/bin/tsc', '--noEmit'),
  'tsc of scripts': () => nodeTool('typescript/bin/tsc', '--noEmit', '-p', 'scripts'),
  'tsc of bench': () => nodeTool('typescript/bin/tsc', '--noEmit', '-p', 'bench'),
  publint: () => nodeTool('publint/src/cli.js', '--strict'),
  'clang-tidy': (update) => checkWithClangTidy(cppFiles, update),
};

/** @type {Record<string, Check>} */
const fixes = {
  biome: () => nodeTool('@biomejs/biome/bin/biome', 'check', '--write'),
  'clang-format': () => clangFormat('-i'),
};

/**
 * @param {string} name
 * @param {Check} check
 */
async function passes(name, check) {
  const task = startTask(name);
  const { code, output } = await check((note) => task.update({ note }));
  if (code === 0) task.succeed();
  else {
    task.fail();
    console.error(output.trimEnd());
  }
  return code === 0;
}

await runScript(async () => {
  const { values } = parseArgs({ options: { fix: { type: 'boolean', default: false } } });
  if (!existsSync(assetFolder('clang-format'))) {
    throw new SetupError('The C++ tools are missing: run npm run lint or npm run format.');
  }
  const failed = [];
  for (const [name, check] of Object.entries(values.fix ? fixes : checks)) {
    if (!(await passes(name, check))) failed.push(name);
  }
  if (failed.length > 0) throw new SetupError(`Not clean: ${failed.join(', ')}.`);
});
