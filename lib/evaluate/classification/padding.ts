import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import type { TensorMap } from '../../tensor.js';

/** The mask of some feeds [rows, ...]. @throws TensorRTError `ERR_SAMPLES` where it does not fit. */
function maskOf(feeds: TensorMap, name: string, rows: number): ArrayLike<number> {
  const mask = feeds[name];
  if (mask && mask.dims[0] === rows) return toNumbers(mask.type, mask.data);
  throw new TensorRTError(
    'ERR_SAMPLES',
    mask
      ? `The mask '${name}' has ${mask.dims[0]} rows, and the model gives ${rows}.`
      : `The samples have no '${name}' to tell padding by.`,
    { tensor: name },
  );
}

/** Tells for a row whether the mask is anything but 0 in it. */
export function rowHasTokens(
  feeds: TensorMap,
  name: string,
  rows: number,
): (row: number) => boolean {
  const mask = maskOf(feeds, name, rows);
  const length = mask.length / rows;
  return (row) => {
    for (let at = row * length; at < (row + 1) * length; at++) if (mask[at] !== 0) return true;
    return false;
  };
}
