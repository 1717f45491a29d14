import { checkOptions } from '../../arguments.js';
import type { Model } from '../model.js';
import { readConstants } from './constant-facts.js';
import { Inference } from './inference.js';
import { InferredShapes } from './inferred-shapes.js';

export interface InferShapesOptions {
  /** Sizes of inputs that the model leaves open, by input: `{ input_ids: [8, 128] }`. */
  inputs?: Readonly<Record<string, readonly number[]>>;
  signal?: AbortSignal;
}

/**
 * Finds the element type, the dimensions and, for small tensors that shapes are computed from, the
 * values of every tensor of a model. What cannot be known stays undefined.
 *
 * A promise, because values may lie in external files.
 */
export async function inferShapes(
  model: Model,
  options: InferShapesOptions = {},
): Promise<InferredShapes> {
  checkOptions('options', options, ['inputs', 'signal']);
  const { signal } = options;
  signal?.throwIfAborted();
  const inference = new Inference(model.proto, await readConstants(model, signal), signal);
  inference.inferMain(model.graph.proto, new Map());
  return new InferredShapes(model.graph.proto, inference);
}
