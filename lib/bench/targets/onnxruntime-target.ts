import { Model } from '../../onnx/model.js';
import { openOnnxRuntime } from '../../runtime/onnxruntime.js';
import type { TensorMap } from '../../tensor.js';
import type { OpenRequest } from '../child/protocol.js';
import type { Target } from './target.js';

/** ONNX Runtime in this very process, so that nothing between processes is in the figures. */
export async function openOnnxRuntimeTarget({ subject, threads }: OpenRequest): Promise<Target> {
  const runtime = await openOnnxRuntime(await Model.load(subject.path), { threads });
  return {
    provider: runtime.provider,
    inputs: runtime.inputs,
    // It computes on the thread that calls it.
    capacity: 1,
    versions: {},
    prepare: async (feeds) => async (index) => {
      await runtime.infer(feeds[index % feeds.length] as TensorMap);
      return undefined;
    },
    graphProblems: () => [],
  };
}
