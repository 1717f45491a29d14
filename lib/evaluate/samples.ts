import type { TensorMap } from '../tensor.js';

/**
 * Feeds that can be iterated several times, once for each model: a list, what `readSamples` returns,
 * or a function that begins anew, such as a generator function.
 */
export type TaskSamples =
  | Iterable<TensorMap>
  | AsyncIterable<TensorMap>
  | (() => Iterable<TensorMap> | AsyncIterable<TensorMap>);

export async function* iterateSamples(samples: TaskSamples): AsyncGenerator<TensorMap> {
  yield* typeof samples === 'function' ? samples() : samples;
}
