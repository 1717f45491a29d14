import { TensorRTError } from '../../errors.js';
import { toNumbers } from '../../onnx/tensor/numbers.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import type { Target } from './targets.js';

/** What a model thinks of one token. */
export interface TokenLoss {
  /** -ln of its probability; NaN where a logit is. */
  readonly loss: number;
  /** The token that the model thinks likeliest, the first of equal ones; NaN where a logit is. */
  readonly likeliest: number;
}

/**
 * The losses of targets by the logits [batch, length, vocabulary], whatever their type: exponentials
 * are summed in float64, from the largest down, so that none overflows.
 *
 * @param name - of the output.
 * @throws TensorRTError `ERR_SAMPLES` where the output has not this shape.
 */
export function tokenLosses(
  outputs: TensorMap,
  targets: readonly Target[],
  name: string,
): TokenLoss[] {
  const logits = logitsIn(outputs, name);
  const [rows, length, vocabulary] = logits.dims as readonly [number, number, number];
  const values = toNumbers(logits.type, logits.data);
  return targets.map(({ row, position, id }) => {
    if (row >= rows || position >= length || id >= vocabulary) {
      throw sampleMismatch(`no logit for token ${id} at [${row}, ${position}]`, logits.dims);
    }
    const start = (row * length + position) * vocabulary;
    return lossAt(values, start, vocabulary, id);
  });
}

function logitsIn(outputs: TensorMap, name: string): Tensor {
  const output = outputs[name] as Tensor;
  if (output.dims.length !== 3) throw sampleMismatch(`no logits in '${name}'`, output.dims);
  return output;
}

function sampleMismatch(problem: string, given: readonly number[]): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `The model gives ${problem}, but [${given.join(', ')}].`,
    {
      remedy: 'Name the output that holds the logits, [batch, length, vocabulary].',
    },
  );
}

function lossAt(
  values: ArrayLike<number>,
  start: number,
  vocabulary: number,
  id: number,
): TokenLoss {
  let likeliest = 0;
  for (let token = 0; token < vocabulary; token++) {
    const value = values[start + token] as number;
    if (Number.isNaN(value)) return { loss: value, likeliest: value };
    if (value > (values[start + likeliest] as number)) likeliest = token;
  }
  const largest = values[start + likeliest] as number;
  let sum = 0;
  for (let token = 0; token < vocabulary; token++) {
    sum += Math.exp((values[start + token] as number) - largest);
  }
  return { loss: Math.log(sum) + largest - (values[start + id] as number), likeliest };
}
