import { mkdir, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkInteger, checkOptions, invalidArgument } from '../../arguments.js';
import { onFile } from '../../files.js';
import { type CacheEntry, EntryFiles } from './cache-entry.js';

export type { CacheEntry } from './cache-entry.js';

/** 10 GiB. */
export const defaultCacheLimitBytes = 10 * 1024 ** 3;

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
