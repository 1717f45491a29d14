import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { TensorRTError } from '../errors.js';
import { fileError, isSystemError } from '../files.js';
import { sampleError } from './sample-error.js';

/** Bytes that are taken one after the other. Only what is taken is in memory, and a piece more. */
export class ByteSequence {
  readonly #label: string;
  readonly #file: string;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  /**
   * @param file - which is read, for errors of the file system.
   * @param pieces - what is read from the stream.
   */
  constructor(
    label: string,
    file: string,
    stream: Readable,
    pieces: AsyncIterable<Buffer> = stream,
  ) {
    this.#label = label;
    this.#file = file;
    this.#stream = stream;
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  static ofFile(path: string): ByteSequence {
    return new ByteSequence(path, path, createReadStream(path));
  }

  /** @throws TensorRTError `ERR_SAMPLES` where fewer bytes are left or are damaged, `ERR_FILE`. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      if (this.#rest.length === 0) this.#rest = await this.#next(missing);
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return joined(parts, count);
  }

  close(): void {
    this.#stream.destroy();
  }

  async #next(missing: number): Promise<Buffer> {
    const { done, value } = await onData(this.#label, this.#file, () => this.#pieces.next());
    if (done) throw sampleError(this.#label, `ends ${missing} bytes too early`);
    return value;
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

/** The files in a zip archive, of any size. Several may be read at once. */
export class Archive {
  readonly #path: string;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(path: string, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#path = path;
    this.#zip = zip;
    this.#entries = entries;
  }

  /** @throws TensorRTError `ERR_SAMPLES` when it is no archive or is damaged, `ERR_FILE`. */
  static async open(path: string): Promise<Archive> {
    return await onData(path, path, async () => {
      // Names are those of tensors here, which may look like any path.
      const zip = await openPromise(path, { autoClose: false, decodeStrings: false });
      try {
        const entries = new Map<string, Entry>();
        for await (const entry of zip.eachEntry()) entries.set(entry.fileName.toString(), entry);
        return new Archive(path, zip, entries);
      } catch (error) {
        zip.close();
        throw error;
      }
    });
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  async read(name: string): Promise<ByteSequence> {
    const label = `${this.#path}: ${name}`;
    const entry = this.#entries.get(name) as Entry;
    const stream = await onData(label, this.#path, () => this.#zip.openReadStreamPromise(entry));
    return new ByteSequence(label, this.#path, stream, checked(label, stream, entry));
  }

  close(): void {
    this.#zip.close();
  }
}

/** Compares the check sum, which yauzl leaves to its caller, before the last piece is used. */
async function* checked(
  label: string,
  stream: AsyncIterable<Buffer>,
  { crc32: expected, uncompressedSize }: Entry,
): AsyncGenerator<Buffer> {
  let sum = 0;
  let received = 0;
  for await (const piece of stream) {
    sum = crc32(piece, sum);
    received += piece.length;
    if (received === uncompressedSize && sum !== expected) {
      throw sampleError(label, 'is damaged: its check sum is wrong');
    }
    yield piece;
  }
}

/** Runs what reads; what is wrong with the bytes becomes an `ERR_SAMPLES`. */
async function onData<T>(label: string, file: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (isSystemError(error)) throw fileError('read', file, error);
    if (error instanceof TensorRTError) throw error;
    throw sampleError(label, `is damaged, or no .npz file: ${(error as Error).message}`, {
      cause: error,
      remedy: 'Write it again, with numpy.savez or numpy.savez_compressed.',
    });
  }
}
