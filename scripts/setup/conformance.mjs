/**
 * What the conformance tests are made on: Python's onnx package, and its backend tests as files.
 * Set-up leaves them out where they cannot be had; the tests are skipped then, with the reason.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../lib/engine/cache/cache-folder.mjs';
import { assetFolder, entryFault, pinOf, temporaryPrefix } from './cache.mjs';
import { run } from './child.mjs';
import { fetchAsset } from './fetch.mjs';
import { startTask } from './progress.mjs';
import { inProject } from './project.mjs';
import { SetupError } from './setup-error.mjs';

const asset = 'onnx-python';
const writer = inProject('scripts', 'setup', 'conformance', 'write-cases.py');

/** The versions of Python that the packages are pinned for, by the second number. */
const pythons = { oldest: 11, newest: 14 };

/** For PYTHONPATH: the folder with the package onnx and what it needs. */
export function pythonPackages() {
  return join(assetFolder(asset), 'site-packages');
}

/** The folder with cases.json, named after all that its contents depend on. */
export function casesFolder() {
  const { version, from } = pinOf(asset);
  const hash = createHash('sha256').update(from.sha256).update(readFileSync(writer)).digest('hex');
  return join(cacheFolder(), `onnx-cases-${version}-${hash.slice(0, 12)}`);
}

/** Why this machine cannot have the cases; undefined where it can. */
export async function conformanceObstacle() {
  const here = `${process.platform}-${process.arch}`;
  if (here !== 'linux-x64') return `Python's onnx is pinned for linux-x64, not for ${here}`;
  const needed = `Python 3.${pythons.oldest} to 3.${pythons.newest} with pip is needed`;
  const { code, output } = await run('python3', ['-m', 'pip', '--version']);
  if (code !== 0) return `${needed}, and there is none`;
  const version = /\(python (3\.(\d+))\)/.exec(output);
  const minor = Number(version?.[2]);
  if (minor >= pythons.oldest && minor <= pythons.newest) return undefined;
  return `${needed}, and there is ${version ? version[1] : output.trim()}`;
}

export function isConformanceDue() {
  return entryFault(asset) !== undefined || !existsSync(join(casesFolder(), 'cases.json'));
}

export async function prepareConformance() {
  const obstacle = await conformanceObstacle();
  if (obstacle) {
    console.error(`The conformance tests are left out: ${obstacle}.`);
    return;
  }
  if (entryFault(asset) !== undefined) await fetchAsset(asset);
  if (!existsSync(join(casesFolder(), 'cases.json'))) await writeCases();
}

async function writeCases() {
  const task = startTask('Write the backend tests of onnx as files');
  const temporary = join(cacheFolder(), `${temporaryPrefix}${randomUUID()}`);
  mkdirSync(temporary);
  const { code, output } = await run('python3', [writer, temporary], {
    env: { PYTHONPATH: pythonPackages() },
  });
  if (code !== 0) {
    rmSync(temporary, { recursive: true });
    task.fail();
    throw new SetupError(
      `The backend tests of onnx cannot be written: mend what is shown above. Where python3 has changed, delete ${assetFolder(asset)}, then run this again.`,
      output,
    );
  }
  rmSync(casesFolder(), { recursive: true, force: true });
  renameSync(temporary, casesFolder());
  task.succeed();
}
