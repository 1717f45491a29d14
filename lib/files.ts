import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { TensorRTError } from './errors.js';

/** Bytes moved by one call: large enough to be fast, small enough that an abort is seen soon. */
const pieceBytes = 8 * 1024 * 1024;

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path: the file or a folder on the way to it does not exist.',
  ENOTDIR: 'Check the path: a part of it that should be a folder is a file.',
  EISDIR: 'Check the path: it is a folder, and a file is expected.',
  EACCES: 'Check the permissions of the file and its folder.',
  EPERM: 'Check the permissions of the file and its folder.',
  EROFS: 'Choose a folder on a file system that can be written.',
  ENOSPC: 'Free space on the disk, or choose another folder.',
};

/** Runs calls of the file system; a failure becomes an `ERR_FILE` with the path and the reason. */
export async function onFile<T>(
  action: 'read' | 'write',
  path: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw isSystemError(error) ? fileError(action, path, error) : error;
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'syscall' in error;
}

/** The `ERR_FILE` for a failed call of the file system. */
export function fileError(
  action: 'read' | 'write',
  path: string,
  cause: NodeJS.ErrnoException,
): TensorRTError {
  return new TensorRTError('ERR_FILE', `Cannot ${action} '${path}': ${systemReason(cause)}.`, {
    file: path,
    cause,
    remedy: remedies[cause.code ?? ''],
  });
}

/** The words of the operating system for a failed call, such as `no such file or directory (ENOENT)`. */
export function systemReason(error: NodeJS.ErrnoException): string {
  const [, reason = error.message] = getSystemErrorMap().get(error.errno ?? 0) ?? [];
  return `${reason} (${error.code ?? 'unknown'})`;
}

/** Reads that are under way at once: two take little more than half the time of one. */
const readLanes = 2;

/**
 * Fills an array from a file, piece by piece.
 *
 * @returns the number of bytes read, which is smaller only where the file ends.
 */
export async function readAt(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  signal?: AbortSignal,
): Promise<number> {
  let next = 0;
  let end = bytes.byteLength;
  const readPieces = async () => {
    while (next < end) {
      signal?.throwIfAborted();
      const start = next;
      next += pieceBytes;
      const piece = bytes.subarray(start, next);
      const read = await readPiece(handle, piece, position + start);
      if (read < piece.byteLength) end = Math.min(end, start + read);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: readLanes }, readPieces));
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  return end;
}

