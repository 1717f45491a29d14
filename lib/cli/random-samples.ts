import { TensorRTError } from '../errors.js';
import type { Model } from '../onnx/model.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { randomFeeds } from '../samples/random-feeds.js';
import type { TensorMap } from '../tensor.js';

/**
 * Inputs of the command line where it gives none: random ones of the shapes it gives.
 *
 * @param model - a model, or the inputs of a plan.
 * @throws TypeError for a shape of an input that the model does not have.
 * @throws TensorRTError `ERR_FEED` where the rank of an input is not known.
 */
export function randomSample(
  model: Model | readonly ValueInfo[],
  shapes: ReadonlyMap<string, readonly number[]> = new Map(),
): TensorMap {
  const inputs = 'inputs' in model ? model.inputs : model;
  for (const name of shapes.keys()) {
    if (inputs.some((input) => input.name === name)) continue;
    const known = inputs.map((input) => `'${input.name}'`).join(', ');
    throw new TypeError(`Expected one of ${known} in --shapes but received '${name}'`);
  }
  try {
    return randomFeeds(model, { shapes: Object.fromEntries(shapes) });
  } catch (error) {
    if (!(error instanceof TensorRTError) || error.code !== 'ERR_FEED') throw error;
    const { tensor, remedy = '' } = error;
    throw new TensorRTError('ERR_FEED', error.message.replace(` ${remedy}`, ''), {
      tensor,
      remedy: `Give its shape, as in --shapes ${tensor}:1x8.`,
    });
  }
}
