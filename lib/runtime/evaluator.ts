import type { Evaluator } from '../onnx/passes/evaluate-rest.js';
import { openOnnxRuntime } from './onnxruntime.js';

/**
 * An evaluator for {@link foldConstants} and {@link simplify} that has ONNX Runtime compute what this
 * package does not. As in {@link openOnnxRuntime}, the event loop stands still meanwhile.
 */
export function onnxRuntimeEvaluator(): Evaluator {
  return async (model, signal) => {
    const runtime = await openOnnxRuntime(model);
    try {
      signal?.throwIfAborted();
      return await runtime.infer({});
    } finally {
      await runtime.close();
    }
  };
}
