import type { FileHandle } from 'node:fs/promises';
import { readAt } from '../../files.js';
import { onModelFile } from './load.js';

/** Weights below this are not worth an interrupted read. */
const heavyBytes = 64 * 1024;

/** What is read at once: little behind weights, where more may follow, and then twice as much each time. */
const firstPieceBytes = 4 * 1024;
const lastPieceBytes = 4 * 1024 * 1024;

/** The longest tag and the longest length that protobuf has, one after the other. */
const headBytes = 20;

const rawData = 9;

/** The messages that lead from a model to its weights: by field, what the field's messages hold. */
interface Place {
  readonly inner: ReadonlyMap<number, Place>;
  readonly weights?: number;
}
const tensor: Place = { inner: new Map(), weights: rawData };
const graph: Place = { inner: new Map([[5, tensor]]) };
const model: Place = { inner: new Map([[7, graph]]) };

/**
 * Reads a model's file into memory, but for the bytes of large initializers: there the array has
 * zeros that were never touched, which take no memory. Everything else about the model, also the
 * sizes of its weights, is what {@link readModelFile} gives.
 */
export async function readModelOutline(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return onModelFile(path, signal, async (handle, size) => {
    const outline = new Outline(handle, size, signal);
    await outline.read();
    return outline.bytes;
  });
}

class Outline {
  readonly bytes: Uint8Array;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | undefined;
  /** Where reading stands; before it everything that is wanted was read. */
  #at = 0;
  #loaded = 0;
  #pieceBytes = firstPieceBytes;

  constructor(handle: FileHandle, size: number, signal: AbortSignal | undefined) {
    this.bytes = new Uint8Array(size);
    this.#handle = handle;
    this.#signal = signal;
  }

  async read(): Promise<void> {
    await this.#message(model, this.bytes.byteLength);
    // What is no protobuf is read as it is: decoding it will say what is wrong.
    await this.#load(this.bytes.byteLength);
  }

  /** Reads fields up to `end`, or up to the first that makes no sense. */
  async #message({ inner, weights }: Place, end: number): Promise<boolean> {
    while (this.#at < end) {
      await this.#load(Math.min(end, this.#at + headBytes));
      const tag = this.#varint();
      const bytes = this.#bytesOf(tag % 8);
      const fieldEnd = this.#at + bytes;
      if (!(fieldEnd <= end)) return false;
      const field = Math.floor(tag / 8);
      const place = inner.get(field);
      if (bytes < heavyBytes) await this.#load(fieldEnd);
      else if (field === weights) this.#skip(fieldEnd);
      else if (!place) await this.#load(fieldEnd);
      else if (!(await this.#message(place, fieldEnd))) return false;
      this.#at = fieldEnd;
    }
    return true;
  }

  /** What follows a tag, by its wire type; NaN for what no model has. */
  #bytesOf(wireType: number): number {
    if (wireType === 2) return this.#varint();
    if (wireType === 1) return 8;
    if (wireType === 5) return 4;
    if (wireType !== 0) return Number.NaN;
    this.#varint();
    return 0;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) return Number.NaN;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  }

  /** Leaves out what comes before `end`. */
  #skip(end: number): void {
    this.#loaded = Math.max(this.#loaded, end);
    this.#pieceBytes = firstPieceBytes;
  }

  /** Reads up to `end`, and ahead: many small reads take longer than one. */
  async #load(end: number): Promise<void> {
    if (end <= this.#loaded) return;
    const to = Math.min(this.bytes.byteLength, Math.max(end, this.#loaded + this.#pieceBytes));
    const piece = this.bytes.subarray(this.#loaded, to);
    await readAt(this.#handle, piece, this.#loaded, this.#signal);
    this.#loaded = to;
    this.#pieceBytes = Math.min(this.#pieceBytes * 2, lastPieceBytes);
  }
}
