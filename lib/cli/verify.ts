import { TensorRTError } from '../errors.js';
import type { Model, ValueInfo } from '../onnx/model.js';
import { numbersOf } from '../onnx/tensor/numbers.js';
import { openOnnxRuntime } from '../runtime/onnxruntime.js';
import { elementCount, type Tensor, type TensorMap, tensor } from '../tensor.js';

/** The size of every dynamic axis that nobody gave a size. */
const defaultSize = 4;

/** How far an output of one model lies from that of another, on the same random inputs. */
export interface OutputDistance {
  readonly output: string;
  /** The largest |a - b|; NaN where the shapes differ. */
  readonly maxAbsolute: number;
  /** The largest |a|, to judge the distance by. */
  readonly largest: number;
  readonly close: boolean;
}

/** Rounding that comes of another order of additions; far below what a wrong node would make. */
const closeEnough = 1e-4;

/**
 * Runs two models by ONNX Runtime on the same random inputs.
 *
 * @param shapes - dims of inputs; dynamic sizes of others are 4.
 * @throws TensorRTError `ERR_RUNTIME` where ONNX Runtime is missing or cannot run one of them.
 */
export async function compareOutputs(
  before: Model,
  after: Model,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<OutputDistance[]> {
  const feeds = randomFeeds(before.inputs, shapes);
  const [a, b] = [await outputsOf(before, feeds), await outputsOf(after, feeds)];
  return Object.entries(a).map(([output, value]) => distance(output, value, b[output]));
}

async function outputsOf(model: Model, feeds: TensorMap): Promise<TensorMap> {
  await using runtime = await openOnnxRuntime(model);
  return await runtime.infer(feeds);
}

function distance(output: string, a: Tensor, b: Tensor | undefined): OutputDistance {
  const [left, right] = [numbersOf(a), b ? numbersOf(b) : []];
  if (!b || `${a.dims}` !== `${b.dims}`) {
    return { output, maxAbsolute: Number.NaN, largest: Number.NaN, close: false };
  }
  let [maxAbsolute, largest] = [0, 0];
  left.forEach((value, index) => {
    const other = right[index] as number;
    if (!Object.is(value, other)) maxAbsolute = larger(maxAbsolute, Math.abs(value - other));
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  });
  return { output, maxAbsolute, largest, close: maxAbsolute <= closeEnough * Math.max(1, largest) };
}

/** Unlike Math.max, keeps a NaN that came first as well as one that comes second. */
function larger(a: number, b: number): number {
  return Number.isNaN(a) || a > b ? a : b;
}

function randomFeeds(
  inputs: readonly ValueInfo[],
  shapes: ReadonlyMap<string, readonly number[]>,
): TensorMap {
  const random = randomNumbers();
  return Object.fromEntries(
    inputs.map((input) => [input.name, randomTensor(input, shapes.get(input.name), random)]),
  );
}

function randomTensor(
  { name, type, dims: stated }: ValueInfo,
  given: readonly number[] | undefined,
  random: () => number,
): Tensor {
  const dims = given ?? stated?.map((dim) => (typeof dim === 'number' ? dim : defaultSize));
  if (!dims || !type) {
    throw new TensorRTError('ERR_FEED', `The type or the rank of input '${name}' is not known.`, {
      tensor: name,
      remedy: `Give its shape, as in --shapes ${name}:1x8, or leave out --verify.`,
    });
  }
  const count = elementCount(dims);
  if (type === 'float16' || type === 'bfloat16') {
    // The bits of 0 and of 1, which both types have.
    const one = type === 'float16' ? 0x3c00 : 0x3f80;
    return tensor(
      type,
      dims,
      Uint16Array.from({ length: count }, () => (random() < 0.5 ? 0 : one)),
    );
  }
  const isFloat = type === 'float32' || type === 'float64';
  // Ids and masks: 0 and 1 are valid for nearly every model.
  const next = isFloat ? () => random() * 2 - 1 : () => (random() < 0.5 ? 0 : 1);
  const numbers = Array.from({ length: count }, next);
  return type === 'bool'
    ? tensor('bool', dims, Uint8Array.from(numbers))
    : tensor(type, dims, numbers);
}

/** The same numbers from 0 to 1 in every run: Numerical Recipes' linear congruential generator. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
