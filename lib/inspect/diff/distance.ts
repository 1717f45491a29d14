import { toNumbers } from '../../onnx/tensor/numbers.js';
import { ValueDistanceSum } from '../../onnx/tensor/value-distance.js';
import { bytesOf } from '../../tensor.js';
import type { ValueDistance } from './difference.js';
import type { WeightReader } from './weight-reader.js';

/** Elements that are compared at once. */
const pieceLength = 1 << 20;

/**
 * Compares two tensors of as many elements, piece by piece.
 *
 * @returns undefined where they are the same, bit by bit.
 */
export async function distanceBetween(
  a: WeightReader,
  b: WeightReader,
  signal?: AbortSignal,
): Promise<ValueDistance | undefined> {
  if (a.type === b.type && (await sameBits(a, b, signal))) return undefined;
  const distance = new ValueDistanceSum();
  for (let start = 0; start < a.length; start += pieceLength) {
    signal?.throwIfAborted();
    const end = Math.min(a.length, start + pieceLength);
    distance.add(
      toNumbers(a.type, await a.read(start, end)),
      toNumbers(b.type, await b.read(start, end)),
    );
  }
  const { different, elements, maxAbsolute, maxRelative, cosine } = distance;
  return { different, elements, maxAbsolute, maxRelative, cosine };
}

async function sameBits(a: WeightReader, b: WeightReader, signal?: AbortSignal): Promise<boolean> {
  for (let start = 0; start < a.length; start += pieceLength) {
    signal?.throwIfAborted();
    const end = Math.min(a.length, start + pieceLength);
    const [left, right] = [await a.read(start, end), await b.read(start, end)];
    if (Buffer.compare(bytesOf(left), bytesOf(right)) !== 0) return false;
  }
  return true;
}
