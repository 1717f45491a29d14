/** The packages in node_modules, when they are not those of package-lock.json. */
import { existsSync, readFileSync } from 'node:fs';
import { run } from './child.mjs';
import { startTask } from './progress.mjs';
import { inProject, projectFolder } from './project.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional] Absent on machines that it is not for.
 */

/** @param {string} file @returns {Record<string, LockedPackage>} */
function packagesIn(file) {
  return JSON.parse(readFileSync(inProject(file), 'utf8')).packages;
}

/** Compares what npm wrote about its last install with the lock file. */
export function arePackagesDue() {
  const record = 'node_modules/.package-lock.json';
  if (!existsSync(inProject(record))) return true;
  const installed = packagesIn(record);
  return Object.entries(packagesIn('package-lock.json')).some(([folder, locked]) => {
    if (folder === '') return false;
    const found = installed[folder];
    if (!found || !existsSync(inProject(folder, 'package.json'))) return !locked.optional;
    return found.version !== locked.version || found.integrity !== locked.integrity;
  });
}

/** Installs the locked packages. No package of ours needs its install script. */
export async function installPackages() {
  const task = startTask('Install the npm packages of package-lock.json');
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await run('npm', options, {
    cwd: projectFolder,
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (code !== 0) {
    task.fail();
    throw new SetupError(
      'npm ci failed. Check the network and the proxy and registry settings of npm (npm config list); where package.json was edited, run npm install --ignore-scripts first.',
      // Where the two files disagree, npm adds its whole help to the reason.
      output.split('Clean install a project')[0],
    );
  }
  task.succeed();
}
