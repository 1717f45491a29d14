/**
 * Where set-up keeps what it fetches. Plain JavaScript, and the only one in lib/: set-up reads it
 * before there is a build, the library search of the built package reads it too.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The version of TensorRT for RTX that set-up fetches and the tests run on. */
export const rtxVersion = '1.7.1';

/** `TENSORRT_NODE_CACHE`, or else `tensorrt-node` in the user's cache directory. */
export function cacheFolder() {
  const chosen = process.env['TENSORRT_NODE_CACHE'];
  if (chosen) return resolve(chosen);
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tensorrt-node');
}

/** Where set-up puts the TensorRT for RTX libraries. The folder need not exist. */
export function rtxLibraryFolder() {
  return join(cacheFolder(), `tensorrt-rtx-${rtxVersion}`, 'lib');
}
