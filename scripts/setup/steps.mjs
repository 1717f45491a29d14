/** What set-up is made of: things that must be in place, each with a way to put it there. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../lib/engine/cache/cache-folder.mjs';
import { assetFolder, entryFault, pinOf, removeUnfinished } from './cache.mjs';
import { stopChildren } from './child.mjs';
import { isConformanceDue, prepareConformance } from './conformance.mjs';
import { clientFor, fetchAsset } from './fetch.mjs';
import { takeLock } from './lock.mjs';
import { buildNative, isNativeBuildDue } from './native.mjs';
import { arePackagesDue, installPackages } from './npm.mjs';
import { formatDuration } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { checkTools } from './tools.mjs';
import { buildTypeScript, isTypeScriptBuildDue } from './typescript.mjs';

/**
 * @typedef {object} Step
 * @property {readonly string[]} tools What it takes, keys of the table in tools.mjs.
 * @property {() => boolean} isDue
 * @property {() => Promise<void>} run
 */

/** @type {Step} */
export const packages = { tools: ['npm'], isDue: arePackagesDue, run: installPackages };

/** @type {Step} */
export const typescript = { tools: [], isDue: isTypeScriptBuildDue, run: buildTypeScript };

/** It says itself what is missing: all else can be done without it. @type {Step} */
export const conformance = { tools: [], isDue: isConformanceDue, run: prepareConformance };

/** @param {import('./native.mjs').NativeBuild} build @returns {Step} */
export function native(build) {
  return {
    tools: ['compiler', 'cmake'],
    isDue: () => isNativeBuildDue(build),
    run: () => buildNative(build),
  };
}

/** @param {string} name A key of pins.json. @returns {Step} */
export function asset(name) {
  return {
    tools: [clientFor(pinOf(name))],
    isDue: () => entryFault(name) !== undefined,
    run: async () => {
      const fault = entryFault(name);
      if (fault !== 'absent') {
        console.error(`${assetFolder(name)} is damaged (${fault}): it is fetched again.`);
      }
      await fetchAsset(name);
    },
  };
}

/**
 * Puts everything in place, in the given order. Where nothing is due this takes a moment, and
 * neither the tools nor the lock.
 * @param {readonly Step[]} steps
 */
export async function setUp(steps) {
  const started = Date.now();
  const due = steps.filter((step) => step.isDue());
  if (due.length === 0) {
    console.error(`Everything is set up (checked in ${formatDuration(Date.now() - started)}).`);
    return;
  }
  await checkTools(due.flatMap((step) => step.tools));
  await underLock(async () => {
    // Another set-up may have done some of it while this one waited for the lock.
    for (const step of steps) if (step.isDue()) await step.run();
  });
  console.error(`Set up in ${formatDuration(Date.now() - started)}; cache: ${cacheFolder()}`);
}

/** @param {() => Promise<void>} work */
async function underLock(work) {
  makeCacheFolder();
  const release = await takeLock(join(cacheFolder(), 'setup.lock'), (pid) =>
    console.error(`Waiting for another set-up to finish (process ${pid}).`),
  );
  const stop = () => {
    stopChildren();
    removeUnfinished();
    release();
    process.exit(130);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.once(signal, stop);
  try {
    removeUnfinished();
    await work();
  } finally {
    for (const signal of signals) process.off(signal, stop);
    release();
  }
}

function makeCacheFolder() {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
  } catch (error) {
    throw new SetupError(
      `The cache folder ${cacheFolder()} cannot be made (${/** @type {Error} */ (error).message}): set TENSORRT_NODE_CACHE to a folder that can be written.`,
    );
  }
}
