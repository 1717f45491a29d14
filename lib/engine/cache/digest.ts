import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { onFile, readAt } from '../../files.js';
import { encodeInline } from '../../onnx/file/save.js';
import type { Model } from '../../onnx/model.js';

/** The SHA-256 of something, in hexadecimal digits, and its length. */
export interface Digest {
  readonly sha256: string;
  readonly bytes: number;
}

/** Hashing happens on the JavaScript thread: one piece takes it for a millisecond or two. */
const pieceBytes = 1024 * 1024;

export async function digestFile(path: string, signal?: AbortSignal): Promise<Digest> {
  return onFile('read', path, async () => {
    const file = await open(path);
    try {
      const hash = createHash('sha256');
      const piece = Buffer.allocUnsafeSlow(pieceBytes);
      for (let bytes = 0; ; ) {
        const read = await readAt(file, piece, bytes, signal);
        hash.update(piece.subarray(0, read));
        bytes += read;
        if (read < piece.byteLength) return { sha256: hash.digest('hex'), bytes };
      }
    } finally {
      await file.close();
    }
  });
}

/**
 * The digest of a model with all its weights, wherever they lie: the same for a model with and
 * without external data. Weights in files are read piece by piece.
 */
export async function digestModel(model: Model, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(pieceBytes);
  let bytes = 0;
  for (const part of encodeInline(model.proto, model.externalData)) {
    if (part instanceof Uint8Array) await updateInPieces(hash, part, signal);
    else await part.copyTo(buffer, signal, async (piece) => void hash.update(piece));
    bytes += part.byteLength;
  }
  return { sha256: hash.digest('hex'), bytes };
}

async function updateInPieces(hash: Hash, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
    signal?.throwIfAborted();
    hash.update(bytes.subarray(at, at + pieceBytes));
    await turn();
  }
}
