/** Writes files whole or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TensorRTError } from 'tensorrt-node';

/** Writes to a temporary name in the same folder, then renames. Makes the folder if need be. */
export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new TensorRTError('ERR_FILE', `${file} cannot be written: ${(cause as Error).message}.`, {
      file,
      cause,
      remedy: 'Make room, or allow writing there.',
    });
  }
}
