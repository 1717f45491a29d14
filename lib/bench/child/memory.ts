import { readFile } from 'node:fs/promises';

/**
 * The most memory that this process has ever had, in bytes: the high-water mark of its resident set.
 * Undefined where the system does not tell (it is in /proc of Linux).
 */
export async function hostPeakBytes(): Promise<number | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
