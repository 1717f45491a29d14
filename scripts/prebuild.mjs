#!/usr/bin/env node
/**
 * Makes prebuilds/ for this machine's platform by prebuildify, and checks what is to be published.
 *
 *   node scripts/prebuild.mjs [--check]     --check makes nothing
 */
import './setup/require-node.mjs';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { run } from './setup/child.mjs';
import { nativeFiles } from './setup/native.mjs';
import { inProject, projectFolder } from './setup/project.mjs';
import { runScript, SetupError } from './setup/setup-error.mjs';

/** The platforms that a release must carry. */
const platforms = ['linux-x64'];

/** The addon by prebuildify's name for it, and the ABI family libraries, which keep theirs. */
const expected = ['tensorrt-node.glibc.node', ...nativeFiles.filter((f) => f.endsWith('.so'))];

await runScript(async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  if (!values.check) await makePrebuild();
  for (const platform of platforms) checkFiles(platform);
  if (platforms.includes(`${process.platform}-${process.arch}`)) await checkLoads();
  console.error(`prebuilds of ${platforms.join(', ')}: ${expected.join(', ')}`);
});

async function makePrebuild() {
  const platform = `${process.platform}-${process.arch}`;
  rmSync(inProject('prebuilds', platform), { recursive: true, force: true });
  const prebuildify = inProject('node_modules', 'prebuildify', 'bin.js');
  const target = `--target=node@${process.versions.node}`;
  const shim = `--node-gyp=${inProject('scripts', 'node-gyp-shim.mjs')}`;
  const { code, output } = await run(
    process.execPath,
    [prebuildify, target, '--napi', '--strip', '--tag-libc', shim],
    { cwd: projectFolder, onLine: (line) => console.error(line) },
  );
  if (code !== 0) throw new SetupError('prebuildify failed: mend what is printed above.', output);
}

/** @param {string} platform */
function checkFiles(platform) {
  const folder = inProject('prebuilds', platform);
  const found = existsSync(folder) ? readdirSync(folder) : [];
  const missing = expected.filter((file) => !found.includes(file));
  const surplus = found.filter((file) => !expected.includes(file));
  if (missing.length > 0) {
    throw new SetupError(
      `prebuilds/${platform} has no ${missing.join(', ')}: run npm run prebuildify on ${platform}.`,
    );
  }
  if (surplus.length > 0) {
    throw new SetupError(
      `prebuilds/${platform} holds ${surplus.join(', ')}, which must not be published: remove prebuilds/${platform} and run npm run prebuildify.`,
    );
  }
}

/** Loads the prebuilt addon as a user's process would. */
async function checkLoads() {
  const program = `require('node-gyp-build')(${JSON.stringify(projectFolder)})`;
  const env = { PREBUILDS_ONLY: '1' };
  const { code, output } = await run(process.execPath, ['-e', program], {
    cwd: projectFolder,
    env,
  });
  if (code !== 0) throw new SetupError('The prebuilt addon does not load: see above.', output);
}
