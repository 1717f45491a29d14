import { checkOptions } from '../../arguments.js';
import type { Model } from '../model.js';
import { readConstants } from './constant-facts.js';
import { readGivenInputs } from './given-inputs.js';
import { Inference } from './inference.js';
import { type Dim, InferredShapes } from './inferred-shapes.js';

export interface InferShapesOptions {
  /**
   * Sizes of inputs that the model leaves open, by input: `{ input_ids: [8, 128] }`. Undefined in a
   * place leaves it open; a name there gives it that name.
   */
  inputs?: Readonly<Record<string, readonly Dim[]>> | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Finds the element type, the dimensions and, for small tensors that shapes are computed from, the
 * values of every tensor of a model, its sub-graphs included.
 *
 * Dynamic dimensions keep their names, and what is computed from them is an expression over those:
 * `batch * 2`, `past + sequence`, `(height + 1) floordiv 2`, `min(512, sequence)`. Equal sizes have
 * equal texts. A named dimension is taken to be at least 1. What cannot be known, and every size
 * that comes from a dimension without a name, is undefined.
 *
 * What the model itself states about a tensor is used where less follows from the graph. Weights
 * are not read, but for small tensors of whole numbers, which shapes are computed from. A promise,
 * because those may lie in external files. The model is not changed.
 *
 * A graph whose shapes do not fit gives unknown shapes and an entry in `problems`, not an error.
 *
 * @throws TypeError for an option that does not exist or is no list of dims; TensorRTError
 * `ERR_FEED` for inputs that the model does not have or of which it states other sizes;
 * `ERR_ONNX_EXTERNAL_DATA` when external data cannot be read.
 */
export async function inferShapes(
  model: Model,
  options: InferShapesOptions = {},
): Promise<InferredShapes> {
  checkOptions('options', options, ['inputs', 'signal']);
  const { signal } = options;
  signal?.throwIfAborted();
  const { facts, sizes, problems } = readGivenInputs(model, options.inputs ?? {});
  const constants = await readConstants(model, signal);
  const inference = new Inference(model.proto, constants, sizes, signal);
  inference.inferMain(model.graph.proto, facts);
  return new InferredShapes(model.graph.proto, inference, problems);
}
