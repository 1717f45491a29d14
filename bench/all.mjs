#!/usr/bin/env node
/**
 * Runs all programs of this folder one after the other, and puts what each printed in its place in
 * RESULTS.md.
 *
 *   npm run bench:peers -- [--only a,b] [--skip a,b] [--quick] [--list] [--results <file>]
 *     [--python <interpreter>] [--modelopt] [--shared <folder>] [--bge <folder> --reuters <folder>]
 *
 * `--quick` looks whether all run, in few rounds; its figures are printed, and kept only where
 * `--results` names a file. The Python peers are installed into the cache unless `--python` names an
 * interpreter that has them; `--modelopt` adds NVIDIA's ModelOpt, with torch: several GB. What is
 * missing is said, and what fails stops no other; the exit code is 1 then.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stopChildren } from '../scripts/setup/child.mjs';
import { runPrograms, summaryOf } from './lib/run-programs.mjs';
import { defaultShared } from './lib/sentiment.mjs';
import { programs } from './programs.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    skip: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    results: { type: 'string' },
    python: { type: 'string' },
    modelopt: { type: 'boolean', default: false },
    shared: { type: 'string', default: defaultShared },
    bge: { type: 'string' },
    reuters: { type: 'string' },
  },
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    stopChildren();
    process.exit(130);
  });
}
const say = (/** @type {string} */ line) => console.error(line);
const { quick, shared, python, modelopt: modelOpt, bge, reuters } = options;
const all = programs({ quick, shared, python, modelOpt, bge, reuters, say });
const names = all.map(({ name }) => name);
const only = options.only === undefined ? names : named('--only', options.only);
const skipped = named('--skip', options.skip);
const chosen = all.filter(({ name }) => only.includes(name) && !skipped.includes(name));

if (options.list) {
  console.log(names.join('\n'));
} else {
  const kept = quick ? undefined : fileURLToPath(new URL('RESULTS.md', import.meta.url));
  const outcomes = await runPrograms(chosen, { results: options.results ?? kept, say });
  console.log(`\n${summaryOf(outcomes)}`);
  if (outcomes.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
}

/** @param {string} option @param {string} value */
function named(option, value) {
  const wanted = value.split(',').filter((name) => name !== '');
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined) return wanted;
  throw new TypeError(`Expected ${option} to name ${names.join(', ')} but received '${unknown}'`);
}
