import { type FileHandle, open } from 'node:fs/promises';
import { onFile, readAt } from '../files.js';
import { sampleError } from './sample-error.js';

/** A file in a zip archive: where its bytes lie, and how they are packed. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  /** Of the packed bytes in the archive. */
  readonly start: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly crc32: number;
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50 };
const locatorSignature = 0x07064b50;
/** The record at the end of an archive, and the longest comment that may follow it. */
const endBytes = 22;
const mostComment = 0xffff;
/** In fields of 32 bits: the true value stands in a field of 64 bits elsewhere. */
const moved = 0xffffffff;

/**
 * Lists what is in a zip archive, of any size, by its central directory. Nothing is unpacked.
 *
 * @throws TensorRTError `ERR_FILE` when the file cannot be read, `ERR_SAMPLES` when it is no zip
 * archive, is damaged, or is packed by something else than deflate.
 */
export async function readZipEntries(path: string): Promise<ZipEntry[]> {
  return await onFile('read', path, async () => {
    const handle = await open(path);
    try {
      const archive = new Archive(path, handle, (await handle.stat()).size);
      return await archive.entries();
    } finally {
      await handle.close();
    }
  });
}

/** A record of the central directory; what does not fit 32 bits is taken from its extra field. */
interface CentralRecord {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly localStart: number;
}

class Archive {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #size: number;

  constructor(path: string, handle: FileHandle, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
  }

  async entries(): Promise<ZipEntry[]> {
    const { start, bytes, count } = await this.#findDirectory();
    const directory = await this.#read(start, bytes);
    const entries: ZipEntry[] = [];
    let at = 0;
    for (let index = 0; index < count; index++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== signatures.central) {
        throw this.#damaged('its directory is cut or overwritten');
      }
      const [name, extra, comment] = [28, 30, 32].map((field) =>
        directory.readUInt16LE(at + field),
      );
      const next = at + 46 + (name as number) + (extra as number) + (comment as number);
      if (next > directory.length) throw this.#damaged('its directory is cut');
      entries.push(await this.#entry(readRecord(directory.subarray(at, next))));
      at = next;
    }
    return entries;
  }

  async #entry(record: CentralRecord): Promise<ZipEntry> {
    const { name, method, encrypted, packedBytes, localStart } = record;
    if (encrypted) throw this.#damaged(`'${name}' in it is encrypted`);
    if (method !== 0 && method !== 8) {
      throw this.#damaged(`'${name}' in it is packed by method ${method}, not stored or deflated`);
    }
    // The extra field of the local header may have another length than that of the directory.
    const local = await this.#read(localStart, 30);
    if (local.readUInt32LE(0) !== signatures.local) {
      throw this.#damaged(`the directory says that '${name}' is where it is not`);
    }
    const start = localStart + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (start + packedBytes > this.#size) throw this.#damaged(`'${name}' in it is cut`);
    const { bytes, crc32 } = record;
    return { name, deflated: method === 8, start, packedBytes, bytes, crc32 };
  }

  async #findDirectory(): Promise<{ start: number; bytes: number; count: number }> {
    const tailStart = Math.max(0, this.#size - endBytes - mostComment);
    const tail = await this.#read(tailStart, this.#size - tailStart);
    const mark = Buffer.alloc(4);
    mark.writeUInt32LE(signatures.end);
    const at = tail.lastIndexOf(mark, tail.length - endBytes);
    if (at < 0) throw this.#damaged('the directory at its end is missing, so it is cut or no zip');
    const count = tail.readUInt16LE(at + 10);
    const [bytes, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
    if (count !== 0xffff && bytes !== moved && start !== moved) return { start, bytes, count };
    return await this.#findDirectory64(tailStart + at);
  }

  async #findDirectory64(end: number): Promise<{ start: number; bytes: number; count: number }> {
    const locator = await this.#read(end - 20, 20);
    if (locator.readUInt32LE(0) !== locatorSignature) throw this.#damaged('its end is damaged');
    const record = await this.#read(Number(locator.readBigUInt64LE(8)), 56);
    if (record.readUInt32LE(0) !== signatures.end64) throw this.#damaged('its end is damaged');
    const [count, bytes, start] = [32, 40, 48].map((at) => Number(record.readBigUInt64LE(at)));
    return { start, bytes, count } as { start: number; bytes: number; count: number };
  }

  async #read(position: number, count: number): Promise<Buffer> {
    if (position < 0 || count < 0 || position + count > this.#size) {
      throw this.#damaged('it is cut');
    }
    const bytes = Buffer.alloc(count);
    await readAt(this.#handle, bytes, position);
    return bytes;
  }

  #damaged(problem: string) {
    return sampleError(this.#path, `is not a zip archive that can be read: ${problem}`, {
      remedy: 'Write it again, with numpy.savez or numpy.savez_compressed.',
    });
  }
}

function readRecord(record: Buffer): CentralRecord {
  const nameEnd = 46 + record.readUInt16LE(28);
  const wide = wideFields(record.subarray(nameEnd, nameEnd + record.readUInt16LE(30)));
  const field = (at: number) => {
    const value = record.readUInt32LE(at);
    return value === moved ? (wide.shift() ?? value) : value;
  };
  // In the order in which the extra field holds those that are moved.
  const bytes = field(24);
  const packedBytes = field(20);
  const localStart = field(42);
  return {
    name: record.toString('utf8', 46, nameEnd),
    method: record.readUInt16LE(10),
    encrypted: (record.readUInt16LE(8) & 1) === 1,
    crc32: record.readUInt32LE(16),
    packedBytes,
    bytes,
    localStart,
  };
}

/** The numbers of 64 bits in the extra field with the id 1. */
function wideFields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      const field = extra.subarray(at + 4, at + 4 + length);
      return Array.from({ length: Math.floor(field.length / 8) }, (_, index) =>
        Number(field.readBigUInt64LE(index * 8)),
      );
    }
    at += 4 + length;
  }
  return [];
}
