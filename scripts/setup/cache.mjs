/** The cache folder: what is pinned, what is there, and how an entry gets in. */
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../lib/engine/cache/cache-folder.mjs';

/**
 * @typedef {object} Source
 * @property {'wheel' | 'requirements' | 'crate' | 'npm' | 'deb'} kind
 * @property {string} name
 * @property {string} version
 * @property {string} sha256 Of the package; of requirements, that of the file that names them with theirs.
 * @property {number} [bytes]
 */

/**
 * Something fetched from a package registry, pinned by version and hash.
 * @typedef {object} Pin
 * @property {string} version
 * @property {string} what
 * @property {string} licence
 * @property {string} [platform] As `process.platform` and `process.arch`; absent where it is for all.
 * @property {Source} from
 * @property {Record<string, string>} keep Place in the entry to place in the package; files or folders.
 * @property {Record<string, string>} [links]
 */

/** @type {Record<string, Pin>} */
export const pins = JSON.parse(readFileSync(new URL('pins.json', import.meta.url), 'utf8'));

const manifestName = 'manifest.json';
export const temporaryPrefix = 'unfinished-';

/** @param {string} name A key of pins.json. */
export function pinOf(name) {
  const pin = pins[name];
  if (!pin) throw new TypeError(`Expected one of ${Object.keys(pins).join(', ')} but got ${name}`);
  return pin;
}

/**
 * The folder of a fetched asset. It exists once set-up has run.
 * @param {string} name A key of pins.json.
 */
export function assetFolder(name) {
  return join(cacheFolder(), `${name}-${pinOf(name).version}`);
}

/** @param {Pin} pin */
function fingerprint({ from, keep, links }) {
  const text = JSON.stringify([from.sha256, keep, links]);
  return createHash('sha256').update(text).digest('hex');
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();
}

/**
 * What is wrong with the cache entry of a pin: `undefined` when it is whole, `'absent'` when there
 * is none, else a few words on the damage.
 * @param {string} name
 */
export function entryFault(name) {
  const folder = assetFolder(name);
  if (!existsSync(folder)) return 'absent';
  /** @type {{ fingerprint: string, files: Record<string, number> }} */
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, manifestName), 'utf8'));
  } catch {
    return `its ${manifestName} cannot be read`;
  }
  if (manifest.fingerprint !== fingerprint(pinOf(name))) return 'made from another package';
  for (const [file, bytes] of Object.entries(manifest.files)) {
    const found = statSync(join(folder, file), { throwIfNoEntry: false });
    if (!found) return `${file} is missing`;
    if (found.size !== bytes) return `${file} has ${found.size} bytes instead of ${bytes}`;
  }
  return undefined;
}

/**
 * Fills the entry of a pin. It appears under its name when it is whole, and not before.
 * @param {string} name
 * @param {(folder: string, scratch: string) => Promise<void>} fill
 */
export async function installEntry(name, fill) {
  const temporary = join(cacheFolder(), `${temporaryPrefix}${randomUUID()}`);
  const folder = join(temporary, 'entry');
  const scratch = join(temporary, 'scratch');
  try {
    mkdirSync(folder, { recursive: true });
    mkdirSync(scratch);
    await fill(folder, scratch);
    const sizes = filesIn(folder).map((file) => [file, statSync(join(folder, file)).size]);
    const manifest = { fingerprint: fingerprint(pinOf(name)), files: Object.fromEntries(sizes) };
    writeFileSync(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    const target = assetFolder(name);
    if (existsSync(target)) renameSync(target, join(temporary, 'damaged'));
    renameSync(folder, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Removes what interrupted set-ups have left. Call it only under the lock. */
export function removeUnfinished() {
  for (const name of readdirSync(cacheFolder())) {
    if (name.startsWith(temporaryPrefix)) {
      rmSync(join(cacheFolder(), name), { recursive: true, force: true });
    }
  }
}
