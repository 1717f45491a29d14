import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isSystemError, onFile, removeTemporaries, writeFiles } from '../../files.js';
import { withFileLock } from './file-lock.js';

/** What the bytes in a file are good for, and for nothing else. */
export type Stamp = Readonly<Record<string, string | number>>;

/** The bytes of a file; or why there are none. */
export type Stamped =
  | { readonly bytes: Uint8Array; readonly reason?: undefined }
  | { readonly bytes?: undefined; readonly reason: string };

interface StampFile {
  readonly stamp: Stamp;
  readonly sha256: string;
}

/**
 * A file with a stamp beside it, in `<path>.json`, that several processes read and replace. Bytes
 * with another stamp, or other bytes than those that were stamped, are not given out.
 */
export class StampedFile {
  readonly path: string;
  readonly stamp: Stamp;

  constructor(path: string, stamp: Stamp) {
    this.path = path;
    this.stamp = stamp;
  }

  /**
   * Runs work that reads and replaces the file, while no other does.
   *
   * @throws TensorRTError ERR_FILE
   */
  async exclusively<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await onFile('write', this.path, () => mkdir(dirname(this.path), { recursive: true }));
    return withFileLock(`${this.path}.lock`, work, { signal });
  }

  /** Within `exclusively`. */
  async read(): Promise<Stamped> {
    const bytes = await readIfThere(this.path);
    const text = await readIfThere(`${this.path}.json`);
    if (!bytes) return { reason: 'there is none yet' };
    const found = text && parseStamp(text);
    if (!found) return { reason: `its description ${this.path}.json is missing or damaged` };
    const names = new Set([...Object.keys(found.stamp), ...Object.keys(this.stamp)]);
    const changes = [...names]
      .filter((name) => found.stamp[name] !== this.stamp[name])
      .map((name) => `${name} ${found.stamp[name]} -> ${this.stamp[name]}`);
    if (changes.length > 0) return { reason: changes.join('; ') };
    return found.sha256 === sha256(bytes) ? { bytes } : { reason: 'its content is damaged' };
  }

  /** Within `exclusively`. Both files appear or none. */
  async write(bytes: Uint8Array): Promise<void> {
    const description: StampFile = { stamp: this.stamp, sha256: sha256(bytes) };
    const text = `${JSON.stringify(description, undefined, 2)}\n`;
    await removeTemporaries(dirname(this.path), basename(this.path));
    await writeFiles([
      { path: this.path, parts: [bytes] },
      { path: `${this.path}.json`, parts: [new TextEncoder().encode(text)] },
    ]);
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return onFile('read', path, () =>
    readFile(path).catch((error) => {
      if (isSystemError(error) && error.code === 'ENOENT') return undefined;
      throw error;
    }),
  );
}

function parseStamp(text: Uint8Array): StampFile | undefined {
  try {
    const { stamp, sha256 } = JSON.parse(Buffer.from(text).toString());
    return typeof stamp === 'object' && stamp !== null ? { stamp, sha256 } : undefined;
  } catch {
    return undefined;
  }
}

/** These files have a few MiB: hashing takes some milliseconds. */
function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
