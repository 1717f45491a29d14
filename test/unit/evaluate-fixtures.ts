import { readFileSync } from 'node:fs';
import type { Score, Task } from '../../dist/evaluate/task.js';
import type { Runtime } from '../../dist/runtime/load.js';
import { type Tensor, type TensorMap, tensor } from '../../dist/tensor.js';

/** By scikit-learn, scipy, statsmodels and seqeval: scripts/fixtures/evaluate.py. */
export const expected = JSON.parse(
  readFileSync(new URL('../fixtures/evaluate/expected.json', import.meta.url), 'utf8'),
);

/** Nested lists as a float32 tensor. */
export function floats(values: readonly unknown[]): Tensor<'float32'> {
  const dims: number[] = [];
  for (let list: unknown = values; Array.isArray(list); list = list[0]) dims.push(list.length);
  return tensor('float32', dims, values.flat(Number.POSITIVE_INFINITY) as number[]);
}

/** Nested lists as an int64 tensor. */
export function wholes(values: readonly unknown[]): Tensor<'int64'> {
  const { dims, data } = floats(values);
  return tensor('int64', dims, Array.from(data));
}

/** What a task says of a model with these outputs, one entry for each sample. */
export function scored(
  task: Task,
  outputs: readonly TensorMap[],
  feeds: readonly TensorMap[] = [],
): Score {
  const scorer = task.score(Object.keys(outputs[0] ?? {}));
  outputs.forEach((output, index) => {
    scorer.add(output, feeds[index] ?? {});
  });
  return scorer.finish();
}

/** A runtime with the output `y` that answers with what `infer` makes of the feeds. */
export function fakeRuntime(infer: (feeds: TensorMap) => TensorMap): Runtime & { closed: number } {
  return {
    runtime: 'onnxruntime',
    provider: 'cpu',
    inputs: [],
    outputs: [{ name: 'y', type: 'float32', dims: undefined }],
    closed: 0,
    async infer(feeds) {
      return infer(feeds);
    },
    stats() {
      throw new Error('not asked for');
    },
    async close() {
      this.closed++;
    },
    async [Symbol.asyncDispose]() {
      await this.close();
    },
  };
}
