import { describe, expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { simplify } from '../../dist/onnx/passes/simplify.js';
import { upgradeOpset } from '../../dist/onnx/passes/upgrade-opset.js';
import { onnxRuntimeEvaluator } from '../../dist/runtime/evaluator.js';
import type { TensorMap } from '../../dist/tensor.js';
import { exportNames, feedsFor, pathOf } from '../exports/exports.js';
import { run } from './onnx-passes.js';

// Models as users really export them: what passes make of them computes the same.

/** A hundred thousandth of the largest value: rounding, as fused kernels may add in another order. */
function expectClose(actual: TensorMap, expected: TensorMap): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { type, dims, data }] of Object.entries(expected)) {
    expect({ type: actual[name]?.type, dims: actual[name]?.dims }, name).toEqual({ type, dims });
    const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
    const largest = Math.max(1, ...numbers.map(Math.abs));
    const others = Array.from((actual[name]?.data ?? []) as ArrayLike<number | bigint>, Number);
    const apart = Math.max(0, ...numbers.map((value, i) => Math.abs(value - (others[i] ?? NaN))));
    expect(apart, name).toBeLessThan(1e-5 * largest);
  }
}

describe('real exports', () => {
  test.each(exportNames)('%s', { timeout: 60_000 }, async (name) => {
    const model = await Model.load(pathOf(name));
    const feeds = feedsFor(model);
    const expected = await run(model, feeds);
    const { model: simple } = await simplify(model, { evaluator: onnxRuntimeEvaluator() });
    simple.validate();
    expect(simple.graph.nodes.length).toBeLessThanOrEqual(model.graph.nodes.length);
    expectClose(await run(simple, feeds), expected);
    expect((await simplify(simple)).changes).toEqual([]);
    const { model: raised } = await upgradeOpset(model, Math.max(model.opset, 22));
    expectClose(await run(raised, feeds), expected);
  });
});
