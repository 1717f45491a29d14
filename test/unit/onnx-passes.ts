import { expect } from 'vitest';
import type { Model } from '../../dist/onnx/model.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import type { TensorMap } from '../../dist/tensor.js';

/** What ONNX Runtime computes. */
export async function run(model: Model, feeds: TensorMap): Promise<TensorMap> {
  const runtime = await openOnnxRuntime(model, { threads: 1 });
  try {
    return await runtime.infer(feeds);
  } finally {
    await runtime.close();
  }
}

/** Checks that a model is valid and that ONNX Runtime computes the same with it. */
export async function expectSameOutputs(model: Model, original: Model, feeds: TensorMap) {
  model.validate();
  expect(await run(model, feeds)).toEqual(await run(original, feeds));
}

/** The operators of the model's own graph, in order. */
export const operators = (model: Model) => model.graph.nodes.map(({ opType }) => opType);
