import type { Stats } from 'node:fs';
import { readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { TensorRTError } from '../../errors.js';
import {
  isSystemError,
  onFile,
  removeTemporaries,
  temporaryName,
  writeFiles,
} from '../../files.js';
import { type CacheOutcome, type Plan, planFromFile } from '../plan/plan.js';
import { cacheFormat, cacheKey, type EngineIngredients } from './cache-key.js';
import { digestFile } from './digest.js';
import {
  type FileLock,
  ifFileLockFree,
  tryFileLock,
  tryShareFile,
  withFileLock,
} from './file-lock.js';

/** What stands beside a plan in the cache, in `<key>.json`. */
interface Sidecar {
  readonly format: number;
  readonly key: string;
  readonly ingredients: EngineIngredients;
  readonly plan: { readonly bytes: number; readonly sha256: string };
  /** How long the build took. */
  readonly seconds: number;
  readonly created: string;
  /** Why the plan had to be built. */
  readonly missReason: string;
}

/** A plan in a cache. */
export interface CacheEntry {
  readonly key: string;
  /** The plan. */
  readonly file: string;
  readonly bytes: number;
  readonly ingredients: EngineIngredients;
  /** How long the build took. */
  readonly seconds: number;
  readonly created: Date;
  readonly lastUsed: Date;
  /** Why the plan had to be built. */
  readonly missReason: string;
}

/** A plan that is whole, and that nobody removes while the lock is held. */
export interface Whole {
  readonly state: 'whole';
  readonly sidecar: Sidecar;
  readonly hold: FileLock;
}

/** What was found under a key: a plan that is whole, or a reason why not, or nothing. */
export type Found =
  | Whole
  | { readonly state: 'damaged'; readonly why: string }
  | { readonly state: 'absent' };

const damaged = (why: string): Found => ({ state: 'damaged', why });

/**
 * The files of one key: the plan, its sidecar, and the lock of whoever changes them. A sidecar is
 * written after its plan and removed before it, so that what it describes is there.
 */
export class EntryFiles {
  readonly key: string;
  readonly plan: string;
  readonly #folder: string;
  readonly #sidecar: string;
  readonly #lock: string;

  constructor(folder: string, key: string) {
    this.key = key;
    this.plan = join(folder, `${key}.plan`);
    this.#folder = folder;
    this.#sidecar = join(folder, `${key}.json`);
    this.#lock = join(folder, `${key}.lock`);
  }

  /** Runs work that changes the files, while no other does. */
  exclusively<T>(
    work: () => Promise<T>,
    options: { signal?: AbortSignal | undefined; onWait?: (() => void) | undefined },
  ): Promise<T> {
    return withFileLock(this.#lock, work, options);
  }

  /** Looks for the plan, reads all of it to see that it is whole, and keeps it from being removed. */
  async find(signal?: AbortSignal): Promise<Found> {
    const sidecar = await this.#readSidecar();
    if (sidecar === undefined) {
      return (await statIfThere(this.plan))
        ? damaged('its sidecar is missing')
        : { state: 'absent' };
    }
    if (typeof sidecar === 'string') return damaged(sidecar);
    const hold = await tryShareFile(this.plan);
    if (!hold) return damaged('the plan is missing');
    const why = await this.#damageOf(sidecar, signal);
    if (why === undefined) return { state: 'whole', sidecar, hold };
    hold.release();
    return damaged(why);
  }

  /** The sidecar, or what is wrong with it; undefined where there is none. */
  async #readSidecar(): Promise<Sidecar | string | undefined> {
    let text: string;
    try {
      text = await readFile(this.#sidecar, 'utf8');
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return undefined;
      return onFile('read', this.#sidecar, () => Promise.reject(error));
    }
    try {
      const sidecar = JSON.parse(text) as Sidecar;
      const fits = sidecar.format === cacheFormat && cacheKey(sidecar.ingredients) === this.key;
      return fits ? sidecar : 'its sidecar is that of another plan';
    } catch {
      return 'its sidecar cannot be read';
    }
  }

  async #damageOf(sidecar: Sidecar, signal?: AbortSignal): Promise<string | undefined> {
    const { bytes, sha256 } = await digestFile(this.plan, signal);
    if (bytes !== sidecar.plan.bytes)
      return `the plan has ${bytes} bytes, not ${sidecar.plan.bytes}`;
    if (sha256 !== sidecar.plan.sha256) return 'the content of the plan has changed';
    return undefined;
  }

  /** The plan that was found, as one that was used now. */
  async open({ sidecar, hold }: Whole, outcome: CacheOutcome): Promise<Plan> {
    const now = new Date();
    // Where the folder cannot be written, nothing is removed from it either.
    await utimes(this.#sidecar, now, now).catch(() => {});
    return planFromFile(this.plan, { seconds: sidecar.seconds, cache: outcome, hold });
  }

  /** A name to build under, which nobody else uses. */
  temporary(): string {
    return temporaryName(join(this.#folder, this.key));
  }

  /** Puts a plan that was built under a temporary name into its place. Within `exclusively`. */
  async store(
    temporary: string,
    facts: Pick<Sidecar, 'ingredients' | 'seconds' | 'missReason'>,
    signal?: AbortSignal,
  ): Promise<Whole> {
    const { bytes, sha256 } = await digestFile(temporary, signal);
    const sidecar: Sidecar = {
      format: cacheFormat,
      key: this.key,
      ...facts,
      plan: { bytes, sha256 },
      created: new Date().toISOString(),
    };
    // Shared before it has its name: nobody can remove it in between.
    const hold = await tryShareFile(temporary);
    if (!hold) throw new TensorRTError('ERR_FILE', `The new plan ${temporary} was removed.`);
    await onFile('write', this.plan, async () => {
      await rm(this.#sidecar, { force: true });
      await rename(temporary, this.plan);
    });
    const text = `${JSON.stringify(sidecar, undefined, 2)}\n`;
    await writeFiles([{ path: this.#sidecar, parts: [new TextEncoder().encode(text)] }]);
    return { state: 'whole', sidecar, hold };
  }

  /** Removes what a process that was killed left behind. Within `exclusively`. */
  removeLeftovers(): Promise<void> {
    return removeTemporaries(this.#folder, this.key);
  }

  /** Removes everything under the key, unless it is being built or used. */
  async remove(): Promise<boolean> {
    const removed = await ifFileLockFree(this.#lock, async () => {
      await this.removeLeftovers();
      const unused = await tryFileLock(this.plan);
      if (!unused) return false;
      await rm(this.#sidecar, { force: true });
      await rm(this.plan, { force: true });
      unused.release();
      return true;
    });
    return removed ?? false;
  }

  /** Removes leftovers, unless the plan is being built. */
  async tidy(): Promise<void> {
    await ifFileLockFree(this.#lock, () => this.removeLeftovers());
  }

  /** Bytes on disk and last use, of a damaged entry too. */
  async usage(): Promise<{ bytes: number; lastUsed: Date }> {
    const [plan, sidecar] = await Promise.all([statIfThere(this.plan), statIfThere(this.#sidecar)]);
    return {
      bytes: (plan?.size ?? 0) + (sidecar?.size ?? 0),
      lastUsed: sidecar?.mtime ?? plan?.mtime ?? new Date(0),
    };
  }

  /** What the sidecar says; undefined where there is no entry that can be understood. */
  async describe(): Promise<CacheEntry | undefined> {
    const sidecar = await this.#readSidecar();
    if (sidecar === undefined || typeof sidecar === 'string') return undefined;
    const { ingredients, seconds, missReason, created, plan } = sidecar;
    const { lastUsed } = await this.usage();
    return {
      key: this.key,
      file: this.plan,
      bytes: plan.bytes,
      ingredients,
      seconds,
      created: new Date(created),
      lastUsed,
      missReason,
    };
  }
}

function statIfThere(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}
