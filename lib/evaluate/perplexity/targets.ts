import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import type { Tensor, TensorMap } from '../../tensor.js';

/** A token that a model shall predict: by the logits at `position` of `row`. */
export interface Target {
  readonly row: number;
  readonly position: number;
  readonly id: number;
}

/**
 * The targets of a causal model in feeds: each token by the logits of the one before it. Left out is
 * what the mask leaves out, and what is below 0, as the -100 of labels that do not count.
 *
 * @param labels - the input with the ids.
 * @param mask - the input that is 0 for padding; where it is not fed, nothing is padding.
 * @throws TensorRTError `ERR_SAMPLES` where feeds and names do not fit each other.
 */
export function nextTokens(feeds: TensorMap, labels: string, mask: string): Target[] {
  const ids = feeds[labels];
  if (ids?.dims.length !== 2) {
    const problem = ids ? `[${ids.dims.join(', ')}], where [batch, length] is expected` : 'not fed';
    throw new TensorRTError('ERR_SAMPLES', `The input '${labels}' is ${problem}.`, {
      tensor: labels,
      remedy: 'Name the input that holds the ids of the tokens.',
    });
  }
  const [rows, length] = ids.dims as readonly [number, number];
  const values = toNumbers(ids.type, ids.data);
  const kept = maskOf(feeds[mask], values.length);
  const targets: Target[] = [];
  for (let row = 0; row < rows; row++) {
    for (let position = 0; position + 1 < length; position++) {
      const next = row * length + position + 1;
      const id = values[next] as number;
      if (id >= 0 && kept(next) && kept(next - 1)) targets.push({ row, position, id });
    }
  }
  return targets;
}

function maskOf(mask: Tensor | undefined, count: number): (index: number) => boolean {
  if (!mask || mask.data.length !== count) return () => true;
  const values = toNumbers(mask.type, mask.data);
  return (index) => values[index] !== 0;
}
