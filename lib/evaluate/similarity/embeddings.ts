import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import { maskOf } from '../classification/padding.js';

export const poolings = ['mean', 'first', 'none'] as const;

/**
 * How tokens become one vector: their mean without padding, the first of them (`[CLS]`), or not at
 * all, because the model does it.
 */
export type Pooling = (typeof poolings)[number];

export interface EmbeddingOptions {
  readonly pooling?: Pooling | undefined;
  readonly mask?: string | undefined;
}

/**
 * A vector for each row of an output [rows, size] or [rows, tokens, size].
 *
 * @throws TensorRTError `ERR_SAMPLES` where the output has another shape than the pooling needs.
 */
export function embeddingsOf(
  { type, dims, data }: Tensor,
  feeds: TensorMap,
  { pooling, mask = 'attention_mask' }: EmbeddingOptions,
): Float64Array[] {
  const how = pooling ?? (dims.length === 2 ? 'none' : 'mean');
  if (dims.length !== (how === 'none' ? 2 : 3)) throw wrongShape(dims, how);
  const [rows, tokens, size] = (how === 'none' ? [dims[0], 1, dims[1]] : dims) as [
    number,
    number,
    number,
  ];
  const values = toNumbers(type, data);
  const kept = how === 'mean' ? maskOf(feeds, mask, rows) : undefined;
  return Array.from({ length: rows }, (_, row) => {
    const sum = new Float64Array(size);
    for (let token = 0; token < (how === 'mean' ? tokens : 1); token++) {
      const at = row * tokens + token;
      if (kept && kept[at] === 0) continue;
      for (let i = 0; i < size; i++)
        sum[i] = (sum[i] as number) + (values[at * size + i] as number);
    }
    // A cosine does not depend on the length: a sum is as good as a mean.
    return sum;
  });
}

/** NaN where a vector is of length 0 or holds a NaN: it has no direction. */
export function cosine(a: Float64Array, b: Float64Array): number {
  let [dot, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return dot / (Math.sqrt(squaresA) * Math.sqrt(squaresB));
}

function wrongShape(dims: readonly number[], pooling: Pooling): TensorRTError {
  const wanted = pooling === 'none' ? '[rows, size]' : '[rows, tokens, size]';
  return new TensorRTError(
    'ERR_SAMPLES',
    `The output is [${dims.join(', ')}], and the pooling '${pooling}' takes ${wanted}.`,
    { remedy: 'Choose another pooling, or name another output.' },
  );
}
