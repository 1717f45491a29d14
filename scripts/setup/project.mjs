/** The project's own folder and the fingerprints of what is in it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** @param {...string} parts */
export function inProject(...parts) {
  return join(projectFolder, ...parts);
}

/**
 * All files below the named places of the project, sorted; a place that is not there has none.
 * @param {readonly string[]} places Files or folders, relative to the project.
 * @param {RegExp} [wanted]
 */
export function projectFiles(places, wanted = /./) {
  return places
    .filter((place) => existsSync(inProject(place)))
    .flatMap((place) =>
      statSync(inProject(place)).isFile()
        ? [place]
        : readdirSync(inProject(place), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => relative(projectFolder, join(entry.parentPath, entry.name))),
    )
    .filter((file) => wanted.test(file))
    .sort();
}

/**
 * The SHA-256 of the names and contents of files and of any other values.
 * @param {readonly string[]} files Relative to the project.
 * @param {unknown} [others]
 */
export function fingerprintOf(files, others = null) {
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(inProject(file)));
  return hash.digest('hex');
}

/**
 * What a build left about what it was made from; `undefined` where there is none.
 * @param {string} file
 * @returns {{ fingerprint: string } | undefined}
 */
export function readStamp(file) {
  try {
    return JSON.parse(readFileSync(inProject(file), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {{ fingerprint: string }} stamp
 */
export function writeStamp(file, stamp) {
  mkdirSync(dirname(inProject(file)), { recursive: true });
  writeFileSync(inProject(file), `${JSON.stringify(stamp)}\n`);
}