async function readPiece(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, done, bytes.byteLength - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Bytes that lie somewhere else and are handed on in pieces. */
export interface ByteSource {
  readonly byteLength: number;
  /**
   * @param buffer - takes each piece in turn, so that memory stays flat.
   * @param write - receives a piece and its offset.
   */
  copyTo(
    buffer: Uint8Array,
    signal: AbortSignal | undefined,
    write: (piece: Uint8Array, offset: number) => Promise<void>,
  ): Promise<void>;
}

/** A part of a file to be written: bytes in memory, or bytes that lie somewhere else. */
export type Payload = Uint8Array | ByteSource;

/** A file of which another one is to have all bytes. */
export interface WholeFile {
  readonly path: string;
  readonly byteLength: number;
  /** Rejects when the file is no longer what it was. */
  assertUnchanged(): Promise<void>;
}

/** A file to be written: first all of another file, where one is given, then parts one by one. */
export interface FileContent {
  readonly path: string;
  readonly start?: WholeFile | undefined;
  readonly parts: readonly Payload[];
}

export function contentBytes({ start, parts }: FileContent): number {
  return parts.reduce((sum, part) => sum + part.byteLength, start?.byteLength ?? 0);
}

/** Writes files that belong together: all appear, or, on a failure or an abort, none. */
export async function writeFiles(
  files: readonly FileContent[],
  signal?: AbortSignal,
): Promise<void> {
  const staged = new StagedFiles();
  try {
    for (const file of files) await staged.write(file, signal);
    signal?.throwIfAborted();
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/** A name beside a file that nobody else uses, to write under before the file is renamed. */
export function temporaryName(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

/**
 * A new folder for files that TensorRT or another runtime reads or writes.
 *
 * @throws TensorRTError ERR_FILE
 */
export function makeTemporaryFolder(): Promise<string> {
  const base = join(tmpdir(), 'tensorrt-node-');
  return onFile('write', base, () => mkdtemp(base));
}

/**
 * Removes what a process that was killed left behind while it wrote files whose names begin with
 * `prefix`, under names of {@link temporaryName}. Nobody else may be writing them.
 */
export async function removeTemporaries(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${prefix}.`) && /\.tmp(\.old)?$/.test(name)) {
      await rm(join(folder, name), { force: true });
    }
  }
}

/** Copies a file, whole or not at all, and without a second copy on disk where it can share blocks. */
export async function copyWholeFile(from: string, to: string): Promise<void> {
  const temporary = temporaryName(to);
  await onFile('write', to, async () => {
    try {
      await copyFile(from, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await rename(temporary, to);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

interface StagedFile {
  readonly path: string;
  readonly temporary: string;
  /** Where the file that was there before waits until all is in place. */
  backup?: string;
  placed: boolean;
}

/**
 * Files that appear together or not at all. Each is written under a temporary name in its folder;
 * `commit` renames them, and `discard` removes every trace and restores what was replaced.
 */
export class StagedFiles {
  readonly #files: StagedFile[] = [];

  /** Writes a file. Memory stays flat: nothing that lies in a file is read as a whole. */
  async write({ path, start, parts }: FileContent, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const temporary = temporaryName(path);
    await onFile('write', path, async () => {
      const handle = await open(temporary, 'wx');
      this.#files.push({ path, temporary, placed: false });
      try {
        if (start) await copyUnchanged(start, temporary, handle);
        await writeParts(handle, parts, start?.byteLength ?? 0, signal);
      } finally {
        await handle.close();
      }
    });
  }

  /** Moves the files to their places, in the order they were written. */
  async commit(): Promise<void> {
    for (const file of this.#files) {
      await onFile('write', file.path, async () => {
        // The last rename either happens or changes nothing, so that only earlier files need a way back.
        if (file !== this.#files.at(-1)) await this.#keepOld(file);
        await rename(file.temporary, file.path);
        file.placed = true;
      });
    }
    for (const { backup } of this.#files) if (backup) await rm(backup, { force: true });
  }

  async #keepOld(file: StagedFile): Promise<void> {
    const exists = await stat(file.path).then(
      () => true,
      () => false,
    );
    if (!exists) return;
    const backup = `${file.temporary}.old`;
    await rename(file.path, backup);
    file.backup = backup;
  }

  async discard(): Promise<void> {
    for (const { path, temporary, placed, backup } of this.#files.toReversed()) {
      await rm(placed ? path : temporary, { force: true });
      if (backup) await rename(backup, path);
    }
  }
}

/** In the kernel, which takes half the time of reading and writing, and none where blocks are shared. */
async function copyUnchanged(from: WholeFile, to: string, handle: FileHandle): Promise<void> {
  const { mode } = await handle.stat();
  await from.assertUnchanged();
  await copyFile(from.path, to, constants.COPYFILE_FICLONE);
  await from.assertUnchanged();
  // The copy would be as protected as the original.
  await handle.chmod(mode);
}

/** What goes from file to file at once: what fits the cache of a core is copied faster. */
const copyBytes = 512 * 1024;

async function writeParts(
  handle: FileHandle,
  parts: readonly Payload[],
  start: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let position = start;
  let buffer: Uint8Array | undefined;
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      await writeAt(handle, part, position, signal);
    } else {
      buffer ??= new Uint8Array(copyBytes);
      const begin = position;
      await part.copyTo(buffer, signal, async (piece, offset) => {
        // A copy of a sparse file stays sparse, and takes no more of the disk than the original.
        if (!isZero(piece)) await writeAt(handle, piece, begin + offset, signal);
      });
    }
    position += part.byteLength;
  }
  await handle.truncate(position);
}

async function writeAt(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    signal?.throwIfAborted();
    const length = Math.min(pieceBytes, bytes.byteLength - done);
    done += (await handle.write(bytes, done, length, position + done)).bytesWritten;
  }
}

/** Compares the bytes with themselves moved by one, which is done natively and ends at a difference. */
function isZero(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}
