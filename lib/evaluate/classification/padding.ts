import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import type { TensorMap } from '../../tensor.js';

/**
 * The mask of some feeds: 0 where there is padding. Rows of it are those of the output.
 *
 * @throws TensorRTError `ERR_SAMPLES` where there is none, or it has other rows.
 */
export function maskOf(feeds: TensorMap, name: string, rows: number): ArrayLike<number> {
  const mask = feeds[name];
  if (mask && mask.dims[0] === rows) return toNumbers(mask.type, mask.data);
  throw new TensorRTError(
    'ERR_SAMPLES',
    mask
      ? `The mask '${name}' has ${mask.dims[0]} rows, and the output has ${rows}.`
      : `The samples have no '${name}' to tell padding by.`,
    { tensor: name },
  );
}

/** Tells for each row whether the mask is anything but 0 in it. */
export function rowsWithTokens(mask: ArrayLike<number>, rows: number): boolean[] {
  const length = mask.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    for (let at = row * length; at < (row + 1) * length; at++) if (mask[at] !== 0) return true;
    return false;
  });
}
