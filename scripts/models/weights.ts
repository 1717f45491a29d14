import { TensorRTError } from 'tensorrt-node';

/** A parameter of a model, as PyTorch keeps it: a linear layer is `[outputs, inputs]`. */
export interface Weight {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** The parameters of a model by name; they may be made when they are asked for. */
export interface Weights {
  get(name: string): Weight | undefined;
}

/** @throws TensorRTError `ERR_FILE` when it is missing. */
export function weightOf(weights: Weights, name: string): Weight {
  const weight = weights.get(name);
  if (weight) return weight;
  throw new TensorRTError('ERR_FILE', `The weight '${name}' is missing.`, {
    tensor: name,
    remedy: 'Use FP32 weights of a BERT encoder and the config.json that belongs to them.',
  });
}

/** @throws TensorRTError `ERR_FILE` when it is missing or no vector of this length. */
export function vectorOf(weights: Weights, name: string, length: number): Weight {
  const weight = weightOf(weights, name);
  if (weight.dims.length === 1 && weight.dims[0] === length) return weight;
  throw new TensorRTError(
    'ERR_FILE',
    `The weight '${name}' has the shape [${weight.dims.join(', ')}] where [${length}] is needed.`,
    { tensor: name, remedy: 'Use the config.json that belongs to these weights.' },
  );
}
