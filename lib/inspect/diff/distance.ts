import { toNumbers } from '../../onnx/tensor/numbers.js';
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
  const sums = { different: 0, maxAbsolute: 0, maxRelative: 0, dot: 0, squareA: 0, squareB: 0 };
  for (let start = 0; start < a.length; start += pieceLength) {
    signal?.throwIfAborted();
    const end = Math.min(a.length, start + pieceLength);
    addPiece(
      sums,
      toNumbers(a.type, await a.read(start, end)),
      toNumbers(b.type, await b.read(start, end)),
    );
  }
  const { dot, squareA, squareB, ...rest } = sums;
  const size = Math.sqrt(squareA) * Math.sqrt(squareB);
  return { ...rest, elements: a.length, cosine: size === 0 ? 0 : Math.min(1, dot / size) };
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

type Numbers = ArrayLike<number>;

function addPiece(
  sums: {
    different: number;
    maxAbsolute: number;
    maxRelative: number;
    dot: number;
    squareA: number;
    squareB: number;
  },
  a: Numbers,
  b: Numbers,
): void {
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index] as number, b[index] as number];
    sums.dot += x * y;
    sums.squareA += x * x;
    sums.squareB += y * y;
    if (Object.is(x, y)) continue;
    sums.different++;
    const distance = Math.abs(x - y);
    if (distance > sums.maxAbsolute) sums.maxAbsolute = distance;
    if (x !== 0 && distance / Math.abs(x) > sums.maxRelative)
      sums.maxRelative = distance / Math.abs(x);
  }
}
