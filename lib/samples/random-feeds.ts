import { TensorRTError } from '../errors.js';
import { Model } from '../onnx/model.js';
import { toHalfBits } from '../onnx/tensor/half-numbers.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { randomNumbers } from '../random.js';
import { elementCount, type Tensor, type TensorMap, tensor } from '../tensor.js';
import { rowsIndexedBy } from './indexed-rows.js';

export interface RandomFeedOptions {
  /** The shape of inputs, by name. */
  shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** For every dynamic axis of an input that `shapes` does not name. Default: 4. */
  defaultSize?: number | undefined;
  /** The same seed gives the same numbers. Default: 1. */
  seed?: number | undefined;
}

/**
 * Makes inputs that a model can be run with, where there are none of its real ones:
 * - masks, which have `mask` in their name, are all ones, so that nothing is left out;
 * - token types, by their name, are zeros;
 * - integers that pick rows of a table (`Gather`), such as ids of tokens, are spread over its rows;
 * - other integers of a model are ones; those of an engine, which does not tell, are 0 or 1;
 * - floats are spread over -1 to 1, and booleans are true.
 *
 * @param model - a model, or the inputs of an engine.
 * @throws TensorRTError `ERR_FEED` where the type or the rank of an input is not known.
 */
export function randomFeeds(
  model: Model | readonly ValueInfo[],
  { shapes = {}, defaultSize = 4, seed = 1 }: RandomFeedOptions = {},
): TensorMap {
  const random = randomNumbers(seed);
  const inputs = model instanceof Model ? model.inputs : model;
  return Object.fromEntries(
    inputs.map((input) => {
      const below = model instanceof Model ? highestOf(model, input) : highestWithoutGraph(input);
      const dims = shapes[input.name] ?? sizesOf(input, defaultSize);
      return [input.name, randomTensor(input, dims, below, random)];
    }),
  );
}

/** Whole numbers of an input: below how many they have to be; undefined for all ones. */
function highestOf({ graph }: Model, { name }: ValueInfo): number | undefined {
  if (isMask(name)) return undefined;
  return isTokenType(name) ? 1 : rowsIndexedBy(graph, name);
}

function highestWithoutGraph({ name }: ValueInfo): number | undefined {
  if (isMask(name)) return undefined;
  return isTokenType(name) ? 1 : 2;
}

const isMask = (name: string) => /mask/i.test(name);
const isTokenType = (name: string) => /token_?type|segment_?ids/i.test(name);

function sizesOf({ dims }: ValueInfo, defaultSize: number): readonly number[] | undefined {
  return dims?.map((dim) => (typeof dim === 'number' ? dim : defaultSize));
}

function randomTensor(
  { name, type }: ValueInfo,
  dims: readonly number[] | undefined,
  below: number | undefined,
  random: () => number,
): Tensor {
  if (!dims || !type) {
    throw new TensorRTError('ERR_FEED', `The type or the rank of input '${name}' is not known.`, {
      tensor: name,
      remedy: 'Give its shape, or samples.',
    });
  }
  const count = elementCount(dims);
  const isFloat = /float/.test(type);
  const next = () => (isMask(name) ? 1 : random() * 2 - 1);
  if (type === 'float16' || type === 'bfloat16') {
    const { bits } = toHalfBits(
      type === 'float16' ? 'fp16' : 'bf16',
      Float32Array.from({ length: count }, next),
    );
    return tensor(type, dims, bits);
  }
  if (type === 'bool') return tensor(type, dims, new Uint8Array(count).fill(1));
  const whole = () => (below === undefined ? 1 : Math.floor(random() * below));
  return tensor(type, dims, Array.from({ length: count }, isFloat ? next : whole));
}
