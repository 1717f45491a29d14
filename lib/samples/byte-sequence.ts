import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { fileError, isSystemError } from '../files.js';
import { sampleError } from './sample-error.js';
import type { ZipEntry } from './zip.js';

/** Bytes that are taken one after the other. Only what is taken is in memory, and a piece more. */
export class ByteSequence {
  readonly #label: string;
  readonly #file: string;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #entry: ZipEntry | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #received = 0;
  #crc = 0;

  private constructor(label: string, file: string, stream: Readable, entry?: ZipEntry) {
    this.#label = label;
    this.#file = file;
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]();
    this.#entry = entry;
  }

  static ofFile(path: string): ByteSequence {
    return new ByteSequence(path, path, createReadStream(path));
  }

  /** The unpacked bytes of a file in a zip archive, whose check sum is compared at its end. */
  static ofZipEntry(path: string, entry: ZipEntry): ByteSequence {
    const { name, deflated, start, packedBytes } = entry;
    const packed = createReadStream(path, { start, end: Math.max(start, start + packedBytes - 1) });
    // What goes wrong reaches the reader of the last stream, so there is nothing left to do here.
    const stream = deflated ? pipeline(packed, createInflateRaw(), () => {}) : packed;
    return new ByteSequence(`${path}: ${name}`, path, stream, entry);
  }

  /** @throws TensorRTError `ERR_SAMPLES` where fewer bytes are left or the archive is damaged, `ERR_FILE`. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#next();
        if (done) throw sampleError(this.#label, `ends ${missing} bytes too early`);
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return joined(parts, count);
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }

  async #next(): Promise<IteratorResult<Buffer>> {
    try {
      const next = await this.#pieces.next();
      if (!next.done) this.#check(next.value);
      return next;
    } catch (error) {
      if (isSystemError(error)) throw fileError('read', this.#file, error);
      if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
      throw sampleError(this.#label, `is damaged: ${(error as Error).message}`, { cause: error });
    }
  }

  #check(piece: Buffer): void {
    if (!this.#entry) return;
    this.#crc = crc32(piece, this.#crc);
    this.#received += piece.length;
    if (this.#received === this.#entry.bytes && this.#crc !== this.#entry.crc32) {
      throw sampleError(this.#label, 'is damaged: its check sum is wrong');
    }
  }
}

/** In memory of its own, which whoever gets it may hand over to a thread. */
function joined(parts: readonly Buffer[], count: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(count));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
