import { mkdir, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkInteger, checkOptions, invalidArgument } from '../arguments.js';
import { onFile } from '../files.js';
import { type CacheEntry, EntryFiles, type Found, type Whole } from './cache-entry.js';
import { cacheKey, type EngineIngredients } from './cache-key.js';
import { explainMiss } from './cache-reason.js';
import type { CacheOutcome, Plan } from './plan.js';

export type { CacheEntry } from './cache-entry.js';

/** 10 GiB. */
export const defaultCacheLimitBytes = 10 * 1024 ** 3;

/** What a cache needs to give or make a plan. */
export interface CachedBuild {
  readonly ingredients: EngineIngredients;
  /** Builds the plan into a new file, and tells how long that took. */
  readonly build: (file: string) => Promise<number>;
  readonly signal?: AbortSignal | undefined;
  /** Called when another process is building the same plan. */
  readonly onWait?: (() => void) | undefined;
  /** Called when it is known whether the plan is there, before it is built. */
  readonly onOutcome?: ((outcome: CacheOutcome) => void) | undefined;
}

/**
 * Plans in a folder, each under the SHA-256 of everything that it depends on. Any number of
 * processes may share the folder.
 */
export class EngineCache {
  readonly folder: string;
  readonly limitBytes: number;

  private constructor(folder: string, limitBytes: number) {
    this.folder = folder;
    this.limitBytes = limitBytes;
  }

  /**
   * Opens a cache. The folder is made where it is missing.
   *
   * @param options - `limitBytes`: when a new plan makes the cache larger, the plans that were not
   * used for the longest time are removed. Default: 10 GiB.
   * @throws TensorRTError ERR_FILE
   */
  static async open(folder: string, options: { limitBytes?: number } = {}): Promise<EngineCache> {
    if (typeof folder !== 'string' || folder === '') {
      throw invalidArgument('folder', 'the name of a folder', folder);
    }
    checkOptions('options', options, ['limitBytes']);
    const { limitBytes = defaultCacheLimitBytes } = options;
    checkInteger('limitBytes', limitBytes, 0);
    const absolute = resolve(folder);
    await onFile('write', absolute, () => mkdir(absolute, { recursive: true }));
    return new EngineCache(absolute, limitBytes);
  }

  /** What is in the cache, the last used first. Entries that are damaged are left out. */
  async entries(): Promise<CacheEntry[]> {
    const entries = await Promise.all((await this.#keys()).map((key) => this.#at(key).describe()));
    return entries.filter((entry) => entry !== undefined).sort((a, b) => +b.lastUsed - +a.lastUsed);
  }

  /**
   * Removes the plans that were not used for the longest time, until the rest takes at most
   * `limitBytes`, and what processes that were killed left behind. What a process builds, or holds
   * as a {@link Plan}, stays.
   *
   * @returns the keys of what was removed.
   * @throws TensorRTError ERR_FILE
   */
  async prune(limitBytes: number = this.limitBytes): Promise<string[]> {
    checkInteger('limitBytes', limitBytes, 0);
    const found = await Promise.all(
      (await this.#keys()).map(async (key) => ({ key, ...(await this.#at(key).usage()) })),
    );
    let total = found.reduce((sum, { bytes }) => sum + bytes, 0);
    const removed: string[] = [];
    for (const { key, bytes } of found.sort((a, b) => +a.lastUsed - +b.lastUsed)) {
      if (total > limitBytes && (await this.delete(key))) {
        total -= bytes;
        if (bytes > 0) removed.push(key);
      } else {
        await this.#at(key).tidy();
      }
    }
    return removed;
  }

  /**
   * Removes one plan.
   *
   * @returns whether it is gone; it is not while a process builds it, or holds it as a {@link Plan}.
   * @throws TensorRTError ERR_FILE
   */
  async delete(key: string): Promise<boolean> {
    if (!keyPattern.test(key)) throw invalidArgument('key', 'the key of an entry', key);
    return onFile('write', this.folder, () => this.#at(key).remove());
  }

  /** Removes all that can be removed, as {@link EngineCache.prune} with a limit of 0 does. */
  async clear(): Promise<string[]> {
    return this.prune(0);
  }

  /**
   * Gives a plan from the cache, or builds it into the cache, once for all who ask at the same time.
   *
   * @internal
   */
  async getOrBuild(request: CachedBuild): Promise<Plan> {
    const { ingredients, signal, onWait } = request;
    const files = this.#at(cacheKey(ingredients));
    const found = await files.find(signal);
    if (found.state === 'whole') return this.#hit(files, found, request);
    const work = async () => {
      // Another may have built it since.
      const again = await files.find(signal);
      if (again.state === 'whole') return this.#hit(files, again, request);
      return this.#build(files, again, request);
    };
    return files.exclusively(work, { signal, onWait });
  }

  async #hit(files: EntryFiles, found: Whole, request: CachedBuild): Promise<Plan> {
    const outcome = { hit: true, key: files.key, reason: undefined, file: files.plan };
    request.onOutcome?.(outcome);
    return files.open(found, outcome);
  }

  async #build(files: EntryFiles, found: Found, request: CachedBuild): Promise<Plan> {
    const { ingredients, signal } = request;
    const missReason =
      found.state === 'damaged'
        ? `entry damaged: ${found.why}`
        : explainMiss(ingredients, await this.entries());
    const outcome = { hit: false, key: files.key, reason: missReason, file: files.plan };
    request.onOutcome?.(outcome);
    await files.removeLeftovers();
    const temporary = files.temporary();
    try {
      const seconds = await request.build(temporary);
      const stored = await files.store(temporary, { ingredients, seconds, missReason }, signal);
      const plan = await files.open(stored, outcome);
      // Plans of others that cannot be removed are no reason to refuse this one.
      await this.prune().catch(() => {});
      return plan;
    } catch (error) {
      await files.removeLeftovers();
      throw error;
    }
  }

  #at(key: string): EntryFiles {
    return new EntryFiles(this.folder, key);
  }

  /** Every key of which there is a file. */
  async #keys(): Promise<string[]> {
    const names = await onFile('read', this.folder, () => readdir(this.folder));
    const keys = names.map((name) => name.slice(0, name.indexOf('.')));
    return [...new Set(keys)].filter((key) => keyPattern.test(key));
  }
}

const keyPattern = /^[0-9a-f]{64}$/;
